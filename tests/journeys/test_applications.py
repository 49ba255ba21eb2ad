"""The application behind a tab, as staff set it up: the owner has both rights, a colleague one, an outsider none."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.applications import forgetting, secrets
from doorward.applications.events import APPLICATION_CHANGED, CLIENT_SECRET_MADE
from doorward.applications.models import Application, ClientSecret
from doorward.audit.actor import CONSOLE
from doorward.customers import own_tabs
from doorward.customers.models import Brand
from doorward.customers.tabs import ADMINISTRATORS, TABS
from doorward.notifications.history_details import details_of
from tests.kit import browsers, people
from tests.kit.applications import CALLBACK, make_tab
from tests.kit.pages import filled

pytestmark = pytest.mark.django_db
ALL = ("home", TABS, ADMINISTRATORS)


def _staff(email, *tabs):
    return people.make_administrator(
        people.provider(), email=email, name="Nora Whitfield", tabs=tabs
    )


@pytest.fixture
def owner():
    return _staff("nora@provider.example", "home", TABS, ADMINISTRATORS)


@pytest.fixture
def tab(owner):
    return make_tab()


@pytest.fixture
def browser(owner):
    return browsers.browser_of(owner)


def test_an_application_is_made_changed_and_removed(browser, tab):
    page = f"/tabs/{tab.id}/application/"
    fields = filled(browser, page) | {"redirect_uris": CALLBACK, "scopes": ["email"]}
    fields |= {"client_type": "confidential", "subject_type": "pairwise", "algorithm": "ES256"}
    fields |= {
        "required_acr": "",
        "logout_uris": "",
        "logout_channel": "",
        "resources": "",
        "keys": "",
    }
    assert browser.post(page, fields)["Location"] == page
    made = Application.objects.get()
    assert (made.redirect_uris, made.scopes, made.algorithm) == (
        [CALLBACK],
        ["openid", "email"],
        "ES256",
    )
    shown = browser.get(page).content.decode()
    assert made.client_id in shown

    wrong = browser.post(page, fields | {"redirect_uris": "http://phone.example/"})
    assert wrong.status_code == 422
    assert "Type whole addresses" in wrong.content.decode()
    assert browser.post(page, fields | {"required_acr": "phr"}).status_code == 303
    [event] = people.events(APPLICATION_CHANGED)
    assert event.details["changed"] == ["required_acr"]
    assert details_of(event)[-1] == "what its people must verify: (none) → “a passkey”"
    assert browser.post(f"{page}remove/")["Location"] == f"/tabs/{tab.id}/"
    assert not Application.objects.exists()
    assert "already removed" in browser.post(f"{page}remove/", follow=True).content.decode()


def test_a_secret_is_shown_once(browser, tab):
    page = f"/tabs/{tab.id}/application/"
    assert browser.post(f"{page}secret/", {"secret": str(uuid4())}).status_code == 404
    _make(browser, page)
    led = browser.post(f"{page}secret/", _button(browser, page))
    secret = _secret_on(browser.get(led["Location"]))
    row = ClientSecret.objects.get()
    assert bytes(row.keyed_hash) == secrets.hashed(secret)
    assert row.unseen is None
    for again in (led["Location"], page):
        text = browser.get(again, follow=True).content.decode()
        assert secret not in text
        assert ("already made" in text) is (again != page)
    assert browser.post(f"{page}secret/", {"secret": str(uuid4())}).status_code == 303
    assert browser.post(f"{page}secret/", {"secret": str(uuid4())}).status_code == 422
    assert browser.post(f"{page}secret/{row.id}/remove/").status_code == 303
    again = browser.post(f"{page}secret/{row.id}/remove/", follow=True)
    assert "already removed" in again.content.decode()
    assert again.redirect_chain[-1][0] == page
    assert browser.get(led["Location"]).status_code == 404


def test_a_button_that_is_pressed_twice_makes_one_and_shows_it_once(browser, tab):
    page = f"/tabs/{tab.id}/application/"
    _make(browser, page)
    pressed = _button(browser, page)
    first, second = (browser.post(f"{page}secret/", pressed) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert ClientSecret.objects.count() == 1
    # The browser follows the second answer alone, and still comes to see it.
    assert _secret_on(browser.get(second["Location"]))
    third = browser.post(f"{page}secret/", pressed, follow=True)
    assert "already made" in third.content.decode()
    assert ClientSecret.objects.count() == 1
    assert len(people.events(CLIENT_SECRET_MADE)) == 1


def test_only_the_session_that_made_it_sees_it_and_soon(browser, owner, tab):
    page = f"/tabs/{tab.id}/application/"
    _make(browser, page)
    led = browser.post(f"{page}secret/", _button(browser, page))["Location"]
    elsewhere = browsers.browser_of(owner)
    for other in (elsewhere, browsers.browser_of(_staff("eva@provider.example", *ALL))):
        assert other.get(led)["Location"] == page
    assert browser.head(led).status_code == 405
    ClientSecret.objects.update(made_at=timezone.now() - timedelta(minutes=6))
    assert "already made" in browser.get(led, follow=True).content.decode()
    assert forgetting.forget(now=timezone.now()) == 1
    assert ClientSecret.objects.get().unseen is None


@pytest.mark.parametrize("secret", ["", "x", "1", "../remove"])
def test_a_form_that_chose_no_id_makes_none(browser, tab, secret):
    page = f"/tabs/{tab.id}/application/"
    _make(browser, page)
    assert browser.post(f"{page}secret/", {"secret": secret}).status_code in {404, 422}
    assert not ClientSecret.objects.exists()


def test_an_id_of_another_application_is_no_way_to_its_secret(browser, tab):
    page, other = f"/tabs/{tab.id}/application/", make_tab("billing")
    for one in (page, f"/tabs/{other.id}/application/"):
        _make(browser, one)
    pressed = _button(browser, page)
    browser.post(f"{page}secret/", pressed)
    led = browser.post(f"/tabs/{other.id}/application/secret/", pressed)
    assert browser.get(led["Location"]).status_code == 404
    assert ClientSecret.objects.count() == 1


def _button(browser, page) -> dict[str, str]:
    """Return what the button sends that makes a secret."""
    form = filled(browser, page, f"{page}secret/")
    return {"secret": form["secret"]}


def _secret_on(answer) -> str:
    found = re.search(r'<code class="secret">([\w-]{43})</code>', answer.content.decode())
    assert found is not None
    return found[1]


def test_who_has_but_one_right_changes_nothing(browser, tab, outsider):
    page = f"/tabs/{tab.id}/application/"
    _make(browser, page)
    colleague = browsers.browser_of(_staff("otto@provider.example", "home", TABS))
    assert colleague.get(page).status_code == 200
    for path in (page, f"{page}secret/", f"{page}remove/"):
        assert colleague.post(path, {}).status_code == 403
        assert browsers.browser_of(outsider).post(path, {}).status_code == 403
    assert browsers.browser_of(outsider).get(page).status_code == 403
    assert not ClientSecret.objects.exists()


def test_it_wants_a_proof_that_is_young(browser, owner, tab):
    page = f"/tabs/{tab.id}/application/"
    _make(browser, page)
    browsers.age_proofs(owner, hours=1)
    for path in (f"{page}secret/", f"{page}remove/"):
        assert browser.post(path, {"secret": str(uuid4())})["Location"].startswith("/prove/")
    assert not ClientSecret.objects.exists()


def _make(browser, page):
    fields = filled(browser, page) | {
        "redirect_uris": CALLBACK,
        "client_type": "confidential",
        "subject_type": "pairwise",
        "algorithm": "RS256",
        "required_acr": "",
        "logout_uris": "",
        "logout_channel": "",
        "resources": "",
        "keys": "",
    }
    assert browser.post(page, fields).status_code == 303


def test_its_page_names_the_issuer_of_each_brand_whose_people_can_have_it(browser, owner):
    branded = [_branded(name) for name in ("Near", "Far")]
    tab = own_tabs.add(
        "billing",
        own_tabs.TabDetails(
            title="Billing",
            url="https://billing.example/",
            audience="brands",
            brands=frozenset({str(branded[0].id)}),
        ),
        actor=CONSOLE,
    )
    page = f"/tabs/{tab.id}/application/"
    _make(browser, page)
    shown = browser.get(page).content.decode()
    assert "//near.example" in shown
    assert "//far.example" not in shown
    assert "<h3>" not in shown, "one needs no name"
    everybodys = f"/tabs/{make_tab('phone').id}/application/"
    _make(browser, everybodys)
    shown = browser.get(everybodys).content.decode()
    assert "//near.example" in shown
    assert "//far.example" in shown
    assert "//localhost" in shown
    assert "<h3>Near</h3>" in shown


def _branded(name):
    host = f"{name.lower()}.example"
    confirmed = {host: "2026-11-27T09:00:00+00:00"}
    brand = Brand.objects.create(name=name, issuer=name, hosts=[host], confirmed_hosts=confirmed)
    people.make_customer(f"{name} Bakery", brand=brand)
    return brand
