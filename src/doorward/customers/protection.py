"""Who may lower what protects people, and who is told of it: the one place that decides.

A tab of the provider's is the right over what it shows. What protects those behind it (`permissions.protected_fields`)
wants the right over those people as well: the Administrators tab of their own customer. A brand and a tab of the
provider's are used by the provider's own people, so theirs is the provider's.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.customers.errors import RightMissing
from doorward.customers.events import ACCESS_REFUSED, PROTECTION_LOWERED
from doorward.customers.models import Customer, CustomerKind
from doorward.customers.rights import is_allowed
from doorward.kernel.errors import FieldsRefused
from doorward.permissions.actions import ADMINISTRATORS, Action
from doorward.permissions.protected_fields import Change, change, lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail


class ProtectionRefused(FieldsRefused):
    """These fields protect people whom the actor has no right over; nothing was changed."""


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what is changed, by the name of the field."""
    return tuple(
        change(name, before[name], after[name])
        for name in sorted(after)
        if before[name] != after[name]
    )


def settle(  # noqa: PLR0913 - what is changed, of whom, by whom
    changes: tuple[Change, ...],
    *,
    what: str,
    customer: tuple[UUID, str] | None = None,
    brand_id: UUID | None = None,
    names: Mapping[UUID, str] | None = None,
    actor: Actor,
) -> None:
    """Refuse what lowers the protection of people whom the actor has no right over; record what does.

    `customer` (id, name): whose people they are; None: a brand's, or everybody's, the provider's own among them.
    `what`: the brand, customer or tab, by name. Reads the right as it is now, in the caller's transaction, and records
    there the event by which those are told who have the right. Raises `ProtectionRefused`.
    """
    customer_id = customer[0] if customer else None
    fields = demand(changes, customer_id=customer_id, brand_id=brand_id, actor=actor)
    if not fields:
        return
    lowering = tuple(change for change in changes if change.field in fields)
    details = details_of(lowering, names=names) | {"what": what} | about_brand(brand_id)
    record(PROTECTION_LOWERED, actor=actor, customer=customer or _provider(), details=details)


def demand(
    changes: tuple[Change, ...],
    *,
    customer_id: UUID | None = None,
    brand_id: UUID | None = None,
    actor: Actor,
) -> tuple[str, ...]:
    """Return the fields whose change lowers protection. Raises `ProtectionRefused` where the right to it is missing."""
    fields = lowered(changes)
    if fields and not may_lower(customer_id, brand_id=brand_id, actor=actor):
        raise ProtectionRefused({field: RightMissing() for field in fields})
    return fields


def may_lower(
    customer_id: UUID | None = None, *, brand_id: UUID | None = None, actor: Actor
) -> bool:
    """Return whether the actor may lower the protection of these people: a customer's, a brand's, or everybody's."""
    return is_allowed(actor, Action.LOWER_PROTECTION, customer_id, brand_id=brand_id)


def about_brand(brand_id: UUID | None) -> dict[str, Detail]:
    """Return what says of which brand an event in the provider's history is: a scope is asked for it."""
    return {} if brand_id is None else {"brand_id": str(brand_id)}


def details_of(
    changes: tuple[Change, ...], *, names: Mapping[UUID, str] | None = None
) -> dict[str, Detail]:
    """Return what an event keeps: the fields, each with before and after.

    `names`: what stands for an id.
    """
    return {
        "changed": [change.field for change in changes],
        "before": [_in_words(_named(change.before, names)) for change in changes],
        "after": [_in_words(_named(change.after, names)) for change in changes],
    }


@contextmanager
def refusals_recorded(*, actor: Actor) -> Iterator[None]:
    """Write down, outside of the transaction that it rolls back, that somebody tried to lower protection."""
    try:
        yield
    except ProtectionRefused as refusal:
        with transaction.atomic():
            record(
                ACCESS_REFUSED,
                actor=actor,
                outcome=Outcome.REFUSED,
                details={"tab": ADMINISTRATORS, "changed": sorted(refusal.fields)},
            )
        raise


def _provider() -> tuple[UUID, str] | None:
    rows = Customer.objects.filter(kind=CustomerKind.PROVIDER)
    return rows.values_list("id", "name").first()


def _named(value: object, names: Mapping[UUID, str] | None) -> object:
    return names.get(value, value) if names and isinstance(value, UUID) else value


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value).strip()
