"""What somebody repeats: the first time is recorded, and the rest is a number in one more event at its end.

Otherwise whoever goes on after a refusal writes a line of history with each press, kept for years. The
count is in a row of its own, since an event is never changed; the number is sealed with the event that says it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.db import connection, transaction

from doorward.audit.actor import Actor, ClientInfo, Credential, CredentialType, Who
from doorward.audit.events import EventType, Outcome
from doorward.audit.models import Event, Repeated
from doorward.audit.record import record
from doorward.kernel.ratelimit.limits import same_hash
from doorward.kernel.ratelimit.rules import address_bucket
from doorward.kernel.ratelimit.throttle import milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.record import Detail

# For so long at least the same is a number on its first time, and so long at most.
QUIET: Final = timedelta(minutes=15)
AT_MOST: Final = timedelta(days=1)
_CLOSED_AT_ONCE: Final = 200

_AGAIN: Final = (
    "INSERT INTO audit_repeated (key, event, times, until)"
    " VALUES (%(key)s, %(event)s, 0, %(until)s)"
    " ON CONFLICT (key) DO UPDATE SET times = audit_repeated.times + 1 RETURNING times"
)


def record_once(  # noqa: PLR0913 - as wide as `record`
    event_type: EventType,
    *,
    actor: Actor,
    subject: Who | None = None,
    outcome: Outcome,
    details: Mapping[str, Detail],
    now: datetime,
    seconds: int = 0,
) -> None:
    """Record what can be repeated without end; the same again within the time is only counted.

    The same: event type, details, who acts and on whom; of nobody who is known, from which address. `seconds`:
    for how long it is refused, where that is longer than a quarter of an hour.
    """
    event = uuid4()
    with transaction.atomic():
        key = _key(event_type, actor=actor, subject=subject, details=details)
        if _count(key, str(event), now=now, seconds=seconds) == 0:
            record(
                event_type,
                actor=actor,
                subject=subject,
                outcome=outcome,
                details=details,
                public_id=event,
            )


def record_failure(
    event_type: EventType,
    *,
    actor: Actor,
    details: Mapping[str, Detail],
    every: bool,
    now: datetime,
) -> None:
    """Record a failure: `every` one, or as `record_once` does, with the same work either way.

    Who fails to sign in as somebody is recorded each time; e-mails that nobody has, anybody can invent
    without end. The time that it takes must not tell which of the two it was.
    """
    event = uuid4()
    with transaction.atomic():
        key = _key(event_type, actor=actor, subject=None, details=details)
        times = _count(key, "" if every else str(event), now=now, seconds=0)
        begun = transaction.savepoint()
        record(event_type, actor=actor, outcome=Outcome.FAILED, details=details, public_id=event)
        if every or times == 0:
            transaction.savepoint_commit(begun)
        else:
            transaction.savepoint_rollback(begun)


def close(*, now: datetime) -> int:
    """Say in history how often it was repeated, where the time is over; return how many counts were closed."""
    over = Repeated.objects.filter(until__lte=milliseconds(now)).order_by("until")
    keys = list(over.values_list("key", flat=True)[:_CLOSED_AT_ONCE])
    for key in keys:
        with transaction.atomic():
            rows = Repeated.objects.filter(key=key)
            counted = rows.select_for_update(skip_locked=True).first()
            if counted is None:
                continue
            rows.delete()
            _tell(counted)
    return len(keys)


def _count(key: bytes, event: str, *, now: datetime, seconds: int) -> int:
    lasting = min(max(timedelta(seconds=seconds), QUIET), AT_MOST)
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, {"key": key, "event": event, "until": milliseconds(now + lasting)})
        return int(cursor.fetchone()[0])


def _key(
    event_type: EventType, *, actor: Actor, subject: Who | None, details: Mapping[str, Detail]
) -> bytes:
    known = [str(one.id) for one in (*actor.people, subject) if one is not None]
    whose = known or [address_bucket(actor.client.address)]
    said = [f"{name}={value}" for name, value in sorted(details.items())]
    return same_hash("\0".join([str(event_type), actor.actor_type.value, *whose, *said]))


def _tell(counted: Repeated) -> None:
    first = Event.objects.filter(public_id=counted.event).first() if counted.event else None
    if first is None or not counted.times:
        return
    record(
        first.type,
        actor=_actor(first),
        subject=_person(first, "subject"),
        outcome=Outcome(first.outcome),
        details={**first.details, "repeated": counted.times},
    )


def _actor(first: Event) -> Actor:
    credential = None
    if first.credential:
        credential = Credential(CredentialType(first.credential), first.credential_id)
    return Actor(
        person=_person(first, "actor"),
        client=ClientInfo(address=first.address, browser=first.browser),
        credential=credential,
        on_behalf_of=_person(first, "on_behalf_of"),
    )


def _person(first: Event, part: str) -> Who | None:
    id: UUID | None = getattr(first, f"{part}_id")
    if id is None or first.customer_id is None:
        return None
    return Who(
        id=id,
        name=getattr(first, f"{part}_name"),
        email=getattr(first, f"{part}_email"),
        customer_id=first.customer_id,
        customer_name=first.customer_name,
    )
