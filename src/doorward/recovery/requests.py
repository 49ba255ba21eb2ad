"""Deciding on help that was asked for: agreeing, fetching the pass, whether it was them. To refuse: `refusing.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction

from doorward.accounts.locking import record_refusal
from doorward.audit.actor import WORKER
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.recovery import help as helping
from doorward.recovery import history, impostor, request_state, set_up_pass, who_may_agree
from doorward.recovery.errors import HelpYourself, RequestOver
from doorward.recovery.events import (
    HELP_AGREED,
    HELP_TRIED,
    RECOVERY_CONFIRMED,
    RECOVERY_DENIED,
)
from doorward.recovery.models import RecoveryRequest, SetUpPass, State, Way

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor

_NOBODY: Final = UUID(int=0)


def agree(request_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Give the second yes to a request. Raises `NotFound`, and what a rule refuses.

    `RequestOver`, `HelpYourself`, `NotYetAllowed`, `SameHands`, `LetInBySupport`.
    """
    authorise(
        actor, Action.AGREE_TO_HELP, customer_id, subject=whose(request_id, customer_id=customer_id)
    )
    person = None
    try:
        with transaction.atomic():
            request, person = locked(request_id, customer_id, Action.AGREE_TO_HELP, actor=actor)
            if (
                request.state != State.OPEN
                or not request.second
                or request_state.is_over(request, now=now)
            ):
                raise RequestOver
            if request.asked_by_id in {one.id for one in actor.people}:
                raise HelpYourself
            helping.refuse_helper(person, actor=actor, now=now, way=Way(request.way))
            who_may_agree.refuse_decider(request, actor=actor)
            _write(request, State.APPROVED, approved_by=actor, approved_at=now)
            history.tell(HELP_AGREED, request, person, actor=actor)
    except Refusal as refusal:
        if person is not None:
            record_refusal(person, refusal, HELP_TRIED, actor=actor, now=now)
        raise


def fetch(request_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Return the words of an approved request's pass, once, to whoever reads it out. Secret.

    It is approved by a second colleague, or by the time in which nobody objected. Raises `RequestOver`, and what a
    rule refuses by now.
    """
    authorise(
        actor, Action.HELP_PERSON, customer_id, subject=whose(request_id, customer_id=customer_id)
    )
    with transaction.atomic():
        request, person = locked(request_id, customer_id, Action.HELP_PERSON, actor=actor)
        if request_state.reader_of(request) not in {one.id for one in actor.people}:
            raise NotFound
        if not request_state.may_be_fetched(request, now=now):
            raise RequestOver
        if request_state.is_over(request, now=now):
            raise RequestOver
        helping.refuse_helper(person, actor=actor, now=now, way=Way(request.way))
        if request.state == State.OPEN:
            who_may_agree.refuse_time(request)
            # It was time that agreed, not who asked.
            history.tell(HELP_AGREED, request, person, actor=WORKER)
        _write(request, State.APPROVED, approved_at=request.approved_at or now)
        return helping.issue(request, person, actor=actor, now=now)


def show(request_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Return the words of the pass that `help_person` or `fetch` has just made in this session, once. Secret.

    None: there is nothing to show any more.
    """
    authorise(
        actor, Action.HELP_PERSON, customer_id, subject=whose(request_id, customer_id=customer_id)
    )
    return set_up_pass.show(request_id, session_id=actor.session_id, now=now)


def say_who(
    request_id: UUID, *, was_them: bool, customer_id: UUID, actor: Actor, now: datetime
) -> None:
    """Say of a completed recovery whether it was the person; if not, everything of theirs ends at once.

    Sessions, the new factor, recovery codes, password, mailed links. The factor stays as a disabled one, so that
    nobody gets in by the mailbox alone; the person is helped once more. That it was not them can also be said after
    somebody said that it was: who helped the wrong one would say so. That it was them is said by who helped, or by
    whoever could have agreed. Raises `RequestOver`, and what `who_may_agree.refuse_decider` does.
    """
    authorise(
        actor,
        Action.SAY_WHO_CAME_BACK,
        customer_id,
        subject=whose(request_id, customer_id=customer_id),
    )
    with transaction.atomic():
        action = Action.SAY_WHO_CAME_BACK
        request, person = locked(request_id, customer_id, action, actor=actor)
        if person.id in {one.id for one in actor.people}:
            raise HelpYourself
        issued = SetUpPass.objects.filter(request=request, used_at__isnull=False).first()
        # That it was not them, also after somebody said that it was.
        open_for = {State.ISSUED} if was_them else {State.ISSUED, State.CONFIRMED}
        in_time = issued is not None and request_state.in_time(issued, now=now)
        if request.state not in open_for or not in_time:
            raise RequestOver
        # It closes the alarm: whoever could not have agreed does not, unless they helped and are asked.
        if was_them and request.asked_by_id not in {one.id for one in actor.people}:
            who_may_agree.refuse_decider(request, actor=actor)
        if not was_them:
            deny(request, person, actor=actor, now=now)
            return
        close(request, State.CONFIRMED, actor=actor, now=now)
        history.tell(RECOVERY_CONFIRMED, request, person, actor=actor)


def deny(request: RecoveryRequest, person: Administrator, *, actor: Actor, now: datetime) -> None:
    """Write down that it was not them, and end everything of theirs since it was asked for."""
    close(request, State.DENIED, actor=actor, now=now)
    impostor.end_everything(person, since=request.asked_at, actor=actor, now=now)
    history.tell(RECOVERY_DENIED, request, person, actor=actor)


def whose(request_id: UUID, *, customer_id: UUID) -> UUID:
    """Return whom a request of this customer is for; where it has no such one, an id that is nobody's."""
    rows = RecoveryRequest.objects.filter(id=request_id, administrator__customer_id=customer_id)
    return rows.values_list("administrator_id", flat=True).first() or _NOBODY


def locked(
    request_id: UUID, customer_id: UUID, action: Action, *, actor: Actor
) -> tuple[RecoveryRequest, Administrator]:
    """Lock customer and person, and read the request then. Raises `NotFound`: also for another customer's."""
    rows = RecoveryRequest.objects.filter(id=request_id, administrator__customer_id=customer_id)
    person_id = rows.values_list("administrator_id", flat=True).first()
    if person_id is None:
        raise NotFound
    person = helping.lock(customer_id, person_id, action=action, actor=actor)
    return rows.get(), person


def _write(
    request: RecoveryRequest,
    state: State,
    *,
    approved_at: datetime,
    approved_by: Actor | None = None,
) -> None:
    person = approved_by.person if approved_by else None
    columns = {"approved_by": person.id} if person else {}
    rows = RecoveryRequest.objects.filter(id=request.id)
    rows.update(state=state, approved_at=approved_at, **columns)


def close(request: RecoveryRequest, state: State, *, actor: Actor, now: datetime) -> None:
    """Write down how a request ended, in the caller's transaction."""
    closed_by = actor.person.id if actor.person else None
    rows = RecoveryRequest.objects.filter(id=request.id)
    rows.update(state=state, closed_by=closed_by, closed_at=now)
