"""One tab of the provider's is no way to lower what protects people whom it gives no right over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers import policy_change
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
from doorward.permissions.protected_fields import change, is_guarded, lowered
from doorward.policy import versions
from doorward.policy.events import MINIMUM_CHANGED
from doorward.policy.fields import (
    DEFAULTS,
    FIELDS,
    LOOSEST,
    Kinds,
    RecoveryBy,
    RequiredOf,
    SupportAccess,
    Values,
)
from doorward.policy.versions import Owner, Wanted
from tests.kit import browsers, codes, pages, passkeys, people, policies
from tests.notifications.mails import Folder, part

if TYPE_CHECKING:
    from doorward.policy.models import PolicyVersion

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
    form |= changed
    return {name: value for name, value in form.items() if value is not None}


def brand_form(brand, **changed):
    texts = ("name", "accent", "issuer", "support_email", "support_phone", "support_url")
    form: dict[str, Any] = {name: getattr(brand, name) for name in texts}
    form |= {name: getattr(brand, name) for name in ("terms_url", "privacy_url", "legal_url")}
    form |= {"support_hours": brand.support_hours, "email_from": brand.email_from}
    form["hosts"] = "\n".join(brand.hosts)
    form |= changed
    return {name: value for name, value in form.items() if value is not None}


def minimum_form(owner, **changed):
    """Return the form of a minimum as its page sends it, now that two factors are required of everybody."""
    form = {"seen": str(owner.versions().count()), "required_of": "everyone", "from": ""}
    form |= {"newcomer_days": "0", "kinds": "any"}
    form |= {"session_hours": "24", "idle_minutes": "60", "trust_days": "30"}
    form |= {"recovery_by": "colleague", "recovery_wait_hours": "24", "support_access": "always"}
    return form | changed


def save(owner: Owner, actor, **values: Any) -> PolicyVersion | None:
    wanted = Wanted(values=replace(owner.default, **values))
    return policy_change.save(owner, wanted, actor=actor, now=timezone.now())


def refused():
    return [event.details["changed"] for event in people.events(ACCESS_REFUSED)]


# --- the provider's own people --------------------------------------------------------------------


def test_customers_alone_lowers_no_minimum_of_the_providers_own_people():
    theo, provider = staff(CUSTOMERS), people.provider()
    policies.require_by_minimum(
        provider.id, kinds=Kinds.PHISHING_RESISTANT, trust_days=0, session_hours=8
    )
    other = Brand.objects.create(name="Other", issuer="Other")
    browser, key = pages.browser(), passkeys.add(theo)
    assert passkeys.sign_in(browser, key).status_code == 303
    page = f"/customers/{provider.id}/"
    minimum = versions.minimum_of_customer(provider.id)
    held = {"kinds": "phishing_resistant", "trust_days": "0", "session_hours": "8"}
    answer = browser.post(
        f"{page}minimum/", minimum_form(minimum, **(held | {"required_of": "nobody"}))
    )
    assert answer.status_code == 422
    assert "This cannot be lowered for them." in answer.content.decode(), "whoever asks"
    for field, value in (
        ("kinds", "any"),
        ("trust_days", "30"),
        ("session_hours", "24"),
    ):
        form = minimum_form(minimum, **(held | {field: value}))
        answer = browser.post(f"{page}minimum/", form)
        assert answer.status_code == 422, field
        assert "the right to the Administrators tab" in answer.content.decode(), field
    provider.refresh_from_db()
    before = provider.minimum
    answer = browser.post(page, customer_form(provider, brand=str(other.id), confirm="on"))
    assert answer.status_code == 422
    assert "the right to the Administrators tab" in answer.content.decode()
    fields = ("policy.kinds", "policy.trust_days", "policy.session_hours")
    assert refused() == [*([field] for field in fields), ["brand"]]
    provider.refresh_from_db()
    assert provider.minimum == before
    assert minimum.versions().count() == 1
    assert provider.brand_id != other.id
    assert not people.events(CUSTOMER_CHANGED)


def test_raising_it_wants_no_more_than_the_tab():
    theo, provider = staff(CUSTOMERS), people.provider()
    minimum = versions.minimum_of_customer(provider.id)
    answer = browsers.browser_of(theo).post(
        f"/customers/{provider.id}/minimum/", minimum_form(minimum)
    )
    assert answer.status_code == 303
    assert minimum.versions().count() == 1
    assert not people.events(PROTECTION_LOWERED)


def test_nor_what_its_policy_asks():
    theo, provider = staff(CUSTOMERS), people.provider()
    owner = versions.policy_of_customer(provider.id)
    form = minimum_form(owner, required_of="ticked")
    assert browsers.browser_of(theo).post("/account/", form).status_code == 403
    policies.require(provider.id, kinds=Kinds.PHISHING_RESISTANT)
    before = Customer.objects.values().get(id=provider.id)
    for actor in (
        people.actor(theo),
        people.actor(people.make_administrator(people.make_customer())),
    ):
        with pytest.raises(NotAuthorised):
            save(owner, actor, required_of=RequiredOf.TICKED, kinds=Kinds.ANY, idle_minutes=60)
    assert Customer.objects.values().get(id=provider.id) == before


def test_nor_what_the_policy_of_a_customer_asks(owner):
    """The provider's people have the minimum for that; the policy is the customer's own."""
    theo = staff(CUSTOMERS, BRANDS, TABS, ADMINISTRATORS)
    policy = versions.policy_of_customer(owner.customer_id)
    for values in ({"session_hours": 24}, {"session_hours": 8}):
        with pytest.raises(NotAuthorised):
            save(policy, people.actor(theo), **values)
    path = f"/customers/{owner.customer_id}/policy/"
    assert browsers.browser_of(theo).post(path, minimum_form(policy)).status_code == 404
    assert not policy.versions().exists()


# Two factors are required of the provider's own people for good: what else is asked can be lowered.
LOWER = {
    CUSTOMERS: ("session_hours", "24", "12", "24"),
    BRANDS: ("required_of", "nobody", "everyone", "nobody"),
}


@pytest.mark.parametrize("also", LOWER)
def test_with_the_administrators_tab_it_is_done_and_told(folder, also):
    theo, nora = staff(also, ADMINISTRATORS), keeper()
    provider = people.provider()
    policies.require_by_minimum(provider.id, session_hours=12)
    policies.require_by_brand(provider.brand_id)
    field, value, before, after = LOWER[also]
    secret = codes.enable_app(theo)
    assert secret
    folder.new()
    browser = browsers.browser_of(theo)
    if also == CUSTOMERS:
        form = minimum_form(versions.minimum_of_customer(provider.id), **{field: value})
        answer = browser.post(f"/customers/{provider.id}/minimum/", form)
    else:
        form = minimum_form(versions.minimum_of_brand(provider.brand_id), **{field: value})
        answer = browser.post(f"/brands/{provider.brand_id}/minimum/", form)
    assert answer.status_code == 303
    [event] = people.events(PROTECTION_LOWERED)
    told = {key: event.details[key] for key in ("changed", "before", "after")}
    assert told == {"changed": [f"policy.{field}"], "before": [before], "after": [after]}
    mails = [mail for mail in folder.new() if "What protects people" in mail["Subject"]]
    assert {mail["To"] for mail in mails} == {nora.email, theo.email}
    words = {CUSTOMERS: "12 → 24", BRANDS: "Everybody → Nobody"}
    assert words[also] in part(mails[0], "plain")
    assert "Theo Baum" in part(next(one for one in mails if one["To"] == nora.email), "plain")


def test_a_right_that_was_taken_meanwhile_serves_no_more():
    theo, provider = staff(CUSTOMERS, ADMINISTRATORS), people.provider()
    policies.require_by_minimum(provider.id, session_hours=8)
    other = Brand.objects.create(name="Other", issuer="Other")
    actor = people.actor(theo)
    Administrator.objects.everywhere().filter(id=theo.id).update(tabs=" customers home ")
    with pytest.raises(protection.ProtectionRefused):
        save(
            versions.minimum_of_customer(provider.id),
            actor,
            required_of=RequiredOf.EVERYONE,
            session_hours=24,
        )
    wanted = services.CustomerChange(
        name=provider.name, brand_id=other.id, status=CustomerStatus.ACTIVE, confirmed=True
    )
    with pytest.raises(protection.ProtectionRefused):
        services.change(provider.id, wanted, actor=actor, now=timezone.now())


# --- brands: everybody's --------------------------------------------------------------------------


LOWERED = {
    "hosts": "portal.elsewhere.example",
    "issuer": "Somebody Else",
    "support_email": "help@elsewhere.example",
    "support_phone": "+49 30 23125 999",
    "support_url": "https://elsewhere.example/help",
    "email_from": "portal@elsewhere.example",
}


@pytest.mark.parametrize("field", LOWERED)
def test_brands_alone_changes_nothing_that_leads_people(field):
    theo, provider = staff(BRANDS), people.provider()
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


def test_nor_what_its_minimum_asks():
    theo, brand = staff(BRANDS), people.provider().brand
    policies.require_by_brand(brand.id)
    codes.enable_app(theo)
    minimum = versions.minimum_of_brand(brand.id)
    answer = browsers.browser_of(theo).post(
        f"/brands/{brand.id}/minimum/", minimum_form(minimum, required_of="nobody")
    )
    assert answer.status_code == 422
    assert "the right to the Administrators tab" in answer.content.decode()
    assert refused() == [["policy.required_of"]]
    assert minimum.versions().count() == 1


def test_a_plan_is_guarded_like_what_holds_at_once():
    theo, provider = staff(CUSTOMERS), people.provider()
    policies.require_by_minimum(provider.id, session_hours=12)
    minimum, actor = versions.minimum_of_customer(provider.id), people.actor(theo)
    now, longer = timezone.now(), replace(LOOSEST, required_of=RequiredOf.EVERYONE)
    later = Wanted(values=longer, starts_at=now + timedelta(days=1))
    with pytest.raises(protection.ProtectionRefused):
        policy_change.save(minimum, later, actor=actor, now=now)
    strict = replace(LOOSEST, required_of=RequiredOf.EVERYONE, session_hours=8)
    planned = Wanted(values=strict, starts_at=now + timedelta(days=1))
    version = policy_change.save(minimum, planned, actor=actor, now=now)
    assert version
    with pytest.raises(protection.ProtectionRefused):
        policy_change.withdraw(version.id, minimum, actor=actor, now=now)
    version.refresh_from_db()
    assert version.withdrawn_at is None
    assert refused() == [["policy.session_hours"], ["policy.session_hours"]]


def test_but_what_is_only_seen(folder):
    theo, _nora = staff(BRANDS), keeper()
    brand = people.provider().brand
    changed = {"name": "Northline Telecom", "accent": "#0b6e4f"}
    folder.new()
    answer = browsers.browser_of(theo).post(f"/brands/{brand.id}/", brand_form(brand, **changed))
    assert answer.status_code == 303
    form = minimum_form(versions.minimum_of_brand(brand.id))
    assert browsers.browser_of(theo).post(f"/brands/{brand.id}/minimum/", form).status_code == 303
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
    form = {
        "title": "Phones",
        "description": "",
        "icon": "phone",
        "audience": "everyone",
        "customers": "",
    }
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
    form = {
        "title": "Phones",
        "description": "",
        "icon": "phone",
        "audience": "everyone",
        "customers": "",
        "url": url,
    }
    browser = browsers.browser_of(nora)
    assert browser.post("/tabs/add/", {"key": "phones"} | form).status_code == 422
    tab = a_tab()
    assert browser.post(f"/tabs/{tab.id}/", form).status_code == 422
    assert Tab.objects.count() == 1


def test_a_tab_that_leads_elsewhere_is_told(folder):
    nora, tab = staff(TABS, ADMINISTRATORS), a_tab()
    folder.new()
    form = {
        "title": "PBX",
        "description": "",
        "icon": "phone",
        "audience": "everyone",
        "customers": "",
    }
    answer = browsers.browser_of(nora).post(
        f"/tabs/{tab.id}/", form | {"url": "https://new.example/"}
    )
    assert answer.status_code == 303
    [mail] = [one for one in folder.new() if "What protects people at PBX" in one["Subject"]]
    assert "https://pbx.example/ → https://new.example/" in " ".join(part(mail, "plain").split())


# --- customers ------------------------------------------------------------------------------------


def test_a_customers_people_are_told_with_the_providers(folder, owner, colleague):
    theo, nora = staff(CUSTOMERS), keeper()
    policies.require_by_minimum(owner.customer_id)
    other = Brand.objects.create(name="Other", issuer="Other")
    customer = services.get(owner.customer_id)
    folder.new()
    browser, page = browsers.browser_of(theo), f"/customers/{customer.id}/"
    form = customer_form(customer, brand=str(other.id), confirm="on")
    assert browser.post(page, form).status_code == 303
    minimum = versions.minimum_of_customer(customer.id)
    form = minimum_form(minimum, required_of="nobody", reason="They asked for it")
    assert browser.post(f"{page}minimum/", form).status_code == 303
    lowered_ones = people.events(PROTECTION_LOWERED)
    assert {event.customer_id for event in lowered_ones} == {customer.id}
    assert [event.details["changed"] for event in lowered_ones] == [
        ["brand"],
        ["policy.required_of"],
    ]
    assert [event.details["after"] for event in lowered_ones] == [["Other"], ["nobody"]]
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
        [people.provider().brand.name],
        ["Other"],
    )
    saved = people.events(MINIMUM_CHANGED)[-1]
    assert (saved.details["before"], saved.details["after"]) == (["everyone"], ["nobody"])
    assert saved.details["reason"] == "They asked for it"


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
    policy = versions.policy_of_customer(owner.customer_id)
    save(policy, people.actor(owner), session_hours=24, idle_minutes=60)
    [mail] = folder.new()
    assert mail["To"] == owner.email
    assert nora.email != owner.email
    assert "12 → 24" in part(mail, "plain")


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_nobody_without_the_right_over_them_lowers_a_customers_policy(owner, request, who):
    person = request.getfixturevalue(who)
    policy = versions.policy_of_customer(owner.customer_id)
    with pytest.raises(NotAuthorised):
        save(policy, people.actor(person), session_hours=24)
    assert not policy.versions().exists()


# --- the list -------------------------------------------------------------------------------------


def test_each_field_of_these_forms_is_decided_on():
    """A field that is added is either guarded, or said here to protect nobody."""
    seen_alone = {
        # What is said in a language is guarded by the field that it is said of.
        Brand: {"name", "accent", "pictures", "version", "minimum", "in_languages"},
        Customer: {
            "name",
            "name_folded",
            "name_search",
            "name_sort",
            "kind",
            "since",
            # When it ended; deleting is asked for by itself, and told of.
            "closed_at",
            "exported_at",
            "delete_at",
            "deleting_since",
            # Written with a version, whose fields are below.
            "policy",
            "minimum",
        },
        Tab: {
            "key",
            "title",
            "description",
            "position",
            "in_languages",
            "icon",
            "new_window",
            # Who may be given it; nobody has it before somebody gives it to them.
            "audience",
            "audience_ids",
        },
    }
    for model, harmless in seen_alone.items():
        fields = {field.name for field in model._meta.concrete_fields} - {"id"}
        assert {name for name in fields if not is_guarded(name)} == harmless, model


@pytest.mark.parametrize(
    ("field", "before", "after", "lowers"),
    [
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
    assert bool(lowered([change(field, before, after)])) is lowers


@pytest.mark.parametrize(
    ("field", "before", "after", "lowers"),
    [
        ("required_of", RequiredOf.EVERYONE, RequiredOf.NOBODY, True),
        ("required_of", RequiredOf.EVERYONE, RequiredOf.TICKED, True),
        ("required_of", RequiredOf.EVERYONE, RequiredOf.TABS, True),
        ("required_of", RequiredOf.NOBODY, RequiredOf.EVERYONE, False),
        ("tabs", frozenset({"account", "administrators"}), frozenset({"account"}), True),
        ("tabs", frozenset({"account"}), frozenset({"home", "activity"}), True),
        ("tabs", frozenset({"account"}), frozenset({"account", "administrators"}), False),
        ("from_day", None, date(2026, 12, 1), True),
        ("from_day", date(2026, 12, 1), date(2026, 12, 2), True),
        ("from_day", date(2026, 12, 1), None, False),
        ("newcomer_days", 0, 30, True),
        ("newcomer_days", 30, 0, False),
        ("waves", False, True, True),
        ("waves", True, False, False),
        ("kinds", Kinds.PHISHING_RESISTANT, Kinds.ANY, True),
        ("kinds", Kinds.ANY, Kinds.PHISHING_RESISTANT, False),
        ("trust_days", 0, 1, True),
        ("trust_days", 1, 0, False),
        ("session_hours", 12, 24, True),
        ("session_hours", 12, 1, False),
        ("idle_minutes", 30, 60, True),
        ("idle_minutes", 60, 30, False),
        ("recovery_by", RecoveryBy.TWO, RecoveryBy.COLLEAGUE, True),
        ("recovery_by", RecoveryBy.TWO, RecoveryBy.PROVIDER, False),
        ("recovery_wait_hours", 0, 168, True),
        ("recovery_wait_hours", 72, 24, True),
        ("recovery_wait_hours", 24, 0, False),
        ("support_access", SupportAccess.NEVER, SupportAccess.ASK, True),
        ("support_access", SupportAccess.ALWAYS, SupportAccess.NEVER, False),
    ],
)
def test_which_change_of_a_policy_lowers(field, before, after, lowers):
    one, other = replace(DEFAULTS, **{field: before}), replace(DEFAULTS, **{field: after})
    assert bool(lowered(versions.changes_between(one, other))) is lowers


def test_each_field_of_a_policy_can_be_lowered():
    """From the strictest value to the loosest: nothing that a policy asks is left out of the list."""
    strictest = Values(
        required_of=RequiredOf.EVERYONE,
        tabs=frozenset({"account"}),
        kinds=Kinds.PHISHING_RESISTANT,
        session_hours=1,
        idle_minutes=5,
        recovery_by=RecoveryBy.PROVIDER,
        support_access=SupportAccess.NEVER,
    )
    loosest = replace(LOOSEST, from_day=date(2026, 12, 1), newcomer_days=90, waves=True)
    found = lowered(versions.changes_between(strictest, loosest))
    assert set(found) == {f"policy.{field.key}" for field in FIELDS.values()}


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
