"""When wrong second factors are worth telling: three after a right password, a hundred in thirty days.

Both are read from the history after the failure is committed: of failures at once the last one sees
them all, and the person's lock keeps two of them from telling the same. A right proof in between
changes nothing, so that nobody guesses unseen between the owner's own sign-ins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts.models import Administrator
from doorward.audit.events import EventType, Outcome
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.errors import (
    CodeAlreadyUsed,
    PasskeyNotOffered,
    PasskeySignatureWrong,
    PasskeyWrongOrigin,
    PasskeyWrongPerson,
    RecoveryCodeWrong,
    WrongCode,
)
from doorward.credentials.events import (
    GUESSING_ALARM,
    PROOF_FAILED,
    SECOND_STEP_FAILED,
    SECOND_STEP_GUESSED,
    TWO_FACTOR_DISABLE_FAILED,
)
from doorward.kernel.ratelimit import rules

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

# Of passkeys what no owner's own device answers on the portal's own page.
GUESSES: Final = (
    *(WrongCode, CodeAlreadyUsed, RecoveryCodeWrong),
    *(PasskeySignatureWrong, PasskeyNotOffered, PasskeyWrongPerson, PasskeyWrongOrigin),
)
_REASONS: Final = [guess.code for guess in GUESSES]


@dataclass(frozen=True, slots=True)
class Alarm:
    """So many failures of these types within a rolling time are told, once in that time."""

    event_type: EventType
    failures: frozenset[EventType]
    number: int
    seconds: int

    def is_due(self, person_id: UUID, *, now: datetime) -> bool:
        """Return whether the failures are there and were not told yet."""
        recent = Event.objects.filter(
            subject_id=person_id, at__gt=now - timedelta(seconds=self.seconds)
        )
        failed = recent.filter(
            type__in=self.failures, outcome=Outcome.FAILED, details__reason__in=_REASONS
        )
        alarmed = recent.filter(type=self.event_type)
        return failed.order_by("-id")[self.number - 1 :].exists() and not alarmed.exists()


ALARMS: Final = (
    Alarm(
        event_type=SECOND_STEP_GUESSED,
        failures=frozenset({SECOND_STEP_FAILED}),
        number=rules.TELL_AT,
        seconds=rules.TELL_WINDOW,
    ),
    Alarm(
        event_type=GUESSING_ALARM,
        failures=frozenset({SECOND_STEP_FAILED, PROOF_FAILED, TWO_FACTOR_DISABLE_FAILED}),
        number=rules.ALARM_AT,
        seconds=rules.ALARM_WINDOW,
    ),
)


def tell(*, actor: Actor, now: datetime) -> None:
    """Record each alarm that is due for the one who acts, once."""
    if actor.person is None:
        return
    for alarm in ALARMS:
        if not alarm.is_due(actor.person.id, now=now):
            continue
        with transaction.atomic():
            _lock(actor.person.id)
            if alarm.is_due(actor.person.id, now=now):
                record(alarm.event_type, actor=actor)


def _lock(person_id: UUID) -> None:
    people = Administrator.objects.everywhere().select_for_update()
    people.values_list("id").get(id=person_id)
