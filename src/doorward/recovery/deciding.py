"""What stands between a request and its pass: that it is over, who may not agree, and when time alone is not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Max

from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGED,
    RIGHTS_CHANGED,
)
from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.credentials.events import (
    FACTOR_ADDED,
    PASSWORD_RESET,
    RECOVERED,
    TWO_FACTOR_ENABLED,
    TWO_FACTOR_RESET,
)
from doorward.customers.tabs import ADMINISTRATORS
from doorward.recovery import just_before, rules, set_up_pass
from doorward.recovery.errors import NotByTime, NotYetAllowed, SameHands
from doorward.recovery.events import HELPED
from doorward.recovery.models import State
from doorward.recovery.rules import Decider

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.recovery.models import RecoveryRequest

# After one of these an account may be in other hands, or be a new one.
_CAME_TO_POWER: Final = (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    EMAIL_CHANGED,
    FACTOR_ADDED,
    PASSWORD_RESET,
    RECOVERED,
    RIGHTS_CHANGED,
    TWO_FACTOR_ENABLED,
    TWO_FACTOR_RESET,
)
# By these one person has a hand in another one's account. Of rights, only the tab counts.
_GAVE: Final = (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    EMAIL_CHANGE_ASKED,
    HELPED,
    RIGHTS_CHANGED,
    TWO_FACTOR_RESET,
)


def is_over(request: RecoveryRequest, *, now: datetime) -> bool:
    """Return whether a pending request came to its end without anybody's word: by time, or by what happened since.

    The person came back on their own; they were suspended or lost the tab, so that they could not object; or its time
    is over. The worker need not have come by.
    """
    person_id, since = request.administrator_id, request.asked_at
    due_at = request.due_at if request.state == State.OPEN else request.approved_at
    return (
        (due_at is not None and due_at + rules.PASS_LIFETIME <= now)
        or set_up_pass.proved_since(person_id, since)
        or just_before.disturbed(person_id, since=since)
    )


def refuse_decider(request: RecoveryRequest, *, actor: Actor) -> None:
    """Refuse who may not agree to a request. Raises `NotYetAllowed`, `SameHands`."""
    parties = _parties(request)
    decider = _decider(actor)
    if not rules.may_agree(decider, parties=parties, asked_at=request.asked_at):
        raise NotYetAllowed
    askers = parties - {request.administrator_id}
    given = _given(request.administrator.customer_id, since=request.asked_at - rules.ONE_HAND)
    if rules.one_hand(given, askers, decider.ids):
        raise SameHands


def refuse_time(request: RecoveryRequest) -> None:
    """Refuse that time alone approves what its asker has kept others from objecting to. Raises `NotByTime`."""
    since = request.asked_at - rules.LOOK_BACK
    if request.asked_by_id is not None and just_before.silenced(request.asked_by_id, since=since):
        raise NotByTime


def _parties(request: RecoveryRequest) -> frozenset[UUID]:
    """Return whom it is for, who asked, and who asked before and was refused."""
    since = request.asked_at - rules.LOOK_BACK
    before = just_before.refused(request.administrator_id, since=since)
    asked = {request.asked_by_id, *before.values_list("asked_by_id", flat=True)}
    return frozenset({request.administrator_id, *(one for one in asked if one is not None)})


def _decider(actor: Actor) -> Decider:
    ids = [one.id for one in actor.people]
    events = Event.objects.filter(subject_id__in=ids, type__in=_CAME_TO_POWER)
    rows = Administrator.objects.everywhere().filter(id__in=ids)
    joined = rows.aggregate(at=Max("joined_at"))["at"] or rows.aggregate(at=Max("added_at"))["at"]
    newest = events.aggregate(at=Max("at"))["at"]
    return Decider(ids=frozenset(ids), since=max(filter(None, (joined, newest))))


def _given(customer_id: UUID, *, since: datetime) -> set[tuple[UUID, UUID]]:
    """Return who of a customer gave whom access since then."""
    events = Event.objects.filter(customer_id=customer_id, type__in=_GAVE, at__gt=since)
    ids = set(Administrator.objects.of(customer_id).values_list("id", flat=True))
    rows = events.values_list("type", "actor_id", "subject_id", "details__added")
    return {
        (giver, taker)
        for kind, giver, taker, added in rows.iterator()
        if giver in ids
        and taker in ids
        and (kind != RIGHTS_CHANGED or ADMINISTRATORS in (added or ()))
    }
