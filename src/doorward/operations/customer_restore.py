"""Bringing one customer back from a backup, where it was deleted for good: the same rows, and nobody else's touched.

History comes first, a piece at a time, each event held to the hash that was left of it; then all other rows in one
transaction. So whoever is killed in between does it again. It comes back closed: nothing of before is open.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.db import models, transaction

from doorward.accounts import customer_closing
from doorward.accounts.models import Administrator
from doorward.audit.erasing import put_back
from doorward.audit.leaves import plain
from doorward.audit.models import Batch, Event
from doorward.audit.record import record
from doorward.customers.events import CUSTOMER_BROUGHT_BACK
from doorward.customers.models import Brand, Customer, CustomerKind, CustomerStatus
from doorward.customers.rights import authorise
from doorward.directory import adoption_sums
from doorward.kernel.crypto import columns
from doorward.kernel.db.other_database import has_same_tables
from doorward.kernel.db.paging import in_lists, in_pages, values_in_pages
from doorward.kernel.text.cleaning import fold_case
from doorward.notifications.models import Delivery, State
from doorward.operations import errors
from doorward.operations.customer_tables import TABLES
from doorward.operations.sealed_columns import COLUMNS
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.operations.customer_tables import Table

_EVENTS_AT_ONCE: Final = 200
# Its numbers are in sums over customers, and are counted again; an import that was on its way must not go on.
_COPIED: Final = tuple(
    table
    for table in TABLES
    if table.model != "directory.Adoption" and not table.model.startswith("importing.")
)
_MOST: Final = 2**256


@dataclass(slots=True)
class Counted:
    """Rows of a table: how many, how many of the backup's stay out, and a checksum over what they say."""

    rows: int = 0
    out: int = 0
    checksum: int = 0

    def add(self, row: models.Model) -> None:
        """Count a row; the order does not matter."""
        fields = row._meta.concrete_fields  # noqa: SLF001 - Django's documented Meta API
        said = [str(plain(getattr(row, one.attname))) for one in fields if not one.generated]
        digest = hashlib.sha256(json.dumps(said).encode(errors="surrogatepass")).digest()
        self.rows += 1
        self.checksum = (self.checksum + int.from_bytes(digest)) % _MOST


@dataclass(slots=True)
class Found:
    """What the backup has of a customer, and what of it comes back. `events_out`: what history has forgotten since."""

    customer: Customer
    backup_of: datetime | None
    tables: dict[str, Counted] = field(default_factory=dict)
    events: int = 0
    events_out: int = 0
    scoped: int = 0


def look(name: str, *, alias: str) -> Found:
    """Return what would come back of the customer of that name. Raises what is in `operations/errors.py`."""
    if not has_same_tables(alias):
        raise errors.BackupOfAnotherRelease
    customer = _find(name, alias)
    _check(customer, alias)
    newest = Event.objects.using(alias).order_by("-id").first()
    found = Found(customer, newest.at if newest else None)
    for table in _COPIED:
        counted = found.tables[table.model] = Counted()
        for row in in_pages(table.rows(customer.id, using=alias)):
            counted.add(row)
    found.events = Event.objects.using(alias).filter(customer_id=customer.id).count()
    staff = Administrator.objects.everywhere().using(alias)
    found.scoped = staff.filter(scope_ids__contains=customer.id.hex).count()
    return found


def bring_back(name: str, *, alias: str, actor: Actor, now: datetime) -> Found:
    """Bring a customer back, closed, with all that the backup has of it; return what came back.

    Raises `NotAuthorised`, and what `look` raises.
    """
    found = look(name, alias=alias)
    customer = found.customer
    authorise(actor, Action.ADD_CUSTOMER, brand_id=customer.brand_id)
    there = 0
    events = in_pages(Event.objects.using(alias).filter(customer_id=customer.id))
    for some in in_lists(events, at_once=_EVENTS_AT_ONCE):
        with transaction.atomic():
            there += put_back(some)
    if found.events and not there:
        raise errors.BackupElsewhere
    found.events_out = found.events - there
    with transaction.atomic():
        for table in _COPIED:
            found.tables[table.model] = _copy(table, customer, alias)
        _must_open(customer)
        _close(customer, now=now)
        _tell(customer, actor=actor)
        adoption_sums.note([customer.id])
    return found


def _find(name: str, alias: str) -> Customer:
    rows = Customer.objects.using(alias).filter(name_folded=fold_case(name))
    customer = rows.exclude(kind=CustomerKind.PROVIDER).first()
    if customer is None:
        raise errors.NotInBackup
    return customer


def _check(customer: Customer, alias: str) -> None:
    last = Batch.objects.using(alias).order_by("-number").first()
    if last and not Batch.objects.filter(number=last.number, head=bytes(last.head)).exists():
        raise errors.BackupElsewhere
    same = models.Q(id=customer.id) | models.Q(name_folded=customer.name_folded)
    if Customer.objects.filter(same).exists():
        raise errors.CustomerIsThere
    if not Brand.objects.filter(id=customer.brand_id).exists():
        raise errors.BrandGone
    people = Administrator.objects.everywhere().using(alias).filter(customer_id=customer.id)
    taken = [
        email
        for some in in_lists(values_in_pages(people, "email_folded"))
        for email in Administrator.objects.everywhere()
        .filter(email_folded__in=[email for _id, email in some])
        .values_list("email", flat=True)
    ]
    if taken:
        raise errors.AddressesTaken(count=len(taken), email=taken[0])


def _copy(table: Table, customer: Customer, alias: str) -> Counted:
    """Copy the rows of a table, and see whether they are there as they were."""
    model = apps.get_model(table.model)
    wanted, there = Counted(), Counted()
    for some in in_lists(in_pages(table.rows(customer.id, using=alias))):
        rows = list(_that_fit(model, some, wanted))
        model._base_manager.bulk_create(rows)  # noqa: SLF001 - Django's documented manager of all rows
        for row in rows:
            wanted.add(row)
    for row in in_pages(table.rows(customer.id)):
        there.add(row)
    if (there.rows, there.checksum) != (wanted.rows, wanted.checksum):
        raise RuntimeError(f"{table.model} is not as it was")
    return wanted


def _that_fit(
    model: type[models.Model], rows: list[Any], counted: Counted
) -> Iterator[models.Model]:
    """Return the rows that can be there: whom else they name may be gone; what was to be mailed is not any more."""
    pointing = _pointing(model)
    missing = {one.attname: _missing(one, rows) for one in pointing}
    optional = {one.attname for one in pointing if one.null}
    taken = _taken(model, rows)
    for row in rows:
        gone = [name for name, ids in missing.items() if getattr(row, name) in ids]
        if not optional.issuperset(gone) or (isinstance(row, Delivery) and row.state == State.DUE):
            counted.out += 1
            continue
        for name in gone:
            setattr(row, name, None)
        if row.pk in taken:
            row.pk = None
        yield row


def _pointing(model: type[models.Model]) -> list[Any]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django's documented Meta API
    return [one for one in fields if one.is_relation]


def _missing(column: Any, rows: list[Any]) -> set[Any]:  # noqa: ANN401 - one of Django's fields
    ids = {getattr(row, column.attname) for row in rows} - {None}
    related = column.related_model._base_manager  # noqa: SLF001
    return ids - set(related.filter(pk__in=ids).values_list("pk", flat=True))


def _taken(model: type[models.Model], rows: list[Any]) -> set[Any]:
    """Return the numbers of rows that others have by now; nothing points to what is only numbered."""
    if not isinstance(model._meta.pk, models.AutoField):  # noqa: SLF001
        return set()
    ids = [row.pk for row in rows]
    return set(model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))  # noqa: SLF001


def _must_open(customer: Customer) -> None:
    """Refuse what is sealed by keys that are gone: it would be there, and let nobody in."""
    tables = {apps.get_model(table.model): table for table in TABLES}
    theirs = [(column, tables[column.model]) for column in COLUMNS if column.model in tables]
    if not all(columns.opens(column, table.rows(customer.id)) for column, table in theirs):
        raise errors.KeysGone


def _close(customer: Customer, *, now: datetime) -> None:
    """Have it closed, whatever it was; it is not to be deleted, until somebody asks for that again."""
    if customer.status == CustomerStatus.ACTIVE:
        customer_closing.end_all(customer.id, now=now)
    Customer.objects.filter(id=customer.id).update(
        status=CustomerStatus.CLOSED,
        closed_at=customer.closed_at or now,
        exported_at=None,
        delete_at=None,
        deleting_since=None,
    )


def _tell(customer: Customer, *, actor: Actor) -> None:
    whose = (customer.id, customer.name)
    record(CUSTOMER_BROUGHT_BACK, actor=actor, customer=whose)
    for provider in Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", "name"):
        details: dict[str, Any] = {"customer": customer.name, "copy": True}
        record(CUSTOMER_BROUGHT_BACK, actor=actor, customer=provider, details=details)
