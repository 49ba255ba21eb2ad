"""Every text goes through gettext: in a made-up language no page has a word outside its brackets."""

from __future__ import annotations

import json

import pytest
from babel import Locale
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone, translation
from django.utils.translation import trans_real

from doorward.accounts.models import Administrator, tabs_text
from doorward.credentials.recovery_codes import codes
from doorward.customers import cached
from doorward.customers.models import Brand, Customer, CustomerKind, Tab
from doorward.customers.tabs import BUILT_IN, STAFF
from doorward.web.fast import page_language
from doorward.web.http.errors import error_page
from doorward.web.kit import jinja
from tests.kit import browsers, people, policies
from tests.kit import codes as kit_codes
from tests.whole import pseudo
from tests.whole.routes import walk

pytestmark = pytest.mark.one_database

PEOPLE = "Ίνες"
MACHINES = {
    "healthz",
    "readyz",
    "metrics",
    "brand.css",
    "brand.svg",
    "favicon.ico",
    "brand/icon",
    "brand/logo",
    "brand/logo-dark",
}
ROUTES = [
    route
    for route in walk()
    if route.pattern not in MACHINES
    and not route.pattern.startswith((".well-known", "demo/", "robots"))
]


@pytest.fixture
def pseudo_language():
    """Add the made-up language to the portal's."""
    with override_settings(
        LANGUAGES=[*settings.LANGUAGES, (pseudo.CODE, "⟦Pseudo⟧")],
        LOCALE_PATHS=[pseudo.locale_folder()],
    ):
        forget()
        yield
    forget()
    translation.deactivate()


def forget() -> None:
    """Read the catalogues again; what hangs on the settings alone Django forgets by itself."""
    trans_real._translations.clear()  # type: ignore[attr-defined]
    page_language._choose.cache_clear()
    jinja.languages.cache_clear()


@pytest.fixture
def person(pseudo_language, db):
    """Return somebody whose names have no Latin letter, at a customer and a brand likewise."""
    customer = people.make_customer("Αρτοποιία")
    Brand.objects.update(
        name="Πάροχος", issuer="Πάροχος", support_phone="0800 555 019", support_hours="8-18",
        support_email="help@example.com",
    )  # fmt: skip
    Customer.objects.update(brand=Brand.objects.get())
    cached.forget()
    made = people.make_administrator(customer, name="Ίνες Μορώ", tabs=people.ALL_TABS)
    Administrator.objects.of(customer.id).update(language=pseudo.CODE)
    return people.again(made)


def new_browser() -> Client:
    return Client(headers={"Accept-Language": pseudo.CODE, "User-Agent": people.CHROME})


# Data, names of things, and what Babel itself says in Esperanto: months, zones, languages.
KNOWN = (
    *Locale(pseudo.CODE).months["format"]["wide"].values(),
    *("Chrome", "Linux", "Google Authenticator", "English", "Deutsch", "Esperanto", "CSV", "UTC"),
    *("ines.moreau@", "harbourbakery.example"),
)


def check(answer, where: str) -> None:
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code in {301, 302, 303} or not kind.startswith("text/html"):
        return
    assert "⟦" in answer.content.decode(), where
    found = pseudo.untranslated(answer.content.decode(), known=KNOWN)
    assert not found, (where, json.dumps(found[:30]))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern or "/")
def test_no_page_has_a_text_that_is_not_translated(route, person):
    values = {"person_id": str(person.id), "administrator_id": str(person.id)}
    path = route.path(**values)
    stranger = new_browser()
    check(stranger.get(path), "a stranger's GET")
    check(stranger.post(path, {}), "a stranger's empty POST")
    signed_in = new_browser()
    signed_in.post("/sign-in/", {"email": person.email, "password": people.PASSWORD, "next": ""})
    check(signed_in.get(path), "GET")
    check(signed_in.post(path, {}), "an empty POST")
    wrong = {"email": "x", "password": "x", "code": "000000", "name": "\x00", "current": "x"}
    check(signed_in.post(path, wrong), "a wrong POST")


def test_no_page_of_the_provider_has_a_text_that_is_not_translated(person):
    Customer.objects.filter(kind=CustomerKind.PROVIDER).update(kind=CustomerKind.CUSTOMER)
    Customer.objects.filter(id=person.customer_id).update(kind=CustomerKind.PROVIDER, name="Αρτ")
    Customer.objects.exclude(id=person.customer_id).update(name="Φούρνος")
    for customer_id in Customer.objects.exclude(id=person.customer_id).values_list("id", flat=True):
        policies.require(customer_id)
    Administrator.objects.of(person.customer_id).update(tabs=tabs_text((*BUILT_IN, *STAFF)))
    tab = Tab.objects.create(key="x", title="Τιμολόγια", url="/", position=1)
    brand = Brand.objects.create(
        name="Άλλη", issuer="Άλλη", accent="#000000", pictures={"logo": [84, 84]}
    )
    browser = new_browser()
    browser.post("/sign-in/", {"email": person.email, "password": people.PASSWORD, "next": ""})
    for one in (person.customer_id, Customer.objects.exclude(id=person.customer_id).get().id):
        path = f"/customers/{one}/"
        check(browser.get(path), path)
        for status in ("suspended", "closed", "x"):
            form = {"name": "Νέο", "brand": str(brand.id), "status": status}
            check(browser.post(path, form), f"{path} {status}")
        check(
            browser.post(f"{path}invite/", {"email": "", "first_name": "", "last_name": ""}), path
        )
    form = dict.fromkeys(("name", "brand", "title", "url", "position", "key", "accent"), "")
    for room in ("customers", "brands", "tabs"):
        check(browser.get(f"/{room}/"), room)
        check(browser.get(f"/{room}/add/"), f"{room}, add")
        check(browser.post(f"/{room}/add/", form | {"description": ""}), f"{room}, wrong")
    check(browser.get("/customers/?q=x"), "no customer")
    for path in (f"/brands/{brand.id}/", f"/brands/{brand.id}/logo/", f"/tabs/{tab.id}/"):
        check(browser.get(path), path)
        check(browser.post(path, {}), f"{path}, empty")
    assert browser.post(f"/tabs/{tab.id}/remove/").status_code == 303
    check(browser.get("/tabs/"), "no tab")


def test_no_step_has_a_text_that_is_not_translated(person):
    Administrator.objects.of(person.customer_id).update(require_2fa=True)
    browser = new_browser()
    form = {"email": person.email, "password": people.PASSWORD, "next": ""}
    browser.post("/sign-in/", form)
    check(browser.get("/sign-in/mailbox/"), "mailbox")
    check(browser.post("/sign-in/mailbox/", {"code": "1"}), "mailbox, wrong")
    kit_codes.enable_app(person)
    second = new_browser()
    second.post("/sign-in/", form)
    for _ in range(7):
        check(second.post("/sign-in/code/", {"code": "000000"}), "code, wrong")
    check(second.get("/sign-in/clock/"), "clock")
    check(second.post("/sign-in/clock/", {"first": "1", "second": "2"}), "clock, unknown")
    check(second.get("/sign-in/recovery/"), "recovery")
    check(second.post("/sign-in/recovery/", {"code": "x"}), "recovery, wrong")
    third = new_browser()
    third.cookies = browsers.browser_signed_in_by_service(person).cookies
    codes.make(person, now=timezone.now())
    fourth = new_browser()
    fourth.cookies = browsers.browser_of_with_factor(person).cookies
    check(fourth.get("/sign-in/recovery-codes/"), "codes")
    check(fourth.post("/sign-in/recovery-codes/", {}), "codes, not saved")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 429, 500, 503])
def test_error_pages_are_translated(person, status, rf):
    request = rf.get("/", headers={"host": "localhost"})
    with translation.override(pseudo.CODE):
        answer = error_page(request, status, seconds=70)
        check(answer, str(status))
        assert answer.status_code == status


def test_the_browsers_wish_and_the_menu_choose_the_language(owner):
    german = Client(headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert 'lang="de"' in german.get("/sign-in/").content.decode()
    assert german.post("/language/", {"language": "en", "next": "/sign-in/"}).status_code == 303
    assert 'lang="en"' in german.get("/sign-in/").content.decode()
    client = browsers.browser_of(owner)
    client.post("/language/", {"language": "de", "next": "/"})
    assert people.again(owner).language == "de"
    assert 'lang="de"' in client.get("/").content.decode()
    assert client.post("/language/", {"language": "xx", "next": "/"}).status_code == 422
