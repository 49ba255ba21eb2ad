"""The demonstration's sign-ins: on working days, at working hours, now and then at the second try."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from doorward.accounts.models import Status
from doorward.audit.events import Outcome
from doorward.credentials.events import SECOND_STEP_FAILED
from doorward.demo.data.character import DAYS, Character
from doorward.policy.rules import FactorKind
from doorward.sessions.events import SIGNED_IN, SIGNED_OUT
from doorward.sessions.models import Session
from doorward.signin.events import SIGN_IN_FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random
    from uuid import UUID

    from doorward.demo.data.ledger import Ledger

_PHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
_HOURS: Final = range(8, 18)
_FRIDAY: Final = 4
# How often in a hundred something happens.
_SLIPS, _BY_PHONE, _SIGNS_OUT, _WRONG_CODE = 7, 15, 60, 50
_WORKING_DAYS: Final = (8, 15, 30, 50)


@dataclass(slots=True)
class Visits:
    """Sessions, and when each app was last used."""

    ledger: Ledger
    random: Random
    sessions: list[Session] = field(default_factory=list)
    last_with_app: dict[UUID, datetime] = field(default_factory=dict)

    def of(self, one: Character) -> None:
        """Make all sign-ins of somebody."""
        if not one.has_been_here:
            return
        now = self.ledger.now
        last = one.suspended_at if one.person.status == Status.SUSPENDED else now
        if "locked" in one.state:
            last = one.locked_at
        previous: datetime | None = None
        for at in self._moments(one):
            if one.added_at + timedelta(hours=6) < at < last - timedelta(minutes=15):
                if self._chance(_SLIPS):
                    self._slip(one, at - timedelta(minutes=1))
                self._sign_in(one, at, previous=previous)
                previous = at

    def _chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def _moments(self, one: Character) -> Iterator[datetime]:
        """Return times of somebody's working days, oldest first; always some, and always one lately."""
        zone = ZoneInfo(one.person.time_zone)
        keen = self.random.choice(_WORKING_DAYS)
        lately = self.random.randint(1, 9)
        for days in range(DAYS, -1, -1):
            local = (self.ledger.now - timedelta(days=days)).astimezone(zone)
            comes = local.weekday() <= _FRIDAY and self._chance(keen)
            if comes or days == lately:
                hour, minute = self.random.choice(_HOURS), self.random.randrange(60)
                yield local.replace(hour=hour, minute=minute, second=self.random.randrange(60))

    def _slip(self, one: Character, at: datetime) -> None:
        with_code = self._has_app(one, at) and self._chance(_WRONG_CODE)
        self.ledger.note(
            SECOND_STEP_FAILED if with_code else SIGN_IN_FAILED,
            at,
            actor=one,
            outcome=Outcome.FAILED,
            details={"reason": "wrong_code" if with_code else "wrong_credentials"},
        )

    def _has_app(self, one: Character, at: datetime) -> bool:
        return one.factor is not None and at > one.enabled_at + timedelta(minutes=5)

    def _sign_in(self, one: Character, at: datetime, *, previous: datetime | None) -> None:
        session = self._session(one, at, previous=previous)
        verified = "password"
        if one.factor is not None and self._has_app(one, at):
            verified = session.factor_kind = FactorKind.APP.value
            session.factor_at, session.factor_id = at, one.factor.id
            self.last_with_app[one.factor.id] = at
        self.ledger.note(
            SIGNED_IN,
            at,
            actor=one,
            session=session,
            details={"with": verified, "new_browser": False},
        )
        until = at + timedelta(minutes=self.random.randint(3, 90))
        if until >= self.ledger.now:
            session.seen_at = self.ledger.now - timedelta(minutes=2)
            return
        session.seen_at = session.ended_at = until
        if self._chance(_SIGNS_OUT):  # the others let it run out
            self.ledger.note(SIGNED_OUT, until, actor=one, session=session)

    def _session(self, one: Character, at: datetime, *, previous: datetime | None) -> Session:
        typed_at = at - timedelta(seconds=20)
        session = Session(
            administrator=one.person,
            token_hash=secrets.token_bytes(32),  # of a cookie that no browser has
            security_version=one.person.security_version,
            created_at=typed_at,
            seen_at=at,
            signed_in_at=at,
            password_at=typed_at,
            address=one.address,
            browser=_PHONE if self._chance(_BY_PHONE) else one.browser,
            known_browser=True,
            previous_at=previous,
            previous_browser=one.browser if previous else "",
        )
        self.sessions.append(session)
        return session
