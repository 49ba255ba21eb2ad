"""What a line says, and what came of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from doorward.importing.errors import StatusUnknown, YesOrNo
from doorward.kernel.field_checks import Checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.kernel.errors import Refusal

_YES: Final = frozenset({"yes", "y", "true", "1", "on", "x", "ja", "j", "wahr"})
_NO: Final = frozenset({"no", "n", "false", "0", "off", "nein", "falsch", "-"})
_ACTIVE: Final = frozenset({"", "active", "aktiv", "enabled"})
_SUSPENDED: Final = frozenset({"suspended", "gesperrt", "disabled", "inactive"})
_BETWEEN: Final = re.compile(r"[\s,;|]+")


class Fate(StrEnum):
    """What comes of a line. Stored words never change their meaning."""

    MADE = "made"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An authenticator app of another system: its secret, as `credentials.totp.foreign` reads it, and its name."""

    secret: str | bytes
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One person of a file or of another system. `tabs`, `require_2fa`: None where nothing is said.

    `called`: the last name of somebody new whose names are nowhere. `password`: a hash as it came. `notes`: what the
    old system has of them and nobody can take over; `lost_factor`: a second factor is among it.
    """

    number: int
    email: str
    first_name: str = ""
    last_name: str = ""
    called: str = ""
    phone: str = ""
    customer: str = ""
    tabs: frozenset[str] | None = None
    require_2fa: bool | None = None
    language: str = ""
    time_zone: str = ""
    suspended: bool = False
    password: str = ""
    devices: tuple[Device, ...] = ()
    notes: tuple[Refusal, ...] = ()
    lost_factor: bool = False

    @property
    def has_credentials(self) -> bool:
        """Whether it would let somebody in."""
        return bool(self.password or self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLine:
    """One customer of a file."""

    number: int
    name: str
    brand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOutcome:
    """What came of a line, by its number and by what it is about. `fields`: what is changed, or what is wrong."""

    number: int
    key: str
    fate: Fate
    fields: tuple[str, ...] = ()
    refusal: Refusal | None = None
    notes: tuple[Refusal, ...] = ()


def person_of(number: int, cells: Mapping[str, str]) -> PersonLine:
    """Return the person of a line's cells. Raises `FieldsRefused` with `YesOrNo` and `StatusUnknown`."""
    checks, tabs = Checks(), cells.get("tabs", "")
    required = checks.take("require_2fa", yes_or_no, cells.get("require_2fa", ""))
    suspended = checks.take("status", _is_suspended, cells.get("status", ""))
    checks.done()
    line = PersonLine(
        number=number,
        email=cells.get("email", ""),
        first_name=cells.get("first_name", ""),
        last_name=cells.get("last_name", ""),
        phone=cells.get("phone", ""),
        customer=cells.get("customer", ""),
        language=cells.get("language", ""),
        time_zone=cells.get("time_zone", ""),
        tabs=frozenset(filter(None, _BETWEEN.split(tabs.casefold()))) if tabs else None,
        require_2fa=required,
        suspended=suspended,
        password=cells.get("password_hash", ""),
    )
    secret = cells.get("totp", "")
    return replace(line, devices=(Device(secret=secret),)) if secret else line


def customer_of(number: int, cells: Mapping[str, str]) -> CustomerLine:
    """Return the customer of a line's cells."""
    return CustomerLine(number=number, name=cells.get("name", ""), brand=cells.get("brand", ""))


def yes_or_no(text: str) -> bool | None:
    """Return what a cell says in English or German; None: nothing. Raises `YesOrNo`."""
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    if word:
        raise YesOrNo(field="require_2fa")
    return None


def _is_suspended(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _ACTIVE | _SUSPENDED:
        raise StatusUnknown
    return word in _SUSPENDED
