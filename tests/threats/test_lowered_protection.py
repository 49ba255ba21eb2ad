"""One tab of the provider's is no way to lower what protects people whom it gives no right over."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers.policy_change import change_policy
from doorward.customers import brands, own_tabs, protection, services
from doorward.customers.events import (
    ACCESS_REFUSED,
    BRAND_CHANGED,
    CUSTOMER_CHANGED,
    PROTECTION_LOWERED,
)
from doorward.customers.models import Brand, Customer, CustomerStatus, Tab
from doorward.customers.tabs import ADMINISTRATORS, BRANDS, CUSTOMERS, TABS
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.protection import Change, is_guarded, lowered
from doorward.policy import change
from doorward.policy.rules import Kinds
from tests.kit import browsers, codes, people
from tests.notifications.mails import Folder, part

pytestmark = pytest.mark.django_db

ONE_TAB = {"customers": CUSTOMERS, "brands": BRANDS, "tabs": TABS}


@pytest.fixture
def folder(tmp_path, settings):
    """Have all mail put into a folder."""
    update = {"email_url": f"file://{tmp_path / 'mail'}"}
    settings.DOORWARD = settings.DOORWARD.model_copy(update=update)
    return Folder(tmp_path / "mail")


def staff(*tabs, email="theo@provider.example", name="Theo Baum"):
    return people.make_administrator(
        people.provider(), email=email, name=name, tabs={"home", *tabs}
    )


def keeper():
    """Return one of the provider's people who holds the right over them."""
    return staff(ADMINISTRATORS, email="nora@provider.example", name="Nora Whitfield")


def customer_form(customer, **changed):
    form = {"name": customer.name, "brand": str(customer.brand_id), "status": customer.status}
    if customer.floor_require_2fa:
        form["floor_require_2fa"] = "on"
    form |= changed
    return {name: value for name, value in form.items() if value is not None}


def brand_form(brand, **changed):
    texts = ("name", "accent", "issuer", "support_email", "support_phone", "support_url")
    form: dict[str, Any] = {name: getattr(brand, name) for name in texts}
    form |= {"support_hours": brand.support_hours, "email_from": brand.email_from}
    form["hosts"] = "\n".join(brand.hosts)
    if brand.require_2fa:
        form["require_2fa"] = "on"
    form |= changed
    return {name: value for name, value in form.items() if value is not None}


def refused():
    return [event.details["changed"] for event in people.events(ACCESS_REFUSED)]


# --- the provider's own people --------------------------------------------------------------------


def test_customers_alone_lowers_no_minimum_of_the_providers_own_people():
    theo, provider = staff(CUSTOMERS), people.provider()
    Customer.objects.filter(id=provider.id).update(floor_require_2fa=True)
    other = Brand.objects.create(name="Other", issuer="Other")
    codes.enable_app(theo)
    browser, page = browsers.browser_of(theo), f"/customers/{provider.id}/"
    provider.refresh_from_db()
    for field, changed in (
        ("floor_require_2fa", {"floor_require_2fa": None}),
        ("brand", {"brand": str(other.id)}),
    ):
        answer = browser.post(page, customer_form(provider, **changed))
        assert answer.status_code == 422, field
        assert "the right to the Administrators tab" in answer.content.decode()
    assert refused() == [["floor_require_2fa"], ["brand"]]
    provider.refresh_from_db()
    assert provider.floor_require_2fa
    assert provider.brand_id != other.id
    assert not people.events(CUSTOMER_CHANGED)


def test_raising_it_wants_no_more_than_the_tab():
    theo, provider = staff(CUSTOMERS), people.provider()
    answer = browsers.browser_of(theo).post(
        f"/customers/{provider.id}/", customer_form(provider, floor_require_2fa="on")
    )
    assert answer.status_code == 303
    assert not people.events(PROTECTION_LOWERED)


def test_nor_what_its_policy_asks():
    theo, provider = staff(CUSTOMERS), people.provider()
    answer = browsers.browser_of(theo).post(
        f"/customers/{provider.id}/policy/", {"kinds": "any", "trust_days": "30"}
    )
    assert answer.status_code == 403
    strict = {"kinds": Kinds.PHISHING_RESISTANT, "require_2fa": True}
    Customer.objects.filter(id=provider.id).update(**strict)
    before = Customer.objects.values().get(id=provider.id)
    wanted = change.PolicyChange(require_2fa=False, kinds=Kinds.ANY, idle_minutes=60)
    with pytest.raises(NotAuthorised):
        change_policy(
            services.get(provider.id), wanted, actor=people.actor(theo), now=timezone.now()
        )
    assert Customer.objects.values().get(id=provider.id) == before


@pytest.mark.parametrize("also", [CUSTOMERS, BRANDS])
def test_with_the_administrators_tab_it_is_done_and_told(folder, also):
    theo, nora = staff(also, ADMINISTRATORS), keeper()
    provider = people.provider()
    Customer.objects.filter(id=provider.id).update(floor_require_2fa=True)
    Brand.objects.filter(id=provider.brand_id).update(require_2fa=True)
    provider = people.provider()
    secret = codes.enable_app(theo)
    assert secret
    folder.new()
    browser = browsers.browser_of(theo)
    if also == CUSTOMERS:
        form = customer_form(provider, floor_require_2fa=None)
        answer = browser.post(f"/customers/{provider.id}/", form)
    else:
        form = brand_form(provider.brand, require_2fa=None)
        answer = browser.post(f"/brands/{provider.brand_id}/", form)
    assert answer.status_code == 303
    [event] = people.events(PROTECTION_LOWERED)
    field = "floor_require_2fa" if also == CUSTOMERS else "require_2fa"
    told = {key: event.details[key] for key in ("changed", "before", "after")}
    assert told == {"changed": [field], "before": ["yes"], "after": ["no"]}
    mails = [mail for mail in folder.new() if "What protects people" in mail["Subject"]]
    assert {mail["To"] for mail in mails} == {nora.email, theo.email}
    assert "yes → no" in part(mails[0], "plain")
    assert "Theo Baum" in part(next(one for one in mails if one["To"] == nora.email), "plain")


def test_a_right_that_was_taken_meanwhile_serves_no_more():
    theo, provider = staff(CUSTOMERS, ADMINISTRATORS), people.provider()
    Customer.objects.filter(id=provider.id).update(floor_require_2fa=True)
    actor = people.actor(theo)
    Administrator.objects.everywhere().filter(id=theo.id).update(tabs=" customers home ")
    wanted = services.CustomerChange(
        name=provider.name,
        brand_id=provider.brand_id,
        status=CustomerStatus.ACTIVE,
        floor_require_2fa=False,
    )
    with pytest.raises(protection.ProtectionRefused):
        services.change(provider.id, wanted, actor=actor)


# --- brands: everybody's --------------------------------------------------------------------------


LOWERED = {
    "hosts": "portal.elsewhere.example",
    "issuer": "Somebody Else",
    "support_email": "help@elsewhere.example",
    "support_phone": "+49 30 23125 999",
    "support_url": "https://elsewhere.example/help",
    "email_from": "portal@elsewhere.example",
    "require_2fa": None,
}


@pytest.mark.parametrize("field", LOWERED)
def test_brands_alone_changes_nothing_that_leads_people(field):
    theo, provider = staff(BRANDS), people.provider()
    Brand.objects.filter(id=provider.brand_id).update(require_2fa=True)
    codes.enable_app(theo)
    brand = brands.get(provider.brand_id)
    browser, page = browsers.browser_of(theo), f"/brands/{brand.id}/"
    answer = browser.post(page, brand_form(brand, **{field: LOWERED[field]}))
    assert answer.status_code == 422
    assert "the right to the Administrators tab" in answer.content.decode()
    assert refused() == [[field]]
    assert not people.events(BRAND_CHANGED)
    shown = browser.get(page).content.decode()
    assert "also requires the right to the Administrators tab" in shown


def test_but_what_is_only_seen(folder):
    theo, _nora = staff(BRANDS), keeper()
    brand = people.provider().brand
    changed = {"name": "Northline Telecom", "accent": "#0b6e4f"}
    folder.new()
    answer = browsers.browser_of(theo).post(
        f"/brands/{brand.id}/", brand_form(brand, require_2fa="on", **changed)
    )
    assert answer.status_code == 303
    assert not people.events(PROTECTION_LOWERED)


@pytest.mark.parametrize("taking", [{"hosts": "new.example"}, {"is_default": "on"}])
def test_nor_does_a_brand_that_is_added_take_anything(taking):
    theo = staff(BRANDS)
    new = people.BRAND | {"hosts": ""}
    browser = browsers.browser_of(theo)
    assert browser.post("/brands/add/", new | taking).status_code == 422
    assert not Brand.objects.filter(name=new["name"]).exists()
    assert browser.post("/brands/add/", new).status_code == 303


def test_making_another_one_the_default_is_moving_links():
    theo = staff(BRANDS)
    people.provider()
    other = Brand.objects.create(name="Other", issuer="Other")
    answer = browsers.browser_of(theo).post(
        f"/brands/{other.id}/", brand_form(other, is_default="on")
    )
    assert answer.status_code == 422
    assert not Brand.objects.get(id=other.id).is_default


# --- tabs -----------------------------------------------------------------------------------------


def a_tab(**columns):
    return Tab.objects.create(
        **({"key": "pbx", "title": "PBX", "url": "https://pbx.example/"} | columns)
    )


def test_tabs_alone_leads_nobody_elsewhere():
    theo, tab = staff(TABS), a_tab()
    browser = browsers.browser_of(theo)
    form = {"title": "Phones", "description": "", "position": "1"}
    answer = browser.post(f"/tabs/{tab.id}/", form | {"url": "https://elsewhere.example/"})
    assert answer.status_code == 422
    assert refused() == [["url"]]
    tab.refresh_from_db()
    assert (tab.title, tab.url) == ("PBX", "https://pbx.example/")
    assert browser.post(f"/tabs/{tab.id}/", form | {"url": tab.url}).status_code == 303


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://x.example/1",
        "file:///etc/passwd",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "https://user@elsewhere.example/",
        "https://portal.example@elsewhere.example/",
        "http:elsewhere.example",
    ],
)
def test_no_address_of_a_tab_is_a_script_or_hides_where_it_leads(url):
    nora = staff(TABS, ADMINISTRATORS)
    form = {"title": "Phones", "description": "", "position": "1", "url": url}
    browser = browsers.browser_of(nora)
    assert browser.post("/tabs/add/", {"key": "phones"} | form).status_code == 422
    tab = a_tab()
    assert browser.post(f"/tabs/{tab.id}/", form).status_code == 422
    assert Tab.objects.count() == 1


def test_a_tab_that_leads_elsewhere_is_told(folder):
    nora, tab = staff(TABS, ADMINISTRATORS), a_tab()
    folder.new()
    form = {"title": "PBX", "description": "", "position": "1"}
    answer = browsers.browser_of(nora).post(
        f"/tabs/{tab.id}/", form | {"url": "https://new.example/"}
    )
    assert answer.status_code == 303
    [mail] = [one for one in folder.new() if "What protects people at PBX" in one["Subject"]]
    assert "https://pbx.example/ → https://new.example/" in " ".join(part(mail, "plain").split())


# --- customers ------------------------------------------------------------------------------------


def test_a_customers_people_are_told_with_the_providers(folder, owner, colleague):
    theo, nora = staff(CUSTOMERS), keeper()
    Customer.objects.filter(id=owner.customer_id).update(floor_require_2fa=True)
    other = Brand.objects.create(name="Other", issuer="Other")
    customer = services.get(owner.customer_id)
    folder.new()
    browser, page = browsers.browser_of(theo), f"/customers/{customer.id}/"
    form = customer_form(customer, floor_require_2fa=None, brand=str(other.id))
    assert browser.post(page, form).status_code == 303
    [event] = people.events(PROTECTION_LOWERED)
    assert event.customer_id == customer.id
    assert event.details["changed"] == ["brand", "floor_require_2fa"]
    assert event.details["after"] == ["Other", "no"]
    told = {(mail["To"], mail["Subject"].strip()) for mail in folder.new()}
    assert (nora.email, "What protects people at Harbour Bakery was changed") in told
    assert (owner.email, "What protects the people of Harbour Bakery was changed") in told
    assert (
        owner.email,
        "Two-factor sign-in is no longer required for everyone at Harbour Bakery",
    ) in told
    assert colleague.email not in {to for to, _subject in told}
    [changed] = people.events(CUSTOMER_CHANGED)
    assert (changed.details["before"], changed.details["after"]) == (
        [people.provider().brand.name, "yes"],
        ["Other", "no"],
    )


def test_somebody_whom_the_provider_puts_beside_them_is_told_of(folder, owner):
    theo, nora = staff(CUSTOMERS), keeper()
    folder.new()
    person = {"email": "new@harbour.example", "first_name": "New", "last_name": "Comer"}
    browser = browsers.browser_of(theo)
    assert browser.post(f"/customers/{owner.customer_id}/invite/", person).status_code == 303
    told = {mail["To"] for mail in folder.new() if "What protects" in mail["Subject"]}
    assert told == {owner.email, nora.email}


def test_the_first_one_of_a_customer_is_no_news(folder):
    theo = staff(CUSTOMERS)
    keeper()
    customer = people.make_customer("Mill & Sons")
    folder.new()
    person = {"email": "new@mill.example", "first_name": "New", "last_name": "Comer"}
    assert (
        browsers.browser_of(theo).post(f"/customers/{customer.id}/invite/", person).status_code
        == 303
    )
    assert not people.events(PROTECTION_LOWERED)


def test_the_operator_is_told_of_like_everybody(folder):
    nora, provider = keeper(), people.provider()
    folder.new()
    details = brands.BrandDetails(
        name="Northline", issuer="Northline", accent="#0b6e4f", email_from="me@elsewhere.example"
    )
    brands.change(provider.brand_id, details, actor=CONSOLE)
    told = {mail["To"] for mail in folder.new() if "What protects" in mail["Subject"]}
    assert told == {nora.email}


def test_what_a_customer_lowers_for_itself_is_its_own_peoples_news(folder, owner):
    nora = keeper()
    folder.new()
    wanted = change.PolicyChange(session_hours=24, idle_minutes=60)
    change_policy(owner.customer, wanted, actor=people.actor(owner), now=timezone.now())
    [mail] = folder.new()
    assert mail["To"] == owner.email
    assert nora.email != owner.email
    assert "12 → 24" in part(mail, "plain")


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_nobody_without_the_right_over_them_lowers_a_customers_policy(owner, request, who):
    person = request.getfixturevalue(who)
    wanted = change.PolicyChange(session_hours=24)
    with pytest.raises(NotAuthorised):
        change_policy(owner.customer, wanted, actor=people.actor(person), now=timezone.now())


# --- the list -------------------------------------------------------------------------------------


def test_each_field_of_these_forms_is_decided_on():
    """A field that is added is either guarded, or said here to protect nobody."""
    seen_alone = {
        Brand: {"name", "accent", "logo", "logo_type", "version"},
        Customer: {
            "name",
            "name_folded",
            "name_search",
            "name_sort",
            "kind",
            "since",
            "grace_from",
        },
        Tab: {"key", "title", "description", "position"},
    }
    for model, harmless in seen_alone.items():
        fields = {field.name for field in model._meta.concrete_fields} - {"id"}
        assert {name for name in fields if not is_guarded(name)} == harmless, model


@pytest.mark.parametrize(
    ("field", "before", "after", "lowers"),
    [
        ("floor_require_2fa", True, False, True),
        ("floor_require_2fa", False, True, False),
        ("require_2fa", True, False, True),
        ("kinds", "phishing_resistant", "any", True),
        ("kinds", "any", "phishing_resistant", False),
        ("grace_days", 0, 30, True),
        ("grace_days", 30, 0, False),
        ("trust_days", 0, 1, True),
        ("session_hours", 12, 24, True),
        ("session_hours", 12, 1, False),
        ("idle_minutes", 30, 60, True),
        ("status", "suspended", "active", True),
        ("status", "active", "closed", False),
        ("hosts", [], ["a.example"], True),
        ("hosts", ["a.example", "b.example"], ["b.example", "a.example"], True),
        ("url", "https://a.example", "https://b.example", True),
        ("tabs", "", " home administrators ", True),
        ("tabs", " administrators ", " administrators home ", False),
        ("name", "A", "B", False),
        ("hosts", ["a.example"], ["a.example"], False),
    ],
)
def test_which_change_lowers(field, before, after, lowers):
    assert bool(lowered([Change(field, before, after)])) is lowers


def test_the_services_that_are_behind_the_pages_refuse_by_themselves():
    theo = staff(CUSTOMERS, BRANDS, TABS)
    brand, tab = people.provider().brand, a_tab()
    details = brands.BrandDetails(
        name=brand.name, issuer=brand.issuer, accent="#0b6e4f", hosts="elsewhere.example"
    )
    with pytest.raises(protection.ProtectionRefused):
        brands.change(brand.id, details, actor=people.actor(theo))
    with pytest.raises(protection.ProtectionRefused):
        own_tabs.change(
            tab.id,
            own_tabs.TabDetails(title="PBX", url="https://elsewhere.example/"),
            actor=people.actor(theo),
        )
