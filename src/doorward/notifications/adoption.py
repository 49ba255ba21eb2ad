"""The numbers of the weekly mail of adoption, each with the address of exactly the people that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from doorward.directory import adoption

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.permissions.staff_scope import Scope

_PEOPLE: Final = "/administrators/"
_ALL: Final = "/customers/adoption/"


@dataclass(frozen=True, slots=True)
class Number:
    """One number in words, and where its people are listed."""

    label: str
    value: str
    path: str


def numbers(customer_id: UUID | None, scope: Scope, *, now: datetime) -> tuple[Number, ...]:
    """Return the kept numbers of a customer, or (None) of those in a scope together, with the change in a week."""
    if customer_id is None:
        theirs = adoption.within(scope)
        found = adoption.totals(theirs)
        days = adoption.days(theirs, found, now=now)
    else:
        found = adoption.kept(customer_id)
        days = adoption.days_of(customer_id, found, now=now)
    before = adoption.week_before(days)
    covered = _("%(covered)s of %(people)s people") % {
        "covered": _written(found.covered),
        "people": _written(found.people),
    }
    of_all = customer_id is None
    return (
        Number(
            _("With two factors"),
            f"{covered}{_change(found.covered, before.covered if before else None)}",
            _ALL if of_all else f"{_PEOPLE}?factor=on",
        ),
        *(
            Number(label, _written(getattr(found, name)), _path(name, of_all=of_all))
            for name, label in _labels().items()
        ),
    )


def _labels() -> dict[str, str]:
    return {
        "passkey": _("Passkey"),
        "app": _("Authenticator app"),
        "bare": _("Without two factors"),
        "one_device": _("One device, no recovery codes"),
        "not_seen": _("Not signed in for 90 days, or never"),
    }


_FILTERS: Final = {
    "passkey": "factor=passkey",
    "app": "factor=app",
    "bare": "factor=bare",
    "one_device": "factor=one-device",
    "not_seen": "attention=not-seen",
}


def _path(name: str, *, of_all: bool) -> str:
    return f"{_ALL}?show={name}" if of_all else f"{_PEOPLE}?{_FILTERS[name]}"


def _change(now: int, before: int | None) -> str:
    """Say by how many it is more or fewer than a week ago; nothing where that is not known."""
    if before is None:
        return ""
    words = _("the same as a week ago")
    if now != before:
        sign = "+" if now > before else "−"
        words = _("%(change)s since a week ago") % {
            "change": f"{sign}{_written(abs(now - before))}"
        }
    return f" ({words})"


def _written(number: int) -> str:
    return number_format(number, force_grouping=True)
