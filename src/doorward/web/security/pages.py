"""What the security page and its windows show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.web.kit.forms import NOTHING, Wrong

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.applications.signed_in_where import SignedIn
    from doorward.web.kit.history import HistoryPage


@dataclass(frozen=True, slots=True)
class FactorLine:
    """One factor in the list."""

    id: UUID
    name: str
    kind: str
    added_at: datetime
    used_at: datetime | None
    locked: bool
    # It was said to be lost.
    suspended: bool
    # It came from another system, and no right code of it was given here yet.
    taken_over: bool
    # Of a passkey: whether it can be on several devices at once.
    synced: bool
    # Whether it can stand in for the password: it verifies its user, and is found without a name.
    alone: bool
    # Whether the policy takes it as a second factor.
    accepted: bool

    @property
    def usable(self) -> bool:
        """Whether it verifies anything."""
        return not self.locked and not self.suspended


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One browser in the list."""

    id: UUID
    browser: str
    address: str
    since: datetime
    seen_at: datetime
    current: bool
    # What it is signed in to besides this portal.
    applications: tuple[SignedIn, ...]
    # Its cookie counts on one device only.
    bound: bool


@dataclass(frozen=True, slots=True)
class TrustedLine:
    """One trusted browser in the list."""

    id: UUID
    browser: str
    since: datetime
    used_at: datetime | None
    until: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """My factors, recovery codes, sessions and history."""

    two_factor_on: bool
    required: bool
    reason: str
    ask: list[str]
    factors: list[FactorLine]
    only_passkeys: bool
    codes_left: int
    few_codes: bool
    recovered: bool
    sessions: list[SessionLine]
    # For how many days the policy lets a browser be trusted; 0: not at all.
    trust_days: int
    trusted: list[TrustedLine]
    history: HistoryPage
    # Which passkeys there are by now, for the browser (JSON).
    signal: str


@dataclass(frozen=True, slots=True)
class DisablePage:
    """The window *Disable 2FA*."""

    required: bool
    reason: str
    apps: bool
    passkeys: bool
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class NewPhonePage:
    """The assistant for a new phone: its step, the new device and the old ones.

    `there`: all devices; `apps`: an app would be enough; `recovered_until`: a recovery code serves so long.
    """

    stage: str
    new: FactorLine | None
    old: list[FactorLine]
    there: list[FactorLine]
    passkeys: bool
    apps: bool
    recovered_until: datetime | None
    recovery_over: bool
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class FactorPage:
    """One factor: rename or remove."""

    factor: FactorLine
    name: str
    last: bool
    required: bool
    only_passkeys: bool
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class LostPage:
    """E-mail and password of who has lost a device."""

    email: str = ""
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class LostDevicePage:
    """The devices that a mailed link can suspend (id, kind, name), or why it does not work."""

    devices: tuple[tuple[UUID, str, str], ...] = ()
    error: str = ""
    wrong: Wrong = NOTHING
