"""The outbox: events that nobody looked at yet become deliveries; a delivery is claimed, sent, marked.

At least once: between sending and marking a worker can die, and the next one sends again, with the
same Message-ID.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from doorward.audit.events import Group
from doorward.audit.models import Event
from doorward.customers import throw_away
from doorward.directory import adoption_sums
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import limits, throttle
from doorward.notifications.events import ALL
from doorward.notifications.mailboxes import deliveries_of
from doorward.notifications.messages import ASKED_FOR, FIRST, LAST, WAITED_FOR
from doorward.notifications.models import Delivery, State
from doorward.notifications.retries import LONGEST_WAIT

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_log = logging.getLogger("doorward.notifications")

EVENTS_AT_ONCE = 100
# Longer than the longest time that sending one message may take (`mail.SECONDS`).
LEASE = timedelta(minutes=2)
KEEP = timedelta(days=30)
# So often another worker may be faster, before this one waits for its next round.
_LOST_AT_MOST = 20


def dispatch(*, now: datetime) -> int:
    """Make the deliveries of the next events and mark these, in one transaction; return their number."""
    waiting = Event.objects.filter(dispatched_at__isnull=True).order_by("id")
    # Only looked at first: on SQLite a transaction, even of nothing, keeps writers waiting.
    if not waiting.exists():
        return 0
    with transaction.atomic():
        # Another worker's events are passed over; on SQLite the transaction is the only writer.
        events = list(waiting.select_for_update(skip_locked=True)[:EVENTS_AT_ONCE])
        due = [
            delivery
            for event in events
            for delivery in _deliveries(event, now=now)
            if not throw_away.is_nowhere(delivery.address)
        ]
        Delivery.objects.bulk_create(_folded(due, now=now), ignore_conflicts=True)
        Event.objects.filter(id__in=[event.id for event in events]).update(dispatched_at=now)
        adoption_sums.note(one.customer_id for one in events if one.customer_id and _may_count(one))
    return len(events)


def _may_count(event: Event) -> bool:
    """Return whether the numbers of a customer's people may be others after it: signing in changes none."""
    found = ALL.get(event.type)
    return found is None or found.group is not Group.SIGN_IN


def _folded(due: list[Delivery], *, now: datetime) -> list[Delivery]:
    """Return what is to be inserted of these: of the same, over and over, one for all.

    What was told to a mailbox so often within the hour waits until the hour is over, and counts what
    comes after it: nobody fills a mailbox by doing the same again and again, and nothing goes untold.
    """
    held: dict[tuple[str, str, UUID], Delivery] = {}
    left_out: set[int] = set()
    # In one order, so that two workers never wait for each other's counts.
    for one in sorted(due, key=_same):
        full = _over(one, now=now)
        if full is None:
            continue
        same = _same(one)
        if same in held:
            held[same].repeated += 1
            left_out.add(id(one))
        elif _waiting(one, now=now).update(repeated=F("repeated") + 1):
            left_out.add(id(one))
        else:
            one.next_at = now + timedelta(seconds=full.seconds)
            held[same] = one
    return [one for one in due if id(one) not in left_out]


def _same(delivery: Delivery) -> tuple[str, str, UUID]:
    """Return what makes two deliveries the same: several people may share a mailbox as their second address."""
    return delivery.template, delivery.address, delivery.administrator_id


def _over(delivery: Delivery, *, now: datetime) -> MustWait | None:
    if delivery.template in (*ASKED_FOR, *FIRST, *LAST):
        return None
    try:
        of = f"{delivery.address.casefold()}\0{delivery.administrator_id}"
        same = f"{delivery.template}\0{of}"
        throttle.spend([limits.same_mail_key(same)], now=now)
    except MustWait as full:
        return full
    return None


def _waiting(delivery: Delivery, *, now: datetime) -> QuerySet[Delivery]:
    """Return the one that waits for the end of the hour and tells the same to this mailbox."""
    return Delivery.objects.filter(
        template=delivery.template,
        address=delivery.address,
        administrator_id=delivery.administrator_id,
        state=State.DUE,
        attempts=0,
        next_at__gt=now,
    )


def claim(*, now: datetime) -> Delivery | None:
    """Take the next due delivery for as long as `LEASE`; None: there is none for this worker."""
    due, until = _due(now), now + LEASE
    ranked = due.order_by(_RANK, "next_at", "id")
    for _ in range(_LOST_AT_MOST):
        delivery: Delivery | None = ranked.first()
        if delivery is None:
            break
        mine = due.filter(id=delivery.id)
        if mine.update(lease_until=until, attempts=F("attempts") + 1) == 1:
            delivery.lease_until = until
            delivery.attempts += 1
            return delivery
    return None


_RANK = Case(
    When(template__in=FIRST, then=Value(0)),
    When(template__in=WAITED_FOR, then=Value(2)),
    When(template__in=ASKED_FOR, then=Value(3)),
    When(template__in=LAST, then=Value(4)),
    default=Value(1),
)


def mark_sent(delivery: Delivery, *, now: datetime) -> None:
    """Write down that a claimed delivery was sent."""
    _claimed(delivery).update(state=State.SENT, sent_at=now, lease_until=None, last_error="")


def put_off(delivery: Delivery, *, until: datetime, error: str) -> None:
    """Have a claimed delivery tried again later."""
    _claimed(delivery).update(next_at=until, lease_until=None, last_error=error[:200])


def give_up(delivery: Delivery, *, reason: str) -> bool:
    """Write down that a claimed delivery is not to be sent any more, and why; return whether it was still ours."""
    given_up = {"state": State.GIVEN_UP, "lease_until": None, "last_error": reason[:200]}
    return _claimed(delivery).update(**given_up) == 1


def forget(*, now: datetime) -> int:
    """Delete deliveries about events of long ago that are sent or given up; return their number."""
    done = Delivery.objects.exclude(state=State.DUE)
    return done.filter(next_at__lt=now - KEEP).delete()[0]


def _deliveries(event: Event, *, now: datetime) -> list[Delivery]:
    try:
        return deliveries_of(event, now=now)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - one event must not keep all others from being told
        _log.exception("event %s (%s) told nobody", event.id, event.type)
        return []


def _due(now: datetime) -> QuerySet[Delivery]:
    # Beyond the longest lease: written by a clock that was ahead, so it is nobody's. Not by another worker's, which
    # looked at the time a moment later, or whose clock differs as clocks do.
    ahead = Q(lease_until__gt=now + LEASE + SKEW)
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now) | ahead
    # The same of what would wait longer than anything does.
    waited = Q(next_at__lte=now) | Q(next_at__gt=now + LONGEST_WAIT + SKEW)
    return Delivery.objects.filter(free, waited, state=State.DUE)


def _claimed(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the row while the claim still holds: a lease that ran out may be another worker's now."""
    return Delivery.objects.filter(
        id=delivery.id, state=State.DUE, lease_until=delivery.lease_until
    )
