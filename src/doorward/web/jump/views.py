"""Jump anywhere: a box, and what it finds; in a window by a script, a page of its own without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from doorward.customers.tabs import CUSTOMERS
from doorward.gate.requirement import Need
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import session_of
from doorward.web.jump.search import LONGEST, Group, find
from doorward.web.kit.offered import may
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True)
class JumpPage:
    """What was typed, and the places it leads to."""

    q: str
    groups: tuple[Group, ...]
    count: str
    hint: str


@needs(Need.THROUGH)
@require_safe
def jump(request: Request) -> HttpResponse:
    """Find people, customers, pages and what can be done."""
    q = request.GET.get("q", "")[:LONGEST]
    groups = find(session_of(request), q, now=request.now)
    found = sum(len(group.places) for group in groups)
    words = (
        ngettext("%(n)s place found", "%(n)s places found", found) if found else _("Nothing found")
    )
    page = JumpPage(q=q, groups=groups, count=words % {"n": number(found)}, hint=_hint(request))
    return render(request, "jump/jump.html", page)


def _hint(request: Request) -> str:
    """Say what can be found, with customers for whoever may look at them."""
    if may(session_of(request), Need.right(CUSTOMERS), now=request.now):
        return _("A page, a person, a customer, or something you want to do.")
    return _("A page, a person, or something you want to do.")
