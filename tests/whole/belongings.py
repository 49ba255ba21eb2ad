"""What players of the machine have in their hands: apps, passkeys, trusted browsers and letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from doorward.credentials.totp import rules

if TYPE_CHECKING:
    from doorward.accounts.models import LinkPurpose
    from tests.kit.softkey import SoftKey
    from tests.whole.model import Person

VETO = timedelta(hours=24)


@dataclass(eq=False)
class App:
    """An authenticator app of a person, in the pocket of one of the players."""

    secret: bytes
    holder: str
    last_step: int

    def fresh_step(self, now: datetime) -> int | None:
        """Return the earliest step whose code is good now and was not used; None: time must pass."""
        current = rules.step_at(now)
        step = max(self.last_step + 1, current - 1)
        return step if step <= current + 1 else None


@dataclass(eq=False)
class Key:
    """A passkey of a person. Who copied it has it too, on a device that counts for itself.

    `seen`: the highest count that was shown; `verified`: that it verifies its user was seen when it was
    made, or beside a password.
    """

    devices: dict[str, SoftKey]
    seen: int
    verified: bool


@dataclass(eq=False)
class Trust:
    """A browser in which the second step is left out, and what was asked when that began."""

    since: datetime
    until: datetime
    required: bool
    passkeys_only: bool
    ended: bool = False

    def holds(self, person: Person, now: datetime) -> bool:
        company = person.company
        stricter = (person.required and not self.required) or (
            company.passkeys_only and not self.passkeys_only
        )
        return not (self.ended or stricter) and now < self.until

    def follow(self, days: int) -> None:
        """Follow a policy that says days: fewer shorten it."""
        self.until = min(self.until, self.since + timedelta(days=days))


@dataclass(eq=False)
class Change:
    """A change of e-mail on its way."""

    old: str
    new: str
    by_colleague: bool
    asked_at: datetime
    confirmed: bool = False
    agreed: bool = False
    closed: bool = False

    def is_ready(self, now: datetime) -> bool:
        waits = self.by_colleague and not self.agreed and now < self.asked_at + VETO
        return self.confirmed and not waits


@dataclass(eq=False)
class Letter:
    """A mailed link, and the address that it went to."""

    path: str
    to: str
    purpose: LinkPurpose
    about: Change | None
    until: datetime
    dead: bool = False
