"""Who of the support asks to be let into a portal, or is in it: a line each, with the way to where it is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from doorward.managing import queries, when_over
from doorward.managing.models import State

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.managing.models import Managing


@dataclass(frozen=True, slots=True)
class Visit:
    """One of them, in words."""

    text: str
    verb: str
    href: str


def visits(customer_id: UUID, *, provider: str, now: datetime) -> tuple[Visit, ...]:
    """Return those that are not over, the newest first. `provider`: as its brand is called here."""
    found = queries.open_at(customer_id)
    return tuple(_visit(one, provider) for one in found if when_over.is_open(one, now=now))


def let_in(customer_id: UUID, *, provider: str, now: datetime) -> tuple[Visit, ...]:
    """Return those alone to whom somebody has said yes: for *Home*, which tells in numbers of what waits."""
    found = (one for one in queries.open_at(customer_id) if one.state != State.ASKED)
    return tuple(_visit(one, provider) for one in found if when_over.is_open(one, now=now))


def _visit(managing: Managing, provider: str) -> Visit:
    text, verb = _words(managing)
    named = text % {"name": managing.staff.full_name, "provider": provider}
    return Visit(named, verb, reverse("managing", args=(managing.id,)))


def _words(managing: Managing) -> tuple[str, str]:
    if managing.state == State.ASKED:
        return _("%(name)s from %(provider)s support asks to see your portal."), _("Decide")
    if managing.state == State.AGREED:
        return _("%(name)s from %(provider)s support may see your portal, and has not begun."), _(
            "Look at it"
        )
    if managing.asks_changes_at and not managing.changes:
        asks = _(
            "%(name)s from %(provider)s support is in your portal, and asks to change something."
        )
        return asks, _("Decide")
    return _("%(name)s from %(provider)s support is in your portal now."), _("Watch")
