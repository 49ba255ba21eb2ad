"""A customer is closed, deleted for good a month later, and kept by anybody who takes it back until then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.customers import deletion, exports
from doorward.customers import services as customers
from doorward.customers.errors import (
    DeletionBegun,
    ExportFirst,
    NameNotTyped,
    NoDeletion,
    NotClosed,
    ProviderStaysActive,
)
from doorward.customers.events import CUSTOMER_DELETION_ASKED, CUSTOMER_DELETION_TAKEN_BACK
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.customers.services import CustomerChange
from doorward.kernel.errors import ConfirmationMissing, NotFound
from doorward.notifications import customer_deletion
from tests.kit import closing, people

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def ask(
    customer: Customer, *, typed: str = "Harbour Bakery", now: datetime | None = None
) -> datetime:
    return deletion.ask(customer.id, typed=typed, actor=CONSOLE, now=now or timezone.now())


def again(customer: Customer) -> Customer:
    return customers.get(customer.id)


def test_only_a_closed_one_whose_data_was_exported_since_and_whose_name_is_typed(
    customer: Customer,
) -> None:
    now = timezone.now()
    exports.record_customer_export(customer.id, actor=CONSOLE, now=now)
    with pytest.raises(NotClosed):
        ask(customer)
    closing.set_status(customer, CustomerStatus.SUSPENDED)
    with pytest.raises(NotClosed):
        ask(customer)
    closing.close(customer)
    # What was exported before is not all that there is.
    with pytest.raises(ExportFirst):
        ask(customer)
    exports.record_customer_export(customer.id, actor=CONSOLE, now=timezone.now())
    for typed in ("", "Harbour", "Harbour Bakery 2"):
        with pytest.raises(NameNotTyped):
            ask(customer, typed=typed)
    assert again(customer).delete_at is None
    at = ask(customer, typed=" harbour  BAKERY ")
    assert again(customer).delete_at == at
    assert at == again(customer).closed_at + timedelta(days=30)  # type: ignore[operator]
    # Once for the customer, once for the provider; asked again it is the same.
    assert ask(customer, typed="") == at
    assert len(people.events(CUSTOMER_DELETION_ASKED)) == 2


def test_the_provider_is_never_deleted() -> None:
    with pytest.raises(ProviderStaysActive):
        ask(people.provider(), typed="Provider")


def test_who_asks_late_waits_a_day_all_the_same(customer: Customer) -> None:
    closing.close(customer)
    long_ago = timezone.now() - timedelta(days=100)
    Customer.objects.filter(id=customer.id).update(closed_at=long_ago, exported_at=long_ago)
    now = timezone.now()
    assert ask(customer, now=now) == now + DAY


def test_it_is_taken_back_until_it_begins(customer: Customer) -> None:
    closing.close(customer)
    with pytest.raises(NoDeletion):
        deletion.take_back(customer.id, actor=CONSOLE)
    at = closing.ask_to_delete(customer)
    assert deletion.begin_due(now=at - timedelta(seconds=1)) == 0
    deletion.take_back(customer.id, actor=CONSOLE)
    assert len(people.events(CUSTOMER_DELETION_TAKEN_BACK)) == 2
    assert deletion.begin_due(now=at + DAY) == 0
    assert (again(customer).delete_at, again(customer).status) == (None, "closed")
    closing.ask_to_delete(customer)
    assert deletion.begin_due(now=at + DAY) == 1
    for late in (
        lambda: deletion.take_back(customer.id, actor=CONSOLE),
        lambda: closing.set_status(customer, CustomerStatus.ACTIVE),
        lambda: ask(customer),
    ):
        with pytest.raises(DeletionBegun):
            late()


def test_who_is_restored_is_not_deleted_later(customer: Customer) -> None:
    closing.close(customer)
    at = closing.ask_to_delete(customer)
    closing.set_status(customer, CustomerStatus.ACTIVE)
    found = again(customer)
    assert (found.closed_at, found.exported_at, found.delete_at) == (None, None, None)
    closing.close(customer)
    assert customer_deletion.delete_due(now=at + 100 * DAY) == 0
    with pytest.raises(ExportFirst):
        ask(customer)


def test_what_ends_something_is_asked_about_and_closing_wants_the_name(customer: Customer) -> None:
    other = Brand.objects.create(name="Other", issuer="Other")
    as_it_is = {
        "name": customer.name,
        "brand_id": customer.brand_id,
        "status": CustomerStatus.ACTIVE,
    }
    for changed in ({"status": CustomerStatus.SUSPENDED}, {"brand_id": other.id}):
        with pytest.raises(ConfirmationMissing):
            change(customer, **as_it_is | changed)
    for typed in ("", "Harbour"):
        with pytest.raises(NameNotTyped):
            change(
                customer,
                **as_it_is | {"status": CustomerStatus.CLOSED, "confirmed": True, "typed": typed},
            )
    assert again(customer).status == "active"


def change(customer: Customer, **wanted: object) -> None:
    made = CustomerChange(**wanted)  # type: ignore[arg-type]
    customers.change(customer.id, made, actor=CONSOLE, now=timezone.now())


def test_what_is_not_there(customer: Customer) -> None:
    from uuid import uuid4  # noqa: PLC0415 - only here

    with pytest.raises(NotFound):
        deletion.ask(uuid4(), typed="x", actor=CONSOLE, now=timezone.now())
    with pytest.raises(NotFound):
        deletion.take_back(uuid4(), actor=CONSOLE)
    with pytest.raises(NotFound):
        exports.record_customer_export(uuid4(), actor=CONSOLE, now=timezone.now())
