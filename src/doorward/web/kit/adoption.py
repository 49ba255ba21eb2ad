"""What both pages of adoption draw: people by what they have, and how many were covered, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.rollout import weekly
from doorward.web.http.pages import see_other
from doorward.web.http.requests import acting
from doorward.web.kit.charts import Bar, Bars, Line, Point
from doorward.web.kit.forms import read
from doorward.web.kit.times import day as in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.directory.adoption import Day, Totals
    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyForm:
    """The tick of the weekly mail."""

    weekly: bool


def choose_weekly(request: Request, *, customer_id: UUID | None, back: str) -> HttpResponse:
    """Keep what the tick says of the weekly mail, and go back."""
    form = read(request, WeeklyForm)
    weekly.choose(
        wanted=form.weekly, customer_id=customer_id, actor=acting(request), now=request.now
    )
    if form.weekly:
        messages.success(request, _("You get a mail with these numbers every Monday."))
    else:
        messages.success(request, _("You get no mail with these numbers any more."))
    return see_other(back)


def by_kind(found: Totals, address: Callable[[str], str]) -> Bars:
    """Draw people by the better kind of what they have; `address`: of exactly these, by the name of a filter."""
    return Bars(
        title=_("Second factor"),
        what=_("What people have"),
        counted=_("People"),
        bars=(
            Bar(label=_("Passkey"), value=found.passkey, href=address("passkey"), tone="good"),
            Bar(label=_("Authenticator app"), value=found.app, href=address("app"), tone="good"),
            Bar(label=_("None that works"), value=found.bare, href=address("bare"), tone="bad"),
        ),
        whole=found.people,
    )


def over_time(days: Iterable[Day]) -> Line:
    """Draw how many were covered, day by day."""
    known = list(days)
    return Line(
        title=_("With two factors, over time"),
        what=_("Day"),
        counted=_("People with two factors"),
        points=tuple(Point(label=in_words(one.day), value=one.covered) for one in known),
        whole=max((one.people for one in known), default=0),
    )
