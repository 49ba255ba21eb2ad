"""What the provider requires of a customer, or no longer: its Administrators tab is told, whatever changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.customers import brands, services
from doorward.customers.events import MINIMUM_CHANGED
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.notifications.worker import run_once
from tests.kit import people

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from tests.notifications.mails import Folder

LOOK: dict[str, Any] = {"accent": "#2b50e0", "issuer": "Brightwave"}


def change(customer: Customer, **columns: Any) -> None:
    current = services.get(customer.id)
    as_it_is: dict[str, Any] = {
        "name": current.name,
        "brand_id": current.brand_id,
        "status": CustomerStatus.ACTIVE,
        "floor_require_2fa": current.floor_require_2fa,
    }
    services.change(customer.id, services.CustomerChange(**(as_it_is | columns)), actor=CONSOLE)


def change_brand(brand: Brand, *, required: bool) -> None:
    details = brands.BrandDetails(name=brand.name, require_2fa=required, **LOOK)
    brands.change(brand.id, details, actor=CONSOLE)


def audience() -> list[tuple[str, bool]]:
    """Return which customers' people were told, and that it is required (or not)."""
    found = people.events(MINIMUM_CHANGED)
    return [(event.customer_name, event.details["require_2fa"]) for event in found]


def test_a_customers_floor_is_told_both_ways(
    owner: Administrator, colleague: Administrator, outsider: Administrator, folder: Folder
) -> None:
    run_once(timezone.now())
    before = len(folder.all())
    for required in (True, True, False):
        change(owner.customer, floor_require_2fa=required)
    run_once(timezone.now())
    on, off = sorted(folder.all()[before:], key=lambda mail: "no longer" in mail["Subject"])
    assert {on["To"], off["To"]} == {owner.email}
    assert "no longer required for everyone at Harbour Bakery" in off["Subject"]
    assert "is required for everyone at Harbour Bakery" in on["Subject"]


def test_so_is_a_brands_where_it_changes_something(
    owner: Administrator, outsider: Administrator
) -> None:
    brand = Brand.objects.get()
    change(outsider.customer, floor_require_2fa=True)
    [first] = audience()
    change_brand(brand, required=True)
    assert set(audience()[1:]) == {(owner.customer.name, True), (people.provider().name, True)}
    change_brand(brand, required=True)
    change_brand(brand, required=False)
    assert set(audience()[3:]) == {(owner.customer.name, False), (people.provider().name, False)}
    # Of whom it is required by their own minimum, it is still.
    assert [name for name, _ in audience()].count(first[0]) == 1


def test_so_is_a_move_to_a_brand_without_it(owner: Administrator) -> None:
    strict = brands.add(
        brands.BrandDetails(name="Brightwave", require_2fa=True, **LOOK), actor=CONSOLE
    )
    plain = owner.customer.brand_id
    change(owner.customer, brand_id=strict.id)
    change(owner.customer, brand_id=plain, floor_require_2fa=True)
    change(owner.customer, floor_require_2fa=False)
    name = owner.customer.name
    assert audience() == [(name, True), (name, False)]


def test_anything_else_of_a_customer_is_not(owner: Administrator) -> None:
    change(owner.customer, name="Harbour Bakery & Sons")
    change_brand(Brand.objects.get(), required=False)
    assert audience() == []
