"""Who may not agree to a request, and when time alone is not enough: one hand does not give both yeses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Max, Min

from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGED,
    INVITATION_SENT,
    RIGHTS_CHANGED,
    SCOPE_CHANGED,
)
from doorward.accounts.models import Administrator
from doorward.audit.actor import ActorType
from doorward.audit.models import Event
from doorward.credentials.events import (
    APP_TAKEN_OVER,
    FACTOR_ADDED,
    PASSWORD_RESET,
    RECOVERED,
    TWO_FACTOR_ENABLED,
    TWO_FACTOR_RESET,
)
from doorward.customers.tabs import ADMINISTRATORS
from doorward.recovery import just_before, rules
from doorward.recovery.errors import (
    LetInBySupport,
    NotByTime,
    NotYetAllowed,
    SameHands,
    StaffTooNew,
)
from doorward.recovery.events import HELPED, PASS_MAILED, RESCUE_USED, RESCUED
from doorward.recovery.models import Way
from doorward.recovery.rules import Decider
from doorward.signin.events import FIRST_MEMBER_ADDED

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.recovery.models import RecoveryRequest

# After one of these an account may be in other hands, or be a new one.
_CAME_TO_POWER: Final = (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    APP_TAKEN_OVER,
    EMAIL_CHANGED,
    FACTOR_ADDED,
    FIRST_MEMBER_ADDED,
    PASSWORD_RESET,
    RECOVERED,
    RESCUE_USED,
    RIGHTS_CHANGED,
    SCOPE_CHANGED,
    TWO_FACTOR_ENABLED,
    TWO_FACTOR_RESET,
)
# By these one person has a hand in another one's account. Of rights, only the tab counts.
_GAVE: Final = (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    APP_TAKEN_OVER,
    EMAIL_CHANGE_ASKED,
    HELPED,
    INVITATION_SENT,
    PASS_MAILED,
    RESCUED,
    RIGHTS_CHANGED,
    TWO_FACTOR_RESET,
)
# By these somebody is new, or moves in, and by the others of `_GAVE` an account that is there comes into hands.
_MADE: Final = (ADMINISTRATOR_ADDED, APP_TAKEN_OVER, INVITATION_SENT)
# Who acts on a customer's people and is none of them. The background work gives nobody access by itself.
_PROVIDERS: Final = (ActorType.PERSON, ActorType.OPERATOR)


def refuse_decider(request: RecoveryRequest, *, actor: Actor) -> None:
    """Refuse who may not agree to a request. Raises `NotYetAllowed`, `SameHands`, `LetInBySupport`."""
    parties = _parties(request)
    decider = _decider(actor)
    if not rules.may_agree(decider, parties=parties, asked_at=request.asked_at):
        raise NotYetAllowed
    since = request.asked_at - rules.ONE_HAND
    customer_id = request.administrator.customer_id
    if request.way == Way.SUPPORT and let_in_by(
        request.asked_by_id, decider.ids, customer_id, since=since
    ):
        raise LetInBySupport
    askers = parties - {request.administrator_id}
    # That both were let in by the provider makes no two colleagues one.
    given = {pair for pair in _given(customer_id, since=since) if rules.PROVIDER not in pair}
    if rules.one_hand(given, askers, decider.ids):
        raise SameHands


def refuse_newcomer(actor: Actor, *, now: datetime) -> None:
    """Refuse who of the support has had their access, or what proves it, for less than a day: `StaffTooNew`."""
    if is_newcomer(actor, now=now):
        raise StaffTooNew


def is_newcomer(actor: Actor, *, now: datetime) -> bool:
    """Return whether somebody has had their access, or what proves it, for less than a day."""
    return _decider(actor).is_new(now)


def let_in_by(
    asker_id: UUID | None, ids: frozenset[UUID], customer_id: UUID, *, since: datetime
) -> frozenset[UUID]:
    """Return who of these got access since then from this one of the support, or from somebody who did.

    They would agree with whom they have it from. One hand with them is whom of the support they let in lately, and who
    let them in: else one of the support makes another, who lets somebody in at the customer, or asks. Whose account
    support or operator gave back or changed counts as well, whoever of them it was; whom others of them added does
    not: at a new customer everybody was.
    """
    given = _given(customer_id, since=since, makers=_hand_of(asker_id, since=since))
    return ids & rules.let_in(given, rules.PROVIDER)


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
    company = Administrator.objects.everywhere().filter(customer_id__in=rows.values("customer_id"))
    return Decider(
        ids=frozenset(ids),
        since=max(filter(None, (joined, newest))),
        began=company.aggregate(at=Min("added_at"))["at"],
    )


def _hand_of(staff_id: UUID | None, *, since: datetime) -> frozenset[UUID | None]:
    if staff_id is None:
        return frozenset({None})
    rows = Administrator.objects.everywhere().filter(id=staff_id)
    own = rows.values_list("customer_id", flat=True).get()
    # That the operator let in two of them makes those no one hand.
    given = {pair for pair in _given(own, since=since) if rules.PROVIDER not in pair}
    return rules.hand_of(given, frozenset({staff_id}))


def _given(
    customer_id: UUID, *, since: datetime, makers: frozenset[UUID | None] = frozenset()
) -> set[tuple[UUID, UUID]]:
    """Return who gave whom of a customer access since then; `PROVIDER` for support and operator.

    Of those whom these made, only whom one of `makers` did.
    """
    events = Event.objects.filter(customer_id=customer_id, type__in=_GAVE, at__gt=since)
    ids = set(Administrator.objects.of(customer_id).values_list("id", flat=True))
    names = ("type", "actor_type", "actor_id", "subject_id", "details__added", "details__way")
    given = set()
    for kind, by, giver, taker, added, way in events.values_list(*names).iterator():
        if taker not in ids or (kind == RIGHTS_CHANGED and ADMINISTRATORS not in (added or ())):
            continue
        if giver in ids:
            given.add((giver, taker))
        theirs = giver not in ids and by in _PROVIDERS
        if way == Way.SUPPORT or (theirs and (giver in makers or kind not in _MADE)):
            given.add((rules.PROVIDER, taker))
    return given
