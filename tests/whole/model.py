"""What the sign-in must ask for, told anew in a few lines: nothing of Doorward decides here.

Written from product.md, sections 2 and 6; `test_machine.py` holds the portal against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from doorward.core import totp

if TYPE_CHECKING:
    from uuid import UUID

WHOLE = timedelta(hours=12)
IDLE = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=1)
RECOVERY_SERVES = timedelta(minutes=10)

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"
MAILBOX = "/sign-in/mailbox/"
SET_UP = "/sign-in/set-up/"
SAVE_CODES = "/sign-in/recovery-codes/"
THROUGH = "/"


@dataclass(eq=False)
class App:
    """An authenticator app of a person, in the pocket of one of the players."""

    secret: bytes
    holder: str
    last_step: int

    def fresh_step(self, now: datetime) -> int | None:
        """Give the earliest step whose code is good now and was not used; None: time must pass."""
        current = totp.step_at(now)
        step = max(self.last_step + 1, current - 1)
        return step if step <= current + 1 else None


@dataclass(eq=False)
class Person:
    """An account: what it asks for, whatever is known of who sits before it."""

    id: UUID
    email: str
    password: str
    active: bool = True
    required: bool = False
    apps: dict[UUID, App] = field(default_factory=dict)
    # Recovery codes that work, those among them that are still shown, and those that were used.
    codes: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    used_codes: list[str] = field(default_factory=list)
    used_links: set[str] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)

    def end_sessions(self, keep: Session | None = None) -> None:
        for session in self.sessions:
            session.ended = session.ended or session is not keep

    def forget_factors(self) -> None:
        self.apps, self.codes, self.shown = {}, set(), []


@dataclass(eq=False)
class Session:
    """What was proved in one browser since its password was right."""

    person: Person
    begun: datetime
    seen: datetime
    password_at: datetime
    app: UUID | None = None
    app_at: datetime | None = None
    recovery_at: datetime | None = None
    mailbox: bool = False
    link: bool = False
    ended: bool = False

    def due(self, now: datetime) -> str:
        """Give the page that this browser must be sent to; `THROUGH`: none."""
        person = self.person
        if self.ended or not person.active or now >= self.begun + WHOLE or now >= self.seen + IDLE:
            return SIGN_IN
        if person.apps and self.app not in person.apps and not self.recovery_at:
            return CODE
        if person.required and not person.apps:
            return SET_UP if self.mailbox or self.link or self.recovery_at else MAILBOX
        return SAVE_CODES if person.shown else THROUGH

    def is_fresh(self, minutes: int, now: datetime, *, recovery: bool = False) -> bool:
        """Say whether what must be proved was proved in the last minutes."""
        if recovery and self.recovery_at and now < self.recovery_at + RECOVERY_SERVES:
            return True
        if not self.person.apps:
            return now < self.password_at + timedelta(minutes=minutes)
        proved = self.app in self.person.apps and self.app_at is not None
        return proved and self.app_at is not None and now < self.app_at + timedelta(minutes=minutes)

    def touch(self, now: datetime) -> None:
        """Note that a page was opened."""
        if self.due(now) == THROUGH and now >= self.seen + SEEN_EVERY:
            self.seen = now

    def unprove(self) -> None:
        self.app = self.app_at = self.recovery_at = None
