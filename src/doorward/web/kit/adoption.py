"""What both pages of adoption draw: people by what they have, and how many were covered, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.web.kit.charts import Bar, Bars, Line, Point
from doorward.web.kit.times import day as in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doorward.directory.adoption import Day, Totals


def by_kind(found: Totals, address: Callable[[str], str]) -> Bars:
    """Draw people by the better kind of what they have; `address`: of exactly these, by the name of a filter."""
    return Bars(
        title=_("Second factor"),
        what=_("What people have"),
        counted=_("People"),
        bars=(
            Bar(label=_("Passkey"), value=found.passkey, href=address("passkey"), tone="good"),
            Bar(label=_("Authenticator app"), value=found.app, href=address("app"), tone="good"),
            Bar(label=_("Nothing that works"), value=found.bare, href=address("bare"), tone="bad"),
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
