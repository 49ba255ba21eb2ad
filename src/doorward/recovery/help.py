"""A colleague helps: at once, or with a second one's yes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts.errors import WrongStatus
from doorward.accounts.locking import locked_person, must_still_may, record_refusal
from doorward.accounts.models import Administrator, Status
from doorward.audit.record import record
from doorward.credentials import suspension
from doorward.credentials.models import USABLE, Factor
from doorward.customers import locking
from doorward.customers.rights import authorise
from doorward.kernel.errors import Refusal, refusal_of
from doorward.kernel.text.cleaning import clean_line
from doorward.permissions.actions import Action
from doorward.policy.fields import RecoveryBy
from doorward.recovery import (
    history,
    just_before,
    request_state,
    rules,
    set_up_pass,
    superseded,
)
from doorward.recovery.errors import (
    AlreadyAsked,
    HelpByProviderOnly,
    HelpYourself,
    HowMissing,
    NothingLost,
    OwnFactorFirst,
)
from doorward.recovery.events import HELP_ASKED, HELP_TRIED, HELPED
from doorward.recovery.models import PENDING, RecoveryRequest, State, Way
from doorward.recovery.support_allowed import refuse_support
from doorward.recovery.veto_link import details_of
from doorward.sessions import ending

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

LONGEST_HOW = 300


@dataclass(frozen=True, slots=True)
class Helped:
    """What came of it: the request, and the words of its pass (secret); none: a second person has to agree first."""

    request: RecoveryRequest
    words: tuple[str, ...] = ()


def help_person(
    person_id: UUID, *, how: str, customer_id: UUID, actor: Actor, now: datetime
) -> Helped:
    """Help somebody who has lost their factors, or ask a second colleague to agree to it.

    Raises `NotFound`, and what a rule refuses: `HelpYourself`, `HowMissing`, `NothingLost`, `OwnFactorFirst`,
    `HelpByProviderOnly`, `AlreadyAsked`, `WrongStatus`.
    """
    authorise(actor, Action.HELP_PERSON, customer_id, subject=person_id)
    said, person = clean_line(how, maximum=LONGEST_HOW), None
    try:
        with transaction.atomic():
            person = lock(customer_id, person_id, action=Action.HELP_PERSON, actor=actor)
            second = _check(person, said, actor=actor, now=now)
            request = _insert(person, said, second=second, actor=actor, now=now)
            if not second:
                return Helped(request, issue(request, person, actor=actor, now=now))
            record(
                HELP_ASKED, actor=actor, subject=person.who(), details=details_of(request, now=now)
            )
            return Helped(request)
    except Refusal as refusal:
        if person is not None:
            record_refusal(person, refusal, HELP_TRIED, actor=actor, now=now)
        raise


def issue(
    request: RecoveryRequest, person: Administrator, *, actor: Actor, now: datetime
) -> tuple[str, ...]:
    """Suspend the factors, end all sessions and trust, and make the pass; return its words. Secret.

    In the caller's transaction, with the locks of customer and person.
    """
    superseded.end_issued(person, actor=actor, now=now)
    suspension.suspend(person.id, now=now)
    ending.end_others(administrator_id=person.id, keep=None, now=now)
    chosen = set_up_pass.make(request, now=now, shown_in=actor.session_id)
    RecoveryRequest.objects.filter(id=request.id).update(state=State.ISSUED)
    history.tell(HELPED, request, person, actor=actor, details=details_of(request, now=now))
    return chosen


def lock(customer_id: UUID, person_id: UUID, *, action: Action, actor: Actor) -> Administrator:
    """Lock a customer and one of its people, and look again whether who acts may do this; return the person.

    The customer's row comes first, as for every change by a colleague. Raises as `locked_person` does, or
    `StaleRequest`.
    """
    locking.hold(customer_id)
    must_still_may(actor, action, customer_id, subject=person_id)
    return locked_person(person_id, customer_id=customer_id)


def refuse_helper(
    person: Administrator, *, actor: Actor, now: datetime, way: Way = Way.COLLEAGUE
) -> None:
    """Refuse who may not help this person now, in that way. Raises what `help_person` and `support.ask` say."""
    if person.id in {one.id for one in actor.people}:
        raise HelpYourself
    if person.status != Status.ACTIVE:
        raise WrongStatus
    if way == Way.SUPPORT:
        refuse_support(person, now=now)
    elif just_before.recovery_by(person, now=now) is RecoveryBy.PROVIDER:
        raise HelpByProviderOnly
    for one in actor.people:
        if not Factor.objects.filter(USABLE, administrator_id=one.id).exists():
            raise OwnFactorFirst
    if not Factor.objects.filter(administrator_id=person.id).exists():
        raise NothingLost


def why_not(person: Administrator, *, actor: Actor, now: datetime) -> Refusal | None:
    """Return why `help_person` would refuse whatever is said, as a page asks first; None: it would not."""
    return refusal_of(partial(_refuse, person, actor=actor, now=now))


def second_is_due(person: Administrator, *, now: datetime) -> bool:
    """Return whether help for somebody needs a second colleague's yes."""
    since = now - rules.LOOK_BACK
    if just_before.refused(person.id, since=since).exists():
        return True
    # Whoever has the mailbox has the password, and the pass would be all that is left.
    if just_before.moved_by_another(person.id, since=since):
        return True
    return rules.needs_second(
        just_before.recovery_by(person, now=now),
        looks_after=just_before.looked_after(person, now=now),
    )


def _check(person: Administrator, how: str, *, actor: Actor, now: datetime) -> bool:
    """Return whether a second person has to agree. Raises what `help_person` says."""
    second = _refuse(person, actor=actor, now=now)
    if not how:
        raise HowMissing
    # Somebody helps, so that nobody needs to wait.
    superseded.end_pending(person, actor=actor, now=now)
    return second


def _refuse(person: Administrator, *, actor: Actor, now: datetime) -> bool:
    """Refuse what no words make possible; return whether a second person has to agree."""
    refuse_helper(person, actor=actor, now=now)
    second = second_is_due(person, now=now)
    asked = (
        RecoveryRequest.objects.filter(administrator=person, state__in=PENDING)
        .exclude(way=Way.WAITING)
        .first()
    )
    if second and asked is not None and not request_state.is_over(asked, now=now):
        raise AlreadyAsked
    return second


def _insert(
    person: Administrator, how: str, *, second: bool, actor: Actor, now: datetime
) -> RecoveryRequest:
    return RecoveryRequest.objects.create(
        administrator=person,
        way=Way.COLLEAGUE,
        state=State.OPEN if second else State.APPROVED,
        how=how,
        second=second,
        asked_by_id=actor.person.id if actor.person else None,
        asked_at=now,
        due_at=now + rules.VETO_TIME if second else None,
        approved_at=None if second else now,
    )
