"""Exceptions: for a while the customer's policy does not ask one person for two factors. With a reason and an end.

The provider's minimum knows none, a factor that is set up goes on being asked for, and nobody makes one for themselves.
One that has ended gives no grace: the person is asked from the day that was theirs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from doorward.accounts.errors import (
    ExceptionDayInvalid,
    ExceptionNeedsReason,
    MinimumAllowsNoException,
    NoException,
    NothingToExcept,
    OwnException,
)
from doorward.accounts.events import EXCEPTION_ENDED, EXCEPTION_MADE
from doorward.accounts.locking import (
    locked_person,
    must_still_may,
    record_refusal,
)
from doorward.accounts.models import Administrator, PolicyException, Status
from doorward.accounts.required_of import is_due, member_of
from doorward.audit.actor import WORKER
from doorward.audit.record import record
from doorward.customers import locking as customer_lock
from doorward.customers.rights import authorise
from doorward.kernel.errors import Refusal, refusal_of
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_line
from doorward.permissions.actions import Action
from doorward.policy.effective import effective
from doorward.policy.grace import FURTHEST_END, LONGEST_EXCEPTION
from doorward.policy.loading import policies_of
from doorward.policy.rules import RequiredBy
from doorward.policy.waves import midnight

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail

LONGEST: Final = LONGEST_EXCEPTION
LONGEST_REASON: Final = 300
_AT_ONCE: Final = 100


def make(  # noqa: PLR0913 - for whom, why, until when, by whom
    person_id: UUID, *, reason: str, until: str, customer_id: UUID, actor: Actor, now: datetime
) -> PolicyException:
    """Make an exception, or another one in place of the one that runs; return it. `until`: a date, from its midnight.

    Raises `FieldsRefused`, `OwnException`, `MinimumAllowsNoException`, `NothingToExcept`, `NotFound`, `StaleRequest`.
    """
    authorise(actor, Action.MAKE_EXCEPTION, customer_id, subject=person_id)
    person = None
    try:
        why, ends_at = _cleaned(reason, until, now=now)
        with transaction.atomic():
            customer_lock.hold(customer_id)
            person = locked_person(person_id, customer_id=customer_id)
            must_still_may(actor, Action.MAKE_EXCEPTION, customer_id, subject=person_id)
            _check(person, actor=actor, now=now)
            return _make(person, why, ends_at, actor=actor, now=now)
    except Refusal as refusal:
        if person is not None:
            record_refusal(person, refusal, actor=actor, now=now)
        raise


def end(person_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> Administrator:
    """End somebody's exception now; return the person. Raises `NoException`, `NotFound`, `StaleRequest`."""
    authorise(actor, Action.END_EXCEPTION, customer_id, subject=person_id)
    with transaction.atomic():
        customer_lock.hold(customer_id)
        person = locked_person(person_id, customer_id=customer_id)
        must_still_may(actor, Action.END_EXCEPTION, customer_id, subject=person_id)
        if not close(person.id, now=now):
            raise NoException
        record(EXCEPTION_ENDED, actor=actor, subject=person.who())
    return person


def end_due(*, now: datetime) -> int:
    """Record the exceptions whose time is over, each once; return how many. For the worker; the gate needs it not.

    Of those, too, that were made while the clock was far ahead: none of them counts again when its end comes near.
    """
    over = Q(ends_at__lte=now) | Q(ends_at__gt=now + FURTHEST_END)
    due = PolicyException.objects.filter(over, ended_at__isnull=True)
    ended = 0
    for one in due.order_by("ends_at")[:_AT_ONCE]:
        with transaction.atomic():
            people = Administrator.objects.everywhere().select_related("customer")
            person = people.select_for_update(of=("self",)).get(id=one.administrator_id)
            if not due.filter(id=one.id).exists():
                continue
            close(person.id, now=now)
            record(EXCEPTION_ENDED, actor=WORKER, subject=person.who())
            ended += 1
    return ended


def close(person_id: UUID, *, now: datetime) -> bool:
    """End the exception that runs for somebody, in the caller's transaction, whose event says why."""
    rows = PolicyException.objects.filter(administrator_id=person_id, ended_at__isnull=True)
    Administrator.objects.everywhere().filter(id=person_id).update(excepted_until=None)
    return rows.update(ended_at=now) == 1


def end_with_tick(person: Administrator, *, actor: Actor, now: datetime) -> None:
    """End somebody's exception, where one runs, in the transaction that ticks *Required 2FA* for them."""
    if person.excepted_until is not None and close(person.id, now=now):
        record(EXCEPTION_ENDED, actor=actor, subject=person.who())


def running(customer_id: UUID, *, now: datetime) -> list[PolicyException]:
    """Return the exceptions that run at a customer, the one that ends first in front, with their people."""
    rows = PolicyException.objects.filter(
        administrator__customer_id=customer_id,
        ended_at__isnull=True,
        ends_at__gt=now,
        ends_at__lte=now + FURTHEST_END,
    )
    there = rows.exclude(administrator__status=Status.REMOVED)
    return list(there.select_related("administrator").order_by("ends_at", "id"))


def made_before(person_id: UUID) -> int:
    """Return how many exceptions were made for somebody up to now."""
    return PolicyException.objects.filter(administrator_id=person_id).count()


def why_not(person: Administrator, *, actor: Actor, now: datetime) -> Refusal | None:
    """Return why `make` would take none for this person, as a page asks before it offers it; None: it would."""
    return refusal_of(partial(_check, person, actor=actor, now=now))


def _cleaned(reason: str, until: str, *, now: datetime) -> tuple[str, datetime]:
    checks = Checks()
    why = checks.take("reason", _clean_reason, reason)
    ends_at = checks.take("until", _clean_end, until, now=now)
    checks.done()
    return why, ends_at


def _clean_reason(text: str) -> str:
    cleaned = clean_line(text, maximum=LONGEST_REASON)
    if not cleaned:
        raise ExceptionNeedsReason
    return cleaned


def _clean_end(text: str, *, now: datetime) -> datetime:
    refusal = ExceptionDayInvalid(LONGEST.days)
    try:
        ends_at = midnight(date.fromisoformat(text.strip()))
    except ValueError as error:
        raise refusal from error
    if not now < ends_at <= now + LONGEST:
        raise refusal
    return ends_at


def _check(person: Administrator, *, actor: Actor, now: datetime) -> None:
    """Refuse an exception for oneself, from the minimum, and from nothing."""
    if any(one.id == person.id for one in actor.people):
        raise OwnException
    member = replace(member_of(person), excepted_until=None)
    asked_by = effective(member, policies_of(person.customer), now=now).required_by
    if {RequiredBy.MINIMUM_CUSTOMER, RequiredBy.MINIMUM_BRAND} & set(asked_by):
        raise MinimumAllowsNoException
    if RequiredBy.POLICY not in asked_by:
        raise NothingToExcept


def _make(
    person: Administrator, reason: str, ends_at: datetime, *, actor: Actor, now: datetime
) -> PolicyException:
    times, before = made_before(person.id) + 1, person.excepted_until
    # A tick asks at once: with it goes whatever grace there was.
    was_due = person.require_2fa or is_due(person, now=now)
    close(person.id, now=now)
    made = PolicyException.objects.create(
        administrator=person,
        reason=reason,
        made_at=now,
        ends_at=ends_at,
        made_by=actor.person.id if actor.person else None,
        made_by_name=actor.person.name if actor.person else "",
    )
    columns: dict[str, object] = {"excepted_until": ends_at, "require_2fa": False}
    if was_due and person.due_since is None:
        columns["due_since"] = now
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**columns)
    running = before if before and before > now else None
    _record_made(made, running, times=times, actor=actor)
    return made


def _record_made(
    made: PolicyException, before: datetime | None, *, times: int, actor: Actor
) -> None:
    details: dict[str, Detail] = {
        "ends": made.ends_at.isoformat(),
        "exceptions": times,
        "changed": ["exception"],
        "before": [before.date().isoformat() if before else ""],
        "after": [made.ends_at.date().isoformat()],
    }
    whose, typed = made.administrator.who(), {"reason": made.reason}
    record(EXCEPTION_MADE, actor=actor, subject=whose, details=details, typed=typed)
