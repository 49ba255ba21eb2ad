"""The provider's support helps: it asks, and somebody with the Administrators tab agrees in their own portal.

Support never sees the pass. Whoever agrees reads it out; where nobody is left who could agree, and nobody who was told
objects for 72 hours, it is mailed to the person, under the rules of waiting (`waiting.py`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts import looking_after
from doorward.accounts.locking import record_refusal
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound, Refusal, refusal_of
from doorward.kernel.text.cleaning import clean_line
from doorward.permissions.actions import Action
from doorward.recovery import (
    caller_check,
    history,
    just_before,
    refusing,
    request_state,
    requests,
    rules,
    superseded,
    waiting,
    who_may_agree,
)
from doorward.recovery import help as helping
from doorward.recovery.errors import (
    AlreadyAsked,
    HowMissing,
    PasswordNotTheirs,
    SupportAskedTooOften,
    SupportNotByTime,
)
from doorward.recovery.events import HELP_TRIED, SUPPORT_ASKED
from doorward.recovery.models import PENDING, RecoveryRequest, Way
from doorward.recovery.support_allowed import refuse_support
from doorward.recovery.veto_link import details_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor

# Everybody is told of each.
ASKS_A_DAY: Final = 2
# So long a caller check that was passed is said in the request.
CHECK_COUNTS: Final = timedelta(hours=1)


def ask(
    person_id: UUID, *, how: str, customer_id: UUID, actor: Actor, now: datetime
) -> RecoveryRequest:
    """Ask somebody with the Administrators tab to agree to help for a person of theirs; return the request.

    Raises `NotFound`, `HowMissing`, and what `why_not` returns.
    """
    authorise(actor, Action.ASK_AS_SUPPORT, customer_id)
    said, person = clean_line(how, maximum=helping.LONGEST_HOW), None
    try:
        with transaction.atomic():
            person = helping.lock(customer_id, person_id, action=Action.ASK_AS_SUPPORT, actor=actor)
            waits = _refuse(person, actor=actor, now=now)
            if not said:
                raise HowMissing
            # Somebody helps, so that nobody needs to wait.
            superseded.end_pending(person, actor=actor, now=now)
            request = _insert(person, said, waits=waits, actor=actor, now=now)
            details = details_of(request, now=now) | {"waits": waits}
            history.tell(SUPPORT_ASKED, request, person, actor=actor, details=details)
            return request
    except Refusal as refusal:
        if person is not None:
            record_refusal(person, refusal, HELP_TRIED, actor=actor, now=now)
        raise


def take_back(request_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """End a request of the support, also one whose pass was given out. Raises what `refusing.refuse` raises."""
    authorise(actor, Action.ASK_AS_SUPPORT, customer_id)
    with transaction.atomic():
        action = Action.ASK_AS_SUPPORT
        request, person = requests.locked(request_id, customer_id, action, actor=actor)
        if request.way != Way.SUPPORT:
            raise NotFound
        refusing.stop(request, person, actor=actor, now=now)


def why_not(person: Administrator, *, actor: Actor, now: datetime) -> Refusal | None:
    """Return why `ask` would refuse whatever is said; None: it would not. Wants `customer.brand` at hand.

    `HelpYourself`, `WrongStatus`, `SupportIsForCustomers`, `CustomerNotActive`, `SupportNotAllowed`, `OwnFactorFirst`,
    `NothingLost`, `StaffTooNew`, `AlreadyAsked`, `SupportAskedTooOften`; where nobody could agree, `SupportNotByTime`
    and `PasswordNotTheirs`.
    """
    return refusal_of(partial(_refuse, person, actor=actor, now=now))


def who_could_agree(
    person: Administrator, asker_id: UUID | None, *, now: datetime
) -> frozenset[UUID]:
    """Return who could say yes: with the tab, through with what is asked of them, and not let in by who asks."""
    ids = looking_after.who_get_through(person.customer_id, now=now) - {person.id}
    since = now - rules.ONE_HAND
    return ids - who_may_agree.let_in_by(asker_id, ids, person.customer_id, since=since)


def may_be_mailed(request: RecoveryRequest, person: Administrator, *, now: datetime) -> bool:
    """Return whether time has approved a request: it may still be, and nobody has turned up who could agree."""
    able = who_could_agree(person, request.asked_by_id, now=now)
    if request_state.is_over(request, now=now) or able:
        return False
    try:
        refuse_support(person, now=now)
        _refuse_time(person, since=request.asked_at - rules.LOOK_BACK)
    except Refusal:
        return False
    return True


def _refuse(person: Administrator, *, actor: Actor, now: datetime) -> bool:
    """Refuse what no words make possible; return whether nobody could agree, so that it waits for objections."""
    helping.refuse_helper(person, actor=actor, now=now, way=Way.SUPPORT)
    who_may_agree.refuse_newcomer(actor, now=now)
    pending = _requests(person).filter(state__in=PENDING).exclude(way=Way.WAITING).first()
    if pending is not None and not request_state.is_over(pending, now=now):
        raise AlreadyAsked
    today = _requests(person).filter(way=Way.SUPPORT, asked_at__gt=now - timedelta(days=1))
    if today.count() >= ASKS_A_DAY:
        raise SupportAskedTooOften
    if who_could_agree(person, _id_of(actor), now=now):
        return False
    _refuse_time(person, since=now - rules.LOOK_BACK)
    return True


def _refuse_time(person: Administrator, *, since: datetime) -> None:
    """Refuse that nobody's objection is a yes: somebody objected already, or could not; or a mailbox is all it takes.

    Raises `SupportNotByTime`, `PasswordNotTheirs`.
    """
    if (
        just_before.refused(person.id, since=since).exists()
        or just_before.silenced_at(person.customer_id, since=since)
        or just_before.moved(person.id, since=since)
    ):
        raise SupportNotByTime
    if not waiting.password_is_own(person):
        raise PasswordNotTheirs


def _requests(person: Administrator) -> QuerySet[RecoveryRequest]:
    return RecoveryRequest.objects.filter(administrator=person)


def _id_of(actor: Actor) -> UUID | None:
    return actor.person.id if actor.person else None


def _insert(
    person: Administrator, how: str, *, waits: bool, actor: Actor, now: datetime
) -> RecoveryRequest:
    staff_id = _id_of(actor)
    return RecoveryRequest.objects.create(
        administrator=person,
        way=Way.SUPPORT,
        how=how,
        checked_at=caller_check.passed_at(staff_id, person.id, since=now - CHECK_COUNTS),
        second=True,
        asked_by_id=staff_id,
        asked_at=now,
        due_at=now + rules.SUPPORT_WAITS if waits else None,
    )
