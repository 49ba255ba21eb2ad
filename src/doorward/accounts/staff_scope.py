"""Which customers a member of the provider's staff is there for: chosen by who sees all of them, never for oneself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.accounts.errors import (
    CustomerUnknown,
    OwnScope,
    ScopeEmpty,
    ScopeNotYours,
    ScopeOfStaffAlone,
    TooManyInScope,
)
from doorward.customers import staff_scope
from doorward.customers.models import CustomerKind
from doorward.customers.rights import is_allowed, scope_of
from doorward.kernel.errors import ChoiceInvalid, Refusal
from doorward.kernel.text.cleaning import fold_case
from doorward.permissions import staff_scope as scopes
from doorward.permissions.actions import Action
from doorward.permissions.staff_scope import Reach, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail
    from doorward.customers.models import Customer
    from doorward.kernel.field_checks import Checks

# So many names an event says; of more it says how many.
_NAMED: Final = 10
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A scope as a form or a command says it: brands by id or name, customers by name (one a line) or id."""

    reach: str
    brands: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()


def read(wanted: Wanted) -> Scope:
    """Return the scope that is wanted.

    Raises `ChoiceInvalid`, `CustomerUnknown`, `ScopeEmpty`, `TooManyInScope`, each at its field.
    """
    match wanted.reach:
        case Reach.ALL:
            return Scope.EVERYTHING
        case Reach.BRANDS:
            return scopes.of(Reach.BRANDS, _brands(wanted.brands))
        case Reach.CUSTOMERS:
            return scopes.of(Reach.CUSTOMERS, _customers(wanted.customers))
        case _:
            raise ChoiceInvalid(field="scope")


def checked(checks: Checks, wanted: Wanted | None, *, customer: Customer, actor: Actor) -> Scope:
    """Return what `for_new` does; what it refuses is remembered at its field."""
    try:
        return for_new(wanted, customer=customer, actor=actor)
    except Refusal as refusal:
        checks.refuse(refusal.field, refusal)
        return Scope.NOTHING


def for_new(wanted: Wanted | None, *, customer: Customer, actor: Actor) -> Scope:
    """Return the scope of somebody who is added: the one that is wanted, else that of who adds them.

    Raises what `read` raises, `ScopeNotYours` and `ScopeOfStaffAlone`.
    """
    if customer.kind != CustomerKind.PROVIDER:
        if wanted is not None:
            raise ScopeOfStaffAlone
        return Scope.EVERYTHING
    own = scope_of(actor)
    found = own if wanted is None else read(wanted)
    if found != own and not is_allowed(actor, Action.CHANGE_SCOPE, customer.id):
        raise ScopeNotYours
    return found


def to_change(person: Administrator, wanted: Wanted, *, actor: Actor) -> Scope | None:
    """Return the other scope that somebody is to have; None: they have it. Wants `customer` at hand.

    Raises what `read` raises, `OwnScope`, `ScopeNotYours` and `ScopeOfStaffAlone`.
    """
    if person.customer.kind != CustomerKind.PROVIDER:
        raise ScopeOfStaffAlone
    found, now_is = read(wanted), person.staff_scope
    if found in {now_is, staff_scope.without_unknown(now_is)}:
        return None
    if person.id in {one.id for one in actor.people}:
        raise OwnScope
    if not is_allowed(actor, Action.CHANGE_SCOPE, person.customer_id):
        raise ScopeNotYours
    return found


def columns(scope: Scope) -> dict[str, object]:
    """Return the columns of a scope: all that is ever written of one."""
    return {"scope": scope.reach.value, "scope_ids": scope.text}


def details(before: Scope, after: Scope) -> dict[str, Detail]:
    """Return what the event of a change says."""
    return {"changed": ["scope"], "before": [in_words(before)], "after": [in_words(after)]}


def in_words(scope: Scope) -> str:
    """Return a scope as events and commands say it: its word, and what it has by name."""
    if scope.is_all:
        return scope.reach.value
    names = staff_scope.names(scope)
    more = [f"+{len(names) - _NAMED}"] if len(names) > _NAMED else []
    return f"{scope.reach.value}: {', '.join([*names[:_NAMED], *more])}"


def _brands(typed: Iterable[str]) -> frozenset[UUID]:
    said = _said(typed)
    there = dict(staff_scope.brands(Scope.EVERYTHING).values_list("id", "name"))
    by_word = {fold_case(name): id_ for id_, name in there.items()}
    by_word |= {str(id_): id_ for id_ in there}
    if not said <= by_word.keys():
        raise ChoiceInvalid(field="scope_brands")
    return _not_empty((by_word[one] for one in said), field="scope_brands")


def _customers(typed: Iterable[str]) -> frozenset[UUID]:
    """Return the customers that are meant: the provider is none of them."""
    said = _said(typed)
    if len(said) > staff_scope.MOST:
        raise TooManyInScope(maximum=staff_scope.MOST)
    found = staff_scope.called(said)
    if unknown := sorted(said - found.keys()):
        raise CustomerUnknown(customer=unknown[0][:_LONGEST])
    return _not_empty((found[one] for one in said), field="scope_customers")


def _said(typed: Iterable[str]) -> set[str]:
    lines = (line for text in typed for line in text.splitlines())
    return {fold_case(" ".join(line.replace("\0", "").split())) for line in lines if line.strip()}


def _not_empty(ids: Iterable[UUID], *, field: str) -> frozenset[UUID]:
    found = frozenset(ids)
    if not found:
        raise ScopeEmpty(field=field)
    return found
