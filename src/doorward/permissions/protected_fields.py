"""What of a customer, a brand or a tab protects people, and when a change of it lowers that.

The one list. Whoever changes something that is in it wants the highest right that its victims' protection has
(`customers.protection`), and those with that right are told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from doorward.permissions.actions import ADMINISTRATORS

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of whatever type the field has.
Stored: TypeAlias = Any
Lowers: TypeAlias = Callable[[Stored, Stored], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is changed, as it is stored: before and after.

    `lowers`: whether people are less protected after it, or led somewhere else. The fields of a policy say it
    themselves (`policy/fields.py`), all others are in the list below.
    """

    field: str
    before: Any
    after: Any
    lowers: bool


def change(field: str, before: Stored, after: Stored) -> Change:
    """Return the change of a field of a customer, a brand or a tab."""
    rule = _LOWERS.get(field)
    lowers = rule is not None and before != after and rule(before, after)
    return Change(field, before, after, lowers)


def lowered(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the names of the fields whose change lowers protection or moves links, in order."""
    return tuple(sorted(change.field for change in changes if change.lowers))


def is_guarded(field: str) -> bool:
    """Return whether some change of this field lowers protection."""
    return field in _LOWERS


def _always(before: object, after: object) -> bool:
    """Each other value leads people, or those who ask for help, to another place."""
    del before, after
    return True


def _gives_power(before: str, after: str) -> bool:
    return ADMINISTRATORS in set(after.split()) - set(before.split())


def _opens(before: str, after: str) -> bool:
    del before
    return after == "active"


_LOWERS: Final[dict[str, Lowers]] = {
    "status": _opens,
    # Who comes to have the power over their colleagues
    "tabs": _gives_power,
    # Where links lead, and under whose name people are spoken to
    "brand": _always,
    "hosts": _always,
    "confirmed_hosts": _always,
    "is_default": _always,
    "issuer": _always,
    "email_from": _always,
    "support_email": _always,
    "support_phone": _always,
    "support_url": _always,
    "support_hours": _always,
    "terms_url": _always,
    "privacy_url": _always,
    "legal_url": _always,
    "url": _always,
}
