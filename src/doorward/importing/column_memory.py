"""What columns were said to be: remembered of the customer, or of who imports, for the next file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from doorward.customers.models import Customer, CustomerKind
from doorward.importing import columns
from doorward.importing.models import ColumnChoice

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.importing.models import ImportRun


def remembered(kind: str, into: UUID | None, *, actor: Actor) -> dict[str, str]:
    """Return what each heading was said to be; `into`: the one customer of such an import, if it is for one."""
    whose = Customer.objects.filter(_whose(into, actor=actor)).values("id")[:1]
    rows = ColumnChoice.objects.filter(customer_id__in=whose, kind=kind)
    return dict(rows.values_list("heading", "field"))


def remember(run: ImportRun, *, actor: Actor) -> None:
    """Remember what the columns of an import were said to be, in the caller's transaction."""
    customer = Customer.objects.filter(_whose(run.customer_id, actor=actor)).only("id").first()
    if customer is None:
        return
    named = zip(run.headings, run.fields, strict=True)
    chosen: dict[str, str] = {}
    unclear = set()
    for heading, field in named:
        plain = columns.remembered_as(heading)
        # Two that look alike and are not the same say nothing of the next file.
        if chosen.setdefault(plain, field) != field:
            unclear.add(plain)
    ColumnChoice.objects.bulk_create(
        [
            ColumnChoice(customer=customer, kind=run.kind, heading=heading, field=field)
            for heading, field in chosen.items()
            if heading and heading not in unclear
        ],
        update_conflicts=True,
        unique_fields=["customer", "kind", "heading"],
        update_fields=["field"],
    )


def _whose(customer_id: UUID | None, *, actor: Actor) -> Q:
    """Return whose choice of columns is remembered: the customer's, else the one of who imports."""
    if customer_id is not None:
        return Q(id=customer_id)
    if actor.person is not None:
        return Q(id=actor.person.customer_id)
    return Q(kind=CustomerKind.PROVIDER)
