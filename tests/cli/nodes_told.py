"""What is counted, and what was changed elsewhere: it holds at each node, at once or within a second."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from doorward.accounts.models import Administrator, Status
from doorward.applications.models import Application, ClientSecret
from doorward.customers.models import Brand, Tab
from doorward.kernel.crypto import columns
from doorward.operations.sealed_columns import COLUMNS
from tests.cli.nodes import all_soon, authorized, code_at, relying_at
from tests.kit import codes, people, policies
from tests.kit.applications import Relying, give_tab, make_application, make_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.customers.models import Customer
    from doorward.kernel.crypto.keyring import KeyFile
    from tests.cli.nodes import Nodes
    from tests.kit.wire import Wire


def wrong_codes_are_counted_over_all(nodes: Nodes, customer: Customer) -> None:
    # Five are free, wherever they are tried.
    thief = people.make_administrator(customer, email="theo@harbourbakery.example")
    codes.enable_app(thief)
    visitors = nodes.with_password(thief)
    wrong = [visitors[n % 3].post("/sign-in/code/", code="000000").status for n in range(8)]
    assert wrong[:5] == [422] * 5
    assert set(wrong[5:]) == {429}


def who_is_suspended_is_out_at_all(nodes: Nodes, customer: Customer) -> None:
    person = people.make_administrator(customer, email="samuel@harbourbakery.example")
    browsers = nodes.signed_in(person)
    assert _home(browsers) == [200] * 3
    Administrator.objects.everywhere().filter(id=person.id).update(status=Status.SUSPENDED)
    assert _home(browsers) == [303] * 3


def policies_hold_at_all(nodes: Nodes, _customer: Customer) -> None:
    # The customer's own, then the provider's minimum for it, and for the brand.
    customer = people.make_customer("Kestrel Logistics")
    person = people.make_administrator(customer, email="mona@kestrel.example")
    require, lift = policies.require, policies.lift
    _holds_and_is_lifted(nodes, person, partial(require, customer.id), partial(lift, customer.id))
    least = partial(policies.require_by_minimum, customer.id)
    _holds_and_is_lifted(nodes, person, least, partial(least, required=False))
    least = partial(policies.require_by_brand, customer.brand_id)
    _holds_and_is_lifted(nodes, person, least, partial(least, required=False))


def _holds_and_is_lifted(
    nodes: Nodes, person: Administrator, require: Callable[[], object], lift: Callable[[], object]
) -> None:
    browsers = nodes.signed_in(person)
    assert _home(browsers) == [200] * 3
    require()
    assert _home(browsers) == [303] * 3
    lift()
    assert _home(browsers) == [200] * 3


def _home(browsers: list[Wire]) -> list[int]:
    return [one.get("/").status for one in browsers]


def brands_hold_at_all(nodes: Nodes, _customer: Customer) -> None:
    strangers = nodes.visitors()
    Brand.objects.filter(is_default=True).update(name="Renamed Telecom")
    assert _show(strangers, "/sign-in/", "Renamed Telecom")
    Brand.objects.create(name="Second Brand", hosts=["second.example"])
    for one in strangers:
        one.origin = "http://second.example"
    assert _show(strangers, "/sign-in/", "Second Brand")


def _show(browsers: list[Wire], path: str, words: str) -> bool:
    """Return whether a page has these words within a second, at each node."""
    return all_soon(browsers, lambda one: words in one.get(path).text)


def tabs_and_applications_hold_at_all(nodes: Nodes, customer: Customer) -> None:
    person = people.make_administrator(customer, email="greta@harbourbakery.example")
    give_tab(person, "fax")
    browsers = nodes.signed_in(person)
    application = make_application("fax")
    relying = Relying(application, make_secret(application))
    assert _show(browsers, "/", "https://fax.example/")
    Tab.objects.filter(key="fax").update(url="https://moved.example/")
    assert _show(browsers, "/", "https://moved.example/")
    # What is asked of the database each time holds at once.
    assert all("code=" in authorized(one, relying) for one in browsers)
    codes_of = [code_at(one, relying) for one in browsers]
    ClientSecret.objects.filter(application=application).delete()
    refused = zip(browsers, codes_of, strict=True)
    assert [relying_at(one, relying).exchange(code).status for one, code in refused] == [401] * 3
    Application.objects.filter(id=application.id).update(redirect_uris=["https://moved.example/"])
    assert not any("code=" in authorized(one, relying) for one in browsers)
    Tab.objects.filter(key="fax").delete()
    assert all_soon(browsers, lambda one: "https://moved.example/" not in one.get("/").text)
    assert not any("code=" in authorized(one, relying) for one in browsers)


def keys_are_changed_while_they_run(nodes: Nodes, customer: Customer, keys: KeyFile) -> None:
    person = people.make_administrator(customer, email="kim@harbourbakery.example")
    codes.enable_app(person)
    old = keys.ring.newest.id
    nodes.command("keys", "new")
    new = keys.ring.newest.id
    assert new != old
    # What each of them seals from now on is sealed by it: a set-up that was begun there.
    assert _sealed().needs[old]["set-ups"] == 0
    _begin_set_up(nodes, customer, "first")
    assert _sealed().needs[old]["set-ups"] == 0
    assert _sealed().needs[new]["set-ups"] == 3
    # And what was sealed again, by a key that they had not at their start, opens at each.
    nodes.command("keys", "rotate")
    assert set(_sealed().needs) == {new}
    keys.drop(old)
    for at in range(3):
        browser = nodes.with_password(person)[at]
        assert browser.post("/sign-in/code/", code=codes.next_code(person)).status == 303
    _begin_set_up(nodes, customer, "second")
    found = _sealed()
    assert (set(found.needs), found.broken) == ({new}, 0)


def _sealed() -> columns.Found:
    return columns.look(COLUMNS, seen=lambda: None)


def _begin_set_up(nodes: Nodes, customer: Customer, name: str) -> None:
    for at in range(3):
        person = people.make_administrator(customer, email=f"{name}{at}@harbourbakery.example")
        page = nodes.with_password(person)[at].get("/security/2fa/enable/")
        assert 'id="manual-code"' in page.text
