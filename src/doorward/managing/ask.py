"""The provider's staff asks to be let into a customer's portal, and to change something in it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts.errors import CustomerNotActive
from doorward.accounts.locking import must_still_may
from doorward.accounts.models import Administrator
from doorward.credentials.models import USABLE, Factor
from doorward.customers import locking
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound, Refusal, refusal_of
from doorward.kernel.text.cleaning import clean_line
from doorward.managing import agree, end, rules, standing_consent, when_over
from doorward.managing.errors import (
    ManageInBrowser,
    ManagingAlready,
    ManagingAskedTooOften,
    ManagingNotAllowed,
    ManagingOver,
    NobodyCouldAgree,
    OwnPortal,
    ReasonMissing,
)
from doorward.managing.events import MANAGING_AGREED, MANAGING_ASKED, MANAGING_CHANGES_ASKED
from doorward.managing.history import tell
from doorward.managing.models import OPEN, Managing, State
from doorward.permissions.actions import Action
from doorward.policy.fields import SupportAccess
from doorward.recovery import just_before, who_may_agree
from doorward.recovery.errors import OwnFactorFirst

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor, Who

LONGEST_REASON: Final = 300
_ACTION: Final = Action.MANAGE_CUSTOMER


def ask(customer_id: UUID, *, reason: str, changes: bool, actor: Actor, now: datetime) -> Managing:
    """Ask to be let into a portal; where its policy always allows it, that is agreed to at once.

    Raises `NotFound`, `ReasonMissing`, and what `why_not` returns.
    """
    authorise(actor, _ACTION, customer_id)
    said = clean_line(reason, maximum=LONGEST_REASON)
    with transaction.atomic():
        customer = lock(customer_id, actor=actor)
        staff = _refuse(customer, actor=actor, now=now)
        if not said:
            raise ReasonMissing
        managing = _insert(customer, staff, said, changes=changes, actor=actor, now=now)
        details = {"changes": changes}
        tell(MANAGING_ASKED, managing, actor=actor, details=details)
        if managing.state == State.AGREED:
            tell(MANAGING_AGREED, managing, actor=actor, details=details)
    return managing


def ask_for_changes(
    managing_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime
) -> Managing:
    """Ask, in a portal, to change something in it, too. Raises `NotFound`, `ManagingOver`."""
    authorise(actor, _ACTION, customer_id)
    with transaction.atomic():
        customer = lock(customer_id, actor=actor)
        managing = own(managing_id, customer_id=customer_id, actor=actor)
        if managing.state != State.RUNNING or managing.changes or managing.asks_changes_at:
            raise ManagingOver
        if when_over.is_over(managing, now=now):
            raise ManagingOver
        managing.asks_changes_at = now
        without_yes = needs_no_yes(customer, actor=actor, now=now)
        managing.changes = managing.agreed_by_id is None and without_yes
        managing.save(update_fields=["asks_changes_at", "changes"])
        tell(MANAGING_CHANGES_ASKED, managing, actor=actor, details={"changes": True})
    return managing


def take_back(managing_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Ask no longer for what was not begun, in whichever session it was asked. Raises `NotFound`, `ManagingOver`."""
    authorise(actor, _ACTION, customer_id)
    with transaction.atomic():
        lock(customer_id, actor=actor)
        managing = own(managing_id, customer_id=customer_id, actor=actor, here=False)
        if managing.state not in {State.ASKED, State.AGREED}:
            raise ManagingOver
        end.close_own(managing, actor=actor, now=now)


def why_not(customer: Customer, *, actor: Actor, now: datetime) -> Refusal | None:
    """Return why `ask` would refuse whatever is said; None: it would not. Wants `brand` at hand.

    `ManageInBrowser`, `OwnPortal`, `CustomerNotActive`, `ManagingNotAllowed`, `OwnFactorFirst`,
    `ManagingAlready`, `ManagingAskedTooOften`, `NobodyCouldAgree`.
    """
    return refusal_of(partial(_refuse, customer, actor=actor, now=now))


def always(customer: Customer, *, now: datetime) -> bool:
    """Return whether its policy always lets support in, and has for a week."""
    return just_before.support_access_of(customer, now=now) is SupportAccess.ALWAYS


def needs_no_yes(customer: Customer, *, actor: Actor, now: datetime) -> bool:
    """Return whether nobody is asked: as the policy has it, unless who comes may be somebody else since today.

    And unless whoever chose it could not agree to who comes: such an *always* is that one's own yes.
    """
    return (
        always(customer, now=now)
        and not who_may_agree.is_newcomer(actor, now=now)
        and not standing_consent.by_their_hand(customer.id, actor=actor, now=now)
    )


def lock(customer_id: UUID, *, actor: Actor) -> Customer:
    """Lock a customer, and look again whether who acts may do this; return it. Raises `NotFound`, `StaleRequest`."""
    try:
        locking.hold(customer_id)
    except Customer.DoesNotExist as error:
        raise NotFound from error
    must_still_may(actor, _ACTION, customer_id)
    return Customer.objects.select_related("brand").get(id=customer_id)


def own(managing_id: UUID, *, customer_id: UUID, actor: Actor, here: bool = True) -> Managing:
    """Return what this very session asked this customer for, or raise `NotFound`; not `here`: what its person did."""
    rows = Managing.objects.select_related("staff__customer", "customer__brand")
    if actor.person is None or actor.session_id is None:
        raise NotFound
    mine = rows.filter(staff_id=actor.person.id)
    if here:
        mine = mine.filter(session_id=actor.session_id)
    found = mine.filter(id=managing_id, customer_id=customer_id).first()
    if found is None:
        raise NotFound
    return found


def _refuse(customer: Customer, *, actor: Actor, now: datetime) -> Who:
    """Refuse what no words make possible; return who of the staff asks."""
    staff = actor.person
    if staff is None or actor.session_id is None:
        raise ManageInBrowser
    _refuse_customer(customer, now=now)
    if not Factor.objects.filter(USABLE, administrator_id=staff.id).exists():
        raise OwnFactorFirst
    _refuse_again(customer, staff, actor.session_id, now=now)
    if not agree.who_could_agree(customer.id, staff.id, now=now):
        raise NobodyCouldAgree
    return staff


def _refuse_customer(customer: Customer, *, now: datetime) -> None:
    if customer.kind == CustomerKind.PROVIDER:
        raise OwnPortal
    if customer.status != CustomerStatus.ACTIVE:
        raise CustomerNotActive
    if just_before.support_access_of(customer, now=now) is SupportAccess.NEVER:
        raise ManagingNotAllowed


def _refuse_again(customer: Customer, staff: Who, session_id: UUID, *, now: datetime) -> None:
    asked = Managing.objects.filter(staff_id=staff.id, customer=customer)
    open_ = asked.filter(state__in=OPEN).select_related("staff__customer", "customer__brand")
    if any(not when_over.is_over(one, now=now) for one in open_):
        raise ManagingAlready
    if Managing.objects.filter(session_id=session_id, is_in=True).exists():
        raise ManagingAlready
    if asked.filter(asked_at__gt=now - timedelta(days=1)).count() >= rules.ASKS_A_DAY:
        raise ManagingAskedTooOften


def _insert(  # noqa: PLR0913 - all that a row is made of
    customer: Customer, staff: Who, reason: str, *, changes: bool, actor: Actor, now: datetime
) -> Managing:
    for one in Managing.objects.filter(customer=customer, staff_id=staff.id, state__in=OPEN):
        end.lapse(one.id, now=now)
    agreed = needs_no_yes(customer, actor=actor, now=now)
    return Managing.objects.create(
        customer=customer,
        staff=Administrator.objects.everywhere().select_related("customer").get(id=staff.id),
        session_id=actor.session_id,
        behalf_id=_first(customer, staff.id, now=now) if agreed else None,
        reason=reason,
        state=State.AGREED if agreed else State.ASKED,
        changes=agreed and changes,
        asks_changes_at=now if changes else None,
        asked_at=now,
        agreed_at=now if agreed else None,
    )


def _first(customer: Customer, asker_id: UUID, *, now: datetime) -> UUID:
    """Return as whom a portal is seen where nobody had to be asked: its primary administrator, or the next one."""
    ids = agree.who_could_agree(customer.id, asker_id, now=now)
    people = Administrator.objects.of(customer.id).filter(id__in=ids)
    first: UUID = people.order_by("-is_primary", "added_at", "id").values_list("id", flat=True)[0]
    return first
