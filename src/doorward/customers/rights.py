"""The first line of every service: whether who acts may do this, by the rights and the scope they have now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from doorward.customers import staff_scope
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.kernel.errors import NotFound
from doorward.permissions import rules, while_managing
from doorward.permissions.actions import About, Extent
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.rules import Holder
from doorward.permissions.staff_scope import Scope, of_columns

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor, Who
    from doorward.permissions.actions import Action

# As `accounts.models.Status` has it, which stands above this subject.
_ACTIVE: Final = "active"


class _Answer(Enum):
    """What somebody is told: whoever has the right, but not over this one, is not told that it is there."""

    YES = auto()
    OUTSIDE = auto()
    NO_RIGHT = auto()


@dataclass(frozen=True, slots=True)
class _Target:
    """What it is done to."""

    customer_id: UUID | None
    brand_id: UUID | None
    subject: UUID | None


def authorise(
    actor: Actor,
    action: Action,
    customer_id: UUID | None = None,
    *,
    brand_id: UUID | None = None,
    subject: UUID | None = None,
) -> None:
    """Let on who may do this. Raises `NotAuthorised`, with nothing written; `NotFound` for what is outside of a scope.

    `customer_id`: whose people or data it changes (None: the provider's own things, or everybody's). `brand_id`: which
    brand. `subject`: whose account; of a colleague, it is looked at whether their scope is wider than one's own.
    """
    answer = _answer(actor, action, _Target(customer_id, brand_id, subject))
    if answer is _Answer.NO_RIGHT:
        raise NotAuthorised(action)
    if answer is _Answer.OUTSIDE:
        raise NotFound


def is_allowed(
    actor: Actor,
    action: Action,
    customer_id: UUID | None = None,
    *,
    brand_id: UUID | None = None,
    subject: UUID | None = None,
) -> bool:
    """Return whether who acts may do this now. The operator at the console and the worker may do everything.

    Who acts on somebody's behalf manages that person's portal: for as long as it lasts, and never more than both may.
    """
    return _answer(actor, action, _Target(customer_id, brand_id, subject)) is _Answer.YES


def scope_of(actor: Actor) -> Scope:
    """Return what whoever acts sees of customers now: the operator and the worker everything, strangers nothing."""
    if actor.is_ours:
        return Scope.EVERYTHING
    holder = _holder(actor.person) if actor.person else None
    return holder.scope if holder else Scope.NOTHING


def _answer(actor: Actor, action: Action, target: _Target) -> _Answer:
    if actor.is_ours:
        return _Answer.YES
    if actor.person is None:
        return _Answer.NO_RIGHT
    if actor.on_behalf_of is not None:
        managed = _may_manage(actor, actor.person, actor.on_behalf_of, action, target)
        return _Answer.YES if managed else _Answer.NO_RIGHT
    return _of_one(actor.person, action, target)


def _may_manage(actor: Actor, staff: Who, behalf: Who, action: Action, target: _Target) -> bool:
    """Return whether this session manages the portal at this moment, and may change this in it.

    The rows are `managing.models.Managing`, which stands above this subject; when it is over by time, the gate says.
    """
    if actor.session_id is None:
        return False
    holder, theirs = _holder(staff), _holder(behalf)
    if not while_managing.may_manage(action, holder, theirs, target.customer_id) or holder is None:
        return False
    rows = Customer.objects.filter(
        staff_scope.which(holder.scope),
        id=behalf.customer_id,
        managings__session_id=actor.session_id,
        managings__behalf_id=behalf.id,
        managings__staff_id=staff.id,
        managings__state="running",
        managings__changes=True,
    )
    return rows.exists()


def _of_one(who: Who, action: Action, target: _Target) -> _Answer:
    if rules.is_own(action, who.id, target.subject):
        return _Answer.YES
    holder = _holder(who)
    if holder is None or not rules.may(action, holder, target.customer_id):
        return _Answer.NO_RIGHT
    return (
        _Answer.YES
        if holder.scope.is_all or not holder.is_staff
        else _in_scope(holder, action, target)
    )


def _in_scope(holder: Holder, action: Action, target: _Target) -> _Answer:
    """Return what somebody is told who has the right, and sees a part of the customers."""
    needs, scope = action.needs, holder.scope
    if target.customer_id == holder.customer_id and needs.about is About.CUSTOMER:
        return _over_colleagues(needs.extent, holder, target.subject)
    if target.customer_id is not None:
        found = staff_scope.has_customer(target.customer_id, scope)
        return _Answer.YES if found else _Answer.OUTSIDE
    if needs.about is About.CUSTOMER:
        alone = staff_scope.has_brand_alone(target.brand_id, scope)
        return _Answer.YES if alone else _Answer.NO_RIGHT
    if needs.extent is Extent.PART:
        return _Answer.YES
    if needs.extent is Extent.BRAND and scope.covers_brand(target.brand_id):
        return _Answer.YES
    return _Answer.NO_RIGHT if needs.extent is Extent.EVERYTHING else _Answer.OUTSIDE


def _over_colleagues(extent: Extent, holder: Holder, subject: UUID | None) -> _Answer:
    """Return whether it may be done to the provider's own people: to none whose scope is wider.

    Whoever is not one of them is nobody here, as an id that is nobody's: the service finds no such person.
    """
    if extent is Extent.PART:
        return _Answer.YES
    if extent is not Extent.PERSON or subject is None:
        return _Answer.NO_RIGHT
    rows = Customer.objects.filter(id=holder.customer_id, administrator__id=subject)
    columns = rows.values_list("administrator__scope", "administrator__scope_ids").first()
    theirs = of_columns(*columns) if columns else Scope.NOTHING
    return _Answer.YES if staff_scope.includes(holder.scope, theirs) else _Answer.NO_RIGHT


def _holder(who: Who) -> Holder | None:
    """Read what a person holds now; of what their session was told, nothing is believed."""
    rows = Customer.objects.filter(
        id=who.customer_id,
        status=CustomerStatus.ACTIVE,
        administrator__id=who.id,
        administrator__status=_ACTIVE,
    )
    columns = ("kind", "administrator__tabs", "administrator__scope", "administrator__scope_ids")
    row = rows.values_list(*columns).first()
    if row is None:
        return None
    kind, tabs, reach, ids = row
    staff = kind == CustomerKind.PROVIDER
    scope = of_columns(reach, ids) if staff else Scope.NOTHING
    held = frozenset(tabs.split())
    return Holder(
        id=who.id,
        customer_id=who.customer_id,
        is_staff=staff,
        tabs=scope.usable(held) if staff else held,
        scope=scope,
    )
