"""What the provider requires of a customer, or no longer: its Administrators tab is told, whatever changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.accounts.customer_closing import change_customer
from doorward.audit.actor import CONSOLE
from doorward.customers import brands, services
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.notifications.worker import run_once
from doorward.policy.events import MINIMUM_CHANGED
from tests.kit import people, policies
from tests.notifications.mails import part

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.audit.models import Event
    from tests.notifications.mails import Folder

LOOK: dict[str, Any] = {"accent": "#2b50e0", "issuer": "Brightwave"}


def change(customer: Customer, **columns: Any) -> None:
    current = services.get(customer.id)
    as_it_is: dict[str, Any] = {
        "name": current.name,
        "brand_id": current.brand_id,
        "status": CustomerStatus.ACTIVE,
        "confirmed": True,
    }
    wanted = services.CustomerChange(**(as_it_is | columns))
    change_customer(customer.id, wanted, actor=CONSOLE, now=timezone.now())


def change_brand(brand: Brand) -> None:
    brands.change(brand.id, brands.BrandDetails(name="Northline", **LOOK), actor=CONSOLE)


def audience() -> list[tuple[str, bool]]:
    """Return which customers' people were told that it is required of everybody, or no longer."""
    told = [(one.customer_name, one.details.get("require_2fa")) for one in changed()]
    return [(name, required) for name, required in told if isinstance(required, bool)]


def changed() -> list[Event]:
    return people.events(MINIMUM_CHANGED)


def test_a_customers_minimum_is_told_both_ways(
    owner: Administrator, colleague: Administrator, outsider: Administrator, folder: Folder
) -> None:
    run_once(timezone.now())
    before = len(folder.all())
    for required in (True, True, False):
        policies.require_by_minimum(owner.customer_id, required=required)
    run_once(timezone.now())
    on, off = sorted(folder.all()[before:], key=lambda mail: "no longer" in mail["Subject"])
    assert {on["To"], off["To"]} == {owner.email}
    assert "no longer required for everyone at Harbour Bakery" in off["Subject"]
    assert "is required for everyone at Harbour Bakery" in on["Subject"]


def test_so_is_a_brands_where_it_changes_something(
    owner: Administrator, outsider: Administrator
) -> None:
    brand = Brand.objects.get()
    policies.require_by_minimum(outsider.customer_id)
    [first] = audience()
    policies.require_by_brand(brand.id)
    assert set(audience()[1:]) == {(owner.customer.name, True), (people.provider().name, True)}
    policies.require_by_brand(brand.id)
    policies.require_by_brand(brand.id, required=False)
    assert set(audience()[3:]) == {(owner.customer.name, False), (people.provider().name, False)}
    # Of whom it is required by their own minimum, it is still.
    assert [name for name, _ in audience()].count(first[0]) == 1


def test_so_is_a_move_to_a_brand_without_it(owner: Administrator) -> None:
    strict = brands.add(brands.BrandDetails(name="Brightwave", **LOOK), actor=CONSOLE)
    policies.require_by_brand(strict.id)
    plain, name = owner.customer.brand_id, owner.customer.name
    change(owner.customer, brand_id=strict.id)
    assert audience() == [(name, True)]
    # Required by both, then by either one: it is required all the time.
    policies.require_by_minimum(owner.customer_id)
    change(owner.customer, brand_id=plain)
    assert audience() == [(name, True)]
    policies.require_by_minimum(owner.customer_id, required=False)
    assert audience() == [(name, True), (name, False)]


def test_anything_else_of_a_customer_is_not(owner: Administrator) -> None:
    change(owner.customer, name="Harbour Bakery & Sons")
    change_brand(Brand.objects.get())
    assert changed() == []


def test_what_else_it_changes_is_told_with_the_old_and_the_new_value(
    owner: Administrator, folder: Folder
) -> None:
    run_once(timezone.now())
    before = len(folder.all())
    policies.require_by_minimum(owner.customer_id, required=False, trust_days=7)
    run_once(timezone.now())
    [mail] = folder.all()[before:]
    assert mail["To"] == owner.email
    assert "What your provider requires of Harbour Bakery has changed" in mail["Subject"]
    assert "Trusted browsers: 30 → 7" in part(mail, "plain")
    assert audience() == []


def test_the_providers_own_people_are_not_told_of_a_provider_of_theirs(
    owner: Administrator, folder: Folder
) -> None:
    staff = people.make_administrator(
        people.provider(), email="nora@provider.example", tabs=people.ALL_TABS
    )
    run_once(timezone.now())
    before, brand = len(folder.all()), Brand.objects.get()
    policies.require_by_brand(brand.id)
    policies.require_by_brand(brand.id, trust_days=7)
    policies.require_by_brand(brand.id, required=False, trust_days=7)
    run_once(timezone.now())
    mails = [mail for mail in folder.all()[before:] if mail["To"] == staff.email]
    assert len(mails) >= 3
    for mail in mails:
        assert "our provider" not in mail["Subject"] + part(mail, "plain") + part(mail, "html")
    assert any("is now required of all administrators" in part(mail, "plain") for mail in mails)
    told = [mail for mail in folder.all()[before:] if mail["To"] == owner.email]
    assert any("Your provider now requires" in part(mail, "plain") for mail in told)
