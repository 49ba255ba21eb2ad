"""The person's side of the caller check: the code to read out, and the box for the one that they hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.recovery import caller_check
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.recovery.caller_check import Seen
    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardForm:
    """What was read out on the phone."""

    code: str


@dataclass(frozen=True, slots=True)
class CheckPage:
    """The check that runs; None: there is none."""

    check: Seen | None
    wrong: Wrong = NOTHING


@needs(Need.THROUGH)
@both
def page(request: Request) -> HttpResponse:
    """Show one's own code, and take the one that support reads out."""
    me = signed_in(request)
    found = NOTHING
    if request.method == "POST":
        heard = read(request, HeardForm).code
        try:
            caller_check.answer_as_person(me.id, heard, actor=acting(request), now=request.now)
        except Refusal as refusal:
            found = wrong(refusal, HeardForm)
        else:
            return see_other(request.path)
    check = caller_check.of_person(me.id, now=request.now)
    return render(request, "support/caller_check.html", CheckPage(check, found), wrong=found)
