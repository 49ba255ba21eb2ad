"""The clock doctor, on request: where the second step and the fresh proof do not accept a code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.views.decorators.http import require_http_methods

from doorward.audit.events import Kind
from doorward.core.errors import MustWait, Refusal
from doorward.core.steps import FactorKind, Need, Step
from doorward.core.text import safe_next
from doorward.mfa import clock
from doorward.web.needs import needs, serves
from doorward.web.pages import render, see_other
from doorward.web.posted import field, optional
from doorward.web.refusals import clock_off, sentence
from doorward.web.requests import acting, session_of
from doorward.web.signin.pages import ClockPage
from doorward.web.signin.prove import say_why, serving

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.mfa.facts import Loaded
    from doorward.web.requests import Request

both = require_http_methods(["GET", "HEAD", "POST"])


@serves(Step.PROVE_FACTOR)
@both
def at_sign_in(request: Request) -> HttpResponse:
    """Look at the clock of somebody whose password was right."""
    page = ClockPage(action=request.path, back="/sign-in/code/")
    return _look(
        request, page, loaded=session_of(request).that_serve(), kind=Kind.SECOND_STEP_FAILED
    )


@needs(Need.THROUGH)
@both
def at_proof(request: Request) -> HttpResponse:
    """Look at the clock of somebody of whom a fresh proof is asked."""
    say_why(request)
    heading = safe_next(request.GET.get("next") or optional(request, "next")) or "/"
    without = request.GET.get("without") or optional(request, "without")
    values = {"next": heading} | ({"without": without} if without else {})
    back = f"/prove/?{urlencode(values)}"
    page = ClockPage(action=request.path, back=back, values=values)
    return _look(request, page, loaded=serving(request), kind=Kind.PROOF_FAILED)


def _look(request: Request, page: ClockPage, *, loaded: Loaded, kind: Kind) -> HttpResponse:
    if not any(row.kind is FactorKind.APP and not row.locked for row in loaded.factors):
        return see_other(page.back)
    if request.method != "POST":
        return render(request, "signin/clock.html", page)
    try:
        off = clock.examine(
            loaded=loaded,
            first=field(request, "first"),
            second=field(request, "second"),
            kind=kind,
            by=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        wait = refusal.seconds if isinstance(refusal, MustWait) else 0
        page = replace(page, error=sentence(refusal), wait=wait)
        return render(request, "signin/clock.html", page, status=422, retry_after=wait or None)
    # Codes that were looked at were not accepted, whatever they say of the clock.
    page = replace(page, told=clock_off(off), right=off == 0)
    return render(request, "signin/clock.html", page, status=422)
