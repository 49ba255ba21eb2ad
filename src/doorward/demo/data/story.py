"""What happened at the demonstration's customers in the last weeks, sign-ins apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_SUSPENDED,
    CHANGE_REFUSED,
    DETAILS_CHANGED,
    INVITATION_SENT,
    RIGHTS_CHANGED,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import Status
from doorward.audit.events import EventType, Outcome
from doorward.credentials.events import (
    FACTOR_LOCKED,
    PASSWORD_CHANGED,
    PASSWORD_RESET,
    RECOVERY_CODES_SAVED,
    SECOND_STEP_FAILED,
    TWO_FACTOR_ENABLED,
)
from doorward.customers.events import ACCESS_REFUSED
from doorward.policy.events import POLICY_CHANGED
from doorward.policy.fields import RequiredOf
from doorward.signin.events import INVITATION_ACCEPTED, PASSWORD_LINK_ASKED, SIGN_IN_FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from random import Random

    from doorward.audit.record import Detail, Typed
    from doorward.demo.data.character import Character
    from doorward.demo.data.ledger import Ledger

_STRANGER: Final = "203.0.113.77"


@dataclass(slots=True)
class Story:
    """Tells of people and of companies into a ledger."""

    ledger: Ledger
    random: Random
    characters: Sequence[Character]

    def of(self, one: Character) -> None:
        """Tell how somebody came, set up an app, was required to, was suspended."""
        primary = one.primary(self.characters)
        if one.is_new:
            self._arrive(one, primary)
        if one.factor is not None:
            self._enable(one)
        if one.person.require_2fa and not one.person.is_primary:
            self.ledger.note(TWO_FACTOR_REQUIRED, one.required_at, actor=primary, subject=one)
        if one.person.status == Status.SUSPENDED:
            suspended = ADMINISTRATOR_SUSPENDED
            self.ledger.note(suspended, one.suspended_at, actor=primary, subject=one)
        if "locked" in one.state:
            self._lock_out(one)

    def _arrive(self, one: Character, primary: Character) -> None:
        note, at = self.ledger.note, one.added_at
        tabs = sorted(one.person.tab_keys)
        note(ADMINISTRATOR_ADDED, at, actor=primary, subject=one, details={"tabs": tabs})
        if "invited" not in one.state:  # theirs is a real one
            note(INVITATION_SENT, at, actor=primary, subject=one, details=_link())
        if one.has_been_here:
            note(INVITATION_ACCEPTED, at + timedelta(hours=5), actor=one)

    def _enable(self, one: Character) -> None:
        if one.factor is None:
            return
        typed: dict[str, Typed] = {"factor": one.factor.name}
        self.ledger.note(
            TWO_FACTOR_ENABLED, one.enabled_at, actor=one, details=_link(), typed=typed
        )
        saved_at = one.enabled_at + timedelta(minutes=1)
        self.ledger.note(RECOVERY_CODES_SAVED, saved_at, actor=one)

    def _lock_out(self, one: Character) -> None:
        for seconds in (90, 60, 30):
            at = one.locked_at - timedelta(seconds=seconds)
            self._by_stranger(SECOND_STEP_FAILED, at, one, reason="wrong_code")
        self._by_stranger(FACTOR_LOCKED, one.locked_at, one, reason="")

    def _by_stranger(
        self, event_type: EventType, at: datetime, one: Character, *, reason: str
    ) -> None:
        self.ledger.note(
            event_type,
            at,
            actor=one,
            outcome=Outcome.FAILED if reason else Outcome.OK,
            address=_STRANGER,
            details={"reason": reason} if reason else None,
        )

    def of_company(self, people: Iterable[Character]) -> None:
        """Tell what makes a history worth reading, by the first people of a company."""
        first, second, *others = [one for one in people if one.person.status == Status.ACTIVE]
        third = others[0] if others else second
        self._done(33, DETAILS_CHANGED, first, second, {"changed": ["phone"]})
        self._done(29, RIGHTS_CHANGED, first, third, {"added": ["reports"], "taken": []})
        self._done(23, PASSWORD_LINK_ASKED, None, third, _link())
        self._done(23, PASSWORD_RESET, third)
        self._done(17, PASSWORD_CHANGED, second)
        self._refused(12, CHANGE_REFUSED, first, {"reason": "own_administrators_right"})
        self._refused(8, ACCESS_REFUSED, third, {"tab": "administrators"})
        began = self.ledger.now - timedelta(days=6, minutes=self.random.randint(1, 600))
        for seconds in (0, 9, 21, 40):
            at = began + timedelta(seconds=seconds)
            self._by_stranger(SIGN_IN_FAILED, at, third, reason="wrong_credentials")

    def of_policy(self, actor: Character, *, since: datetime) -> None:
        """Tell that a company's policy began to ask for two factors."""
        details: dict[str, Detail] = {
            "changed": ["policy.required_of"],
            "before": [RequiredOf.TICKED],
            "after": [RequiredOf.EVERYONE],
            "require_2fa": True,
        }
        self.ledger.note(POLICY_CHANGED, since, actor=actor, details=details)

    def _done(
        self,
        days: int,
        event_type: EventType,
        actor: Character | None,
        subject: Character | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        self.ledger.note(event_type, self._ago(days), actor=actor, subject=subject, details=details)

    def _refused(
        self, days: int, event_type: EventType, actor: Character, details: Mapping[str, Detail]
    ) -> None:
        self.ledger.note(
            event_type, self._ago(days), actor=actor, outcome=Outcome.REFUSED, details=details
        )

    def _ago(self, days: int) -> datetime:
        return self.ledger.now - timedelta(days=days, minutes=self.random.randint(1, 400))


def _link() -> dict[str, Detail]:
    return {"link": str(uuid4())}
