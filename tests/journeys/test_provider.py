"""The provider's tabs: the owner (staff with them), a colleague (staff without), an outsider (a customer's)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from doorward.accounts.events import INVITATION_SENT
from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.customers import brands, cached, own_tabs, services
from doorward.customers.colour import make_accent
from doorward.customers.events import (
    ACCESS_REFUSED,
    BRAND_ADDED,
    BRAND_CHANGED,
    CUSTOMER_ADDED,
    CUSTOMER_CHANGED,
    TAB_ADDED,
    TAB_CHANGED,
    TAB_REMOVED,
)
from doorward.customers.models import Brand, Customer, Tab
from doorward.customers.tabs import BUILT_IN, STAFF
from doorward.permissions.staff_scope import Scope
from doorward.policy import series
from doorward.policy.events import MINIMUM_CHANGED, MINIMUM_PLANNED, MINIMUM_WITHDRAWN
from doorward.policy.fields import DEFAULTS, LOOSEST, Kinds, Values
from doorward.policy.models import PolicyVersion
from doorward.web.provider import customer_filters, customer_list
from tests.kit import browsers, codes, people, policies
from tests.kit.pages import filled
from tests.kit.people import BRAND
from tests.kit.pictures import picture

pytestmark = pytest.mark.django_db

TAB = {
    "key": "billing",
    "title": "Billing",
    "description": "Invoices",
    "url": "https://billing.example/",
    "icon": "receipt",
    "audience": "everyone",
    "customers": "",
}


@pytest.fixture
def owner():
    return people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        name="Nora Whitfield",
        tabs=BUILT_IN + STAFF,
    )


@pytest.fixture
def browser(owner):
    return browsers.browser_of(owner)


def brand_of(**changes):
    fields = BRAND | changes
    return brands.add(brands.BrandDetails(**{name: fields[name] for name in BRAND}), actor=CONSOLE)


def tab_of(**changes):
    fields = TAB | changes
    key = fields.pop("key")
    return own_tabs.add(key, own_tabs.TabDetails(**fields), actor=CONSOLE)


def minimum(customer) -> Values:
    """Return what the provider asks of a customer's people at least."""
    text = Customer.objects.values_list("minimum", flat=True).get(id=customer.id)
    return series.current(series.load(text), now=timezone.now(), default=LOOSEST)


def tomorrow():
    return timezone.now().date() + timedelta(days=1)


class TestAccess:
    """Nobody but staff with the tab gets in, whatever their row says."""

    @pytest.fixture
    def addresses(self, customer):
        brand, tab = brand_of(), tab_of()
        return [
            "/customers/",
            "/customers/add/",
            f"/customers/{customer.id}/",
            f"/customers/{customer.id}/invite/",
            f"/customers/{customer.id}/minimum/",
            f"/customers/{customer.id}/minimum/withdraw/",
            "/brands/",
            "/brands/add/",
            "/brands/accent.css?accent=%23ff0000",
            f"/brands/{brand.id}/",
            f"/brands/{brand.id}/logo/",
            f"/brands/{brand.id}/pictures/logo",
            f"/brands/{brand.id}/minimum/",
            f"/brands/{brand.id}/minimum/withdraw/",
            "/tabs/",
            "/tabs/add/",
            f"/tabs/{tab.id}/",
            f"/tabs/{tab.id}/remove/",
        ]

    def everything(self):
        rows = [list(model.objects.order_by("id").values()) for model in (Brand, Customer, Tab)]
        return rows, Administrator.objects.everywhere().count()

    def test_a_colleague_without_the_tabs(self, addresses):
        colleague = people.make_administrator(
            people.provider(), email="liam@provider.example", name="Liam Byrne", tabs=BUILT_IN
        )
        self.is_refused(browsers.browser_of(colleague), addresses)

    def test_a_customers_administrator_even_with_the_tabs_in_the_row(self, customer, addresses):
        outsider = people.make_administrator(customer, tabs=BUILT_IN)
        Administrator.objects.of(customer.id).filter(id=outsider.id).update(
            tabs=" " + " ".join(sorted(BUILT_IN + STAFF)) + " "
        )
        browser = browsers.browser_of(outsider)
        page = browser.get("/").content.decode()
        assert not any(f'href="/{key}/"' in page for key in STAFF)
        self.is_refused(browser, addresses)

    def is_refused(self, browser, addresses):
        before = self.everything()
        for address in addresses:
            assert browser.get(address).status_code == 403, address
            answer = browser.post(address, BRAND | TAB | {"brand": str(uuid4())})
            assert answer.status_code == 403, address
        assert self.everything() == before
        # The first of each tab is an event; how often it was repeated is a number on it.
        refused = Event.objects.filter(type=ACCESS_REFUSED)
        assert sorted(event.details["tab"] for event in refused) == sorted(STAFF)

    def test_one_tab_is_not_another(self):
        brands_only = people.make_administrator(
            people.provider(), email="chidi@provider.example", tabs=["home", "brands"]
        )
        browser = browsers.browser_of(brands_only)
        assert browser.get("/brands/").status_code == 200
        assert browser.get("/customers/").status_code == 403
        assert browser.get("/tabs/").status_code == 403

    def test_what_is_not_there(self, browser):
        for room in ("customers", "brands", "tabs"):
            assert browser.get(f"/{room}/{uuid4()}/").status_code == 404
            assert browser.get(f"/{room}/nonsense/").status_code == 404


class TestCustomers:
    def test_the_list(self, browser, customer):
        person = people.make_administrator(customer)
        codes.enable_app(person)
        people.invite(customer)
        people.make_administrator(customer, email="gone@x.example", status="removed")
        page = browser.get("/customers/").content.decode()
        assert 'data-page="customers"' in page
        assert "Harbour Bakery" in page
        assert "1 of 2" in page
        assert "2 customers" in page

    def test_search_filter_and_paging(self, browser):
        now = timezone.now()
        for number in range(30):
            services.add(name=f"Ärzte {number:02}", actor=CONSOLE, now=now)
        page = browser.get("/customers/?q=ÄRZTE").content.decode()
        assert "1 to 25 of 30 customers" in page
        assert "?q=%C3%84RZTE&amp;page=2" in page
        second = browser.get("/customers/?q=ärzte&page=2").content.decode()
        assert "26 to 30 of 30" in second
        assert "Ärzte 29" in second
        assert "Ärzte 24" not in second
        assert "No customer found" in browser.get("/customers/?q=xyz").content.decode()
        assert "No customer found" in browser.get("/customers/?status=closed").content.decode()
        for odd in ("?page=0", "?page=-1", "?page=9999999999999", "?page=x", "?status=x", "?q=%00"):
            assert browser.get(f"/customers/{odd}").status_code == 200, odd

    def test_the_list_takes_a_constant_number_of_queries(
        self, browser, django_assert_max_num_queries
    ):
        browser.get("/customers/")
        for number in range(20):
            customer = people.make_customer(f"Customer {number}")
            people.make_administrator(customer, email=f"p{number}@x.example")
        browser.get("/customers/")
        with django_assert_max_num_queries(5):
            browser.get("/customers/")

    def test_added_with_a_brand_then_its_first_administrator(self, browser):
        brand = brand_of()
        answer = browser.post("/customers/add/", {"name": " Kestrel ", "brand": str(brand.id)})
        assert answer.status_code == 303
        customer = Customer.objects.get(name="Kestrel")
        assert answer["Location"] == f"/customers/{customer.id}/"
        assert customer.brand_id == brand.id
        [event] = people.events(CUSTOMER_ADDED, customer_id=customer.id)
        assert event.actor_name == "Nora Whitfield"
        page = browser.get(answer["Location"]).content.decode()
        assert "Nobody yet." in page

        invited = {"email": "mona@kestrel.example", "first_name": "Mona", "last_name": "Eriksen"}
        for _press in range(2):
            answer = browser.post(f"/customers/{customer.id}/invite/", invited)
            assert answer.status_code == 303
        person = Administrator.objects.of(customer.id).get()
        assert (person.status, person.is_primary) == ("invited", True)
        assert person.tab_keys == frozenset(BUILT_IN)
        assert len(people.events(INVITATION_SENT, subject_id=person.id)) == 1
        page = browser.get(answer["Location"]).content.decode()
        assert "mona@kestrel.example" in page
        second = invited | {"email": "two@kestrel.example"}
        browser.post(f"/customers/{customer.id}/invite/", second)
        assert not Administrator.objects.of(customer.id).get(email__startswith="two").is_primary

    @pytest.mark.parametrize(
        ("changes", "place"),
        [
            ({"email": "no"}, "invite-email"),
            ({"email": "NORA@provider.example"}, "invite-email"),
            ({"first_name": "", "last_name": " "}, "invite-first-name"),
            ({"first_name": "a\x00b"}, "invite-first-name"),
        ],
    )
    def test_an_invitation_that_cannot_be(self, browser, customer, changes, place):
        fields = {"email": "a@b.example", "first_name": "A", "last_name": "B"} | changes
        answer = browser.post(f"/customers/{customer.id}/invite/", fields)
        assert answer.status_code == 422
        assert f'id="{place}-error"' in answer.content.decode()
        assert not Administrator.objects.of(customer.id).exists()

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("", "Type a name."),
            ("HARBOUR BAKERY", "Another customer has this name."),
            ("x" * 81, "Use at most 80 characters."),
            ("a\x07b", "This contains characters that are not allowed."),
        ],
    )
    def test_a_name_that_cannot_be(self, browser, customer, name, said):
        fields = {"name": name, "brand": str(customer.brand_id)}
        answer = browser.post("/customers/add/", fields)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert 'id="name-error"' in answer.content.decode()
        other = people.make_customer("Other")
        fields |= {"status": "active"}
        answer = browser.post(f"/customers/{other.id}/", fields)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert Customer.objects.count() == 3

    def test_which_factors_a_customer_takes_at_least_is_changed_and_told(self, browser, customer):
        address = f"/customers/{customer.id}/minimum/"
        assert "does not count it as a factor" in browser.get(address).content.decode()
        sent = filled(
            browser, address, f"{address}rehearsal/", kinds="phishing_resistant", trust_days="7"
        )
        answer = browser.post(address, sent)
        assert (answer.status_code, answer["Location"]) == (303, address)
        found = minimum(customer)
        assert (found.kinds, found.trust_days) == (Kinds.PHISHING_RESISTANT, 7)
        assert replace(found, kinds=LOOSEST.kinds, trust_days=LOOSEST.trust_days) == LOOSEST
        [event] = people.events(MINIMUM_CHANGED, customer_id=customer.id)
        assert event.actor_name == "Nora Whitfield"
        assert event.details["changed"] == ["policy.kinds", "policy.trust_days"]
        browser.post(address, filled(browser, address, f"{address}rehearsal/"))
        assert len(people.events(MINIMUM_CHANGED)) == 1
        # What its people are asked is on the customer's page, and how it came about on this one.
        page = browser.get(f"/customers/{customer.id}/").content.decode()
        assert "only a passkey is enough" in page
        assert "Version 1" in browser.get(address).content.decode()

    def test_the_form_of_a_minimum_that_is_sent_as_it_is_changes_nothing(self, browser, customer):
        for address in (
            f"/customers/{customer.id}/minimum/",
            f"/brands/{customer.brand_id}/minimum/",
        ):
            assert (
                browser.post(address, filled(browser, address, f"{address}rehearsal/")).status_code
                == 303
            )
        assert not PolicyVersion.objects.exists()

    def test_a_minimum_is_planned_and_taken_back(self, browser, customer):
        address = f"/customers/{customer.id}/minimum/"
        day = str(timezone.now().date() + timedelta(days=9))
        browser.post(
            address,
            filled(browser, address, f"{address}rehearsal/", required_of="everyone", starts=day),
        )
        [version] = PolicyVersion.objects.all()
        [event] = people.events(MINIMUM_PLANNED, customer_id=customer.id)
        assert str(event.details["starts"]).startswith(day)
        assert minimum(customer) == LOOSEST
        assert "Take back" in browser.get(address).content.decode()
        withdrawn = browser.post(f"{address}withdraw/", {"version": str(version.id)})
        assert (withdrawn.status_code, withdrawn["Location"]) == (303, address)
        assert people.events(MINIMUM_WITHDRAWN, customer_id=customer.id)
        assert "Take back" not in browser.get(address).content.decode()

    def test_a_minimum_that_somebody_else_changed_meanwhile_is_not_overwritten(
        self, browser, customer
    ):
        address = f"/customers/{customer.id}/minimum/"
        sent = filled(browser, address, f"{address}rehearsal/", trust_days="7")
        policies.require_by_minimum(customer.id)
        answer = browser.post(address, sent)
        assert answer.status_code == 422
        assert "Somebody changed the policy in the meantime" in answer.content.decode()
        assert minimum(customer).trust_days == LOOSEST.trust_days

    @pytest.mark.parametrize(
        ("changes", "place"),
        [({"kinds": "none"}, "kinds"), ({"trust_days": "31"}, "trust_days")],
    )
    def test_a_minimum_that_cannot_be(self, browser, customer, changes, place):
        address = f"/customers/{customer.id}/minimum/"
        answer = browser.post(address, filled(browser, address, f"{address}rehearsal/", **changes))
        assert answer.status_code == 422
        assert f'id="{place}-error"' in answer.content.decode()
        assert minimum(customer) == LOOSEST

    def test_a_customers_own_policy_is_its_own_administrators_alone(self, browser, customer):
        address = f"/customers/{customer.id}/policy/"
        assert browser.post(address, {"kinds": "any", "trust_days": "30"}).status_code == 404
        assert policies.of(customer.id) == DEFAULTS

    def test_what_protects_staff_is_lowered_by_their_administrators_tab_alone(self):
        staff = people.make_administrator(
            people.provider(), email="chidi@provider.example", tabs=["home", "customers"]
        )
        codes.enable_app(staff)
        policies.require_by_minimum(staff.customer_id, trust_days=7)
        browser = browsers.browser_of(staff)
        address = f"/customers/{staff.customer_id}/minimum/"
        before = minimum(staff.customer)
        for changes in ({"trust_days": "30"}, {"required_of": "nobody"}):
            answer = browser.post(
                address, filled(browser, address, f"{address}rehearsal/", **changes)
            )
            assert answer.status_code == 422
            assert minimum(staff.customer) == before
        assert people.events(ACCESS_REFUSED)[0].details["changed"] == ["policy.trust_days"]

    def wanted(self, customer, **changes):
        return {
            "name": customer.name,
            "brand": str(customer.brand_id),
            "status": customer.status,
        } | changes

    def test_changed(self, browser, customer):
        brand, address = brand_of(), f"/customers/{customer.id}/"
        fields = self.wanted(customer, name="Harbour", brand=str(brand.id)) | {"confirm": "on"}
        assert browser.post(address, fields).status_code == 303
        changed = services.find("harbour")
        assert (changed.id, changed.brand_id) == (customer.id, brand.id)
        [event] = people.events(CUSTOMER_CHANGED)
        assert event.details["changed"] == ["brand", "name"]
        assert event.customer_id == customer.id
        browser.post(address, fields)
        assert len(people.events(CUSTOMER_CHANGED)) == 1

    def test_the_minimum_takes_hold_at_the_next_click(self, browser, customer):
        theirs = browsers.browser_of(people.make_administrator(customer))
        assert theirs.get("/").status_code == 200
        address = f"/customers/{customer.id}/minimum/"
        browser.post(
            address, filled(browser, address, f"{address}rehearsal/", required_of="everyone")
        )
        assert theirs.get("/")["Location"] == "/sign-in/mailbox/"

    @pytest.mark.parametrize("status", ["suspended", "closed"])
    def test_suspending_asks_first_and_puts_everybody_out(self, browser, customer, status):
        theirs = browsers.browser_of(people.make_administrator(customer))
        address, fields = f"/customers/{customer.id}/", self.wanted(customer, status=status)
        answer = browser.post(address, fields)
        assert answer.status_code == 422
        assert 'name="confirm"' in answer.content.decode()
        assert theirs.get("/").status_code == 200
        confirmed = fields | {"confirm": "on", "typed": customer.name}
        assert browser.post(address, confirmed).status_code == 303
        assert theirs.get("/")["Location"].startswith("/sign-in/")
        assert browser.post(address, fields | {"status": "active"}).status_code == 303
        assert Customer.objects.get(id=customer.id).status == "active"

    def test_the_provider_stays(self, browser):
        provider = people.provider()
        fields = self.wanted(provider, status="suspended", confirm="on")
        answer = browser.post(f"/customers/{provider.id}/", fields)
        assert answer.status_code == 422
        assert 'id="status-error"' in answer.content.decode()
        assert people.provider().status == "active"

    @pytest.mark.parametrize(
        "changes",
        [{"brand": "x"}, {"brand": str(uuid4())}, {"brand": ""}, {"status": "x"}, {"status": ""}],
    )
    def test_what_no_page_of_ours_sends(self, browser, customer, changes):
        answer = browser.post(f"/customers/{customer.id}/", self.wanted(customer, **changes))
        assert answer.status_code == 422
        assert not people.events(CUSTOMER_CHANGED)

    @pytest.mark.parametrize("missing", ["name", "brand", "status"])
    def test_a_missing_field(self, browser, customer, missing):
        fields = self.wanted(customer)
        del fields[missing]
        assert browser.post(f"/customers/{customer.id}/", fields).status_code == 422
        doubled = self.wanted(customer) | {missing: ["a", "b"]}
        assert browser.post(f"/customers/{customer.id}/", doubled).status_code == 422


class TestBrands:
    def test_added_listed_and_seen_under_its_host(self, browser):
        answer = browser.post("/brands/add/", BRAND)
        assert answer.status_code == 303
        brand = Brand.objects.get(name="Brightwave")
        assert brand.hosts == ["portal.brightwave.example", "brightwave.example"]
        assert "portal.brightwave.example" in browser.get("/brands/").content.decode()
        page = Client().get("/sign-in/", headers={"host": "Portal.Brightwave.example:8000"})
        assert "· Brightwave</title>" in page.content.decode()
        [event] = people.events(BRAND_ADDED)
        assert event.details["brand"] == "Brightwave"
        assert event.customer_name == "Provider"

    def test_changed_as_a_whole_or_not_at_all(self, browser):
        brand = brand_of()
        address = f"/brands/{brand.id}/"
        wrong = BRAND | {
            "accent": "red",
            "hosts": "https://a.example",
            "support_url": "x",
            "name": "",
        }
        answer = browser.post(address, wrong)
        assert answer.status_code == 422
        page = answer.content.decode()
        for field in ("accent", "hosts", "support_url", "name"):
            assert f'id="{field}-error"' in page
        assert "https://a.example" in page
        assert Brand.objects.get(id=brand.id).name == "Brightwave"

        fields = BRAND | {"accent": "#0A0", "support_hours": "always"}
        assert browser.post(address, fields).status_code == 303
        changed = Brand.objects.get(id=brand.id)
        assert (changed.accent, changed.support_hours, changed.version) == ("#00aa00", "always", 2)
        [event] = people.events(BRAND_CHANGED)
        assert event.details["changed"] == ["accent", "support_hours"]
        browser.post(address, fields)
        assert len(people.events(BRAND_CHANGED)) == 1

    def test_the_brands_minimum_takes_hold_at_the_next_click(self, browser, customer):
        theirs = browsers.browser_of(people.make_administrator(customer))
        brand = Brand.objects.get(is_default=True)
        address = f"/brands/{brand.id}/minimum/"
        sent = filled(browser, address, f"{address}rehearsal/", required_of="everyone")
        assert browser.post(address, sent).status_code == 303
        told = people.events(MINIMUM_CHANGED)
        assert {event.customer_name for event in told} == {"Harbour Bakery", "Provider"}
        assert theirs.get("/")["Location"] == "/sign-in/mailbox/"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", "x" * 81),
            ("issuer", ""),
            ("issuer", "x" * 61),
            ("accent", ""),
            ("accent", "url(x)"),
            ("accent", "#12345"),
            ("hosts", "10.0.0.1"),
            ("hosts", "a.example:80"),
            ("hosts", "taken.example"),
            ("support_email", "no"),
            ("email_from", "a@b@c"),
            ("support_url", "javascript:alert(1)"),
            ("support_url", "/help/"),
            ("support_phone", "x" * 41),
            ("support_hours", "a\x1bb"),
        ],
    )
    def test_a_field_that_cannot_be(self, browser, field, value):
        brand_of(name="Other", hosts="taken.example")
        answer = browser.post("/brands/add/", BRAND | {field: value})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.content.decode()
        assert Brand.objects.count() == 2

    @pytest.mark.parametrize("missing", list(BRAND))
    def test_a_missing_field(self, browser, missing):
        fields = {name: value for name, value in BRAND.items() if name != missing}
        assert browser.post("/brands/add/", fields).status_code == 422
        assert Brand.objects.count() == 1

    def test_there_is_always_one_default(self, browser):
        first, second = Brand.objects.get(is_default=True), brand_of()
        fields = BRAND | {"name": "First", "hosts": ""}
        browser.post(f"/brands/{first.id}/", fields)
        assert Brand.objects.get(is_default=True).id == first.id
        browser.post(f"/brands/{second.id}/", BRAND | {"is_default": "on"})
        assert Brand.objects.get(is_default=True).id == second.id

    def test_the_preview_is_readable_and_only_css(self, browser):
        answer = browser.get("/brands/accent.css", {"accent": "#ffff00"})
        assert answer["Content-Type"].startswith("text/css")
        assert answer.content.decode().startswith("#preview{--accent:#ffff00;")
        for odd in ("", "red", "#fff;}body{display:none}", "</style>"):
            assert browser.get("/brands/accent.css", {"accent": odd}).content == b""


class TestPictures:
    @pytest.fixture
    def brand(self):
        people.provider()
        return Brand.objects.get(is_default=True)

    def put(self, browser, brand, content, kind="logo", name="logo.png", mime="image/png"):
        sent = SimpleUploadedFile(name, content, content_type=mime)
        return browser.post(f"/brands/{brand.id}/logo/", {"kind": kind, kind: sent})

    @pytest.mark.parametrize(
        ("kind", "field", "public"),
        [
            ("logo", "logo", "/brand/logo"),
            ("logo-dark", "logo_dark", "/brand/logo-dark"),
            ("icon", "icon", "/favicon.ico"),
        ],
    )
    def test_put_there_shown_and_taken_away(self, browser, brand, kind, field, public):
        sent = picture("JPEG", (300, 300))
        assert self.put(browser, brand, sent, kind).status_code == 303
        shown = browser.get(f"/brands/{brand.id}/pictures/{kind}")
        assert shown["Content-Type"] == "image/png"
        cached.forget()
        answer = Client().get(public)
        assert answer.content == shown.content != sent
        assert "sandbox" in answer["Content-Security-Policy"]
        removed = browser.post(f"/brands/{brand.id}/logo/", {"remove": "on", "kind": kind})
        assert removed.status_code == 303
        assert browser.get(f"/brands/{brand.id}/pictures/{kind}").status_code == 404
        cached.forget()
        assert Client().get(public).content != shown.content
        events = people.events(BRAND_CHANGED)
        assert [event.details["changed"] for event in events] == [[field], [field]]

    def test_a_page_has_what_there_is_and_its_size(self, browser, brand):
        self.put(browser, brand, picture(size=(300, 100)))
        cached.forget()
        page = Client().get("/sign-in/").content.decode()
        assert 'width="84"' in page
        assert "<source" not in page
        assert "/brand.svg?v=" in page
        self.put(browser, brand, picture(size=(400, 100)), "logo-dark")
        self.put(browser, brand, picture(size=(40, 40)), "icon")
        cached.forget()
        page = Client().get("/sign-in/").content.decode()
        assert 'media="(prefers-color-scheme: dark)"' in page
        assert "/brand/icon?v=" in page
        assert "/brand.svg" not in page

    @pytest.mark.parametrize(
        ("content", "name", "mime"),
        [
            (b"", "logo.png", "image/png"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg", "image/svg+xml"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.png", "image/png"),
            (b"GIF89a" + bytes(50), "logo.png", "image/png"),
            (bytes(500 * 1024), "logo.png", "image/png"),
        ],
    )
    @pytest.mark.parametrize("kind", ["logo", "icon"])
    def test_what_is_no_small_picture_is_refused(self, browser, brand, content, kind, name, mime):
        answer = self.put(browser, brand, content, kind, name, mime)
        assert answer.status_code == 422
        assert f'id="{kind}-error"' in answer.content.decode()
        assert not Brand.objects.get(id=brand.id).pictures

    def test_without_a_file_or_for_nothing_there_is(self, browser, brand):
        assert browser.post(f"/brands/{brand.id}/logo/", {}).status_code == 422
        assert (
            browser.post(f"/brands/{brand.id}/logo/", {"kind": "logo", "logo": "text"}).status_code
            == 422
        )
        assert self.put(browser, brand, picture(), "banner").status_code == 422


class TestTabs:
    def test_added_given_and_shown(self, browser, owner):
        assert browser.post("/tabs/add/", TAB).status_code == 303
        tab = Tab.objects.get()
        assert (tab.key, tab.title, tab.position) == ("billing", "Billing", 1)
        assert "https://billing.example/" in browser.get("/tabs/").content.decode()
        Administrator.objects.of(owner.customer_id).update(
            tabs=" " + " ".join(sorted({*BUILT_IN, *STAFF, "billing"})) + " "
        )
        assert 'href="https://billing.example/"' in browser.get("/").content.decode()
        [event] = people.events(TAB_ADDED)
        assert event.details == {
            "tab": "Billing",
            "key": "billing",
            "changed": ["audience", "url"],
            "before": ["", ""],
            "after": ["everyone", TAB["url"]],
        }

    @pytest.mark.parametrize(
        ("title", "key"),
        [
            ("Phone system", "phone-system"),
            ("  Ärzte & Łódź: Größe ", "arzte-lodz-grosse"),
            ("Телефон", "telefon"),
            ("365 days, 24/7", "days-24-7"),
            ("O’Brien’s", "obriens"),
            ("Account", "account-2"),
            ("Taken", "taken-3"),
            ("щ" * 11, "shch" * 10),
            ("x" * 40, "x" * 38 + "-2"),
        ],
    )
    def test_without_a_key_it_has_one_of_its_title(self, browser, title, key):
        for there in ("taken", "taken-2", "x" * 40):
            tab_of(key=there)
        answer = browser.post("/tabs/add/", TAB | {"title": title, "key": " "})
        assert answer.status_code == 303, answer.content.decode()
        assert Tab.objects.filter(key=key, title=title.strip()).exists()

    @pytest.mark.parametrize("title", ["", "🍕", "123"])
    def test_a_title_that_makes_no_key(self, browser, title):
        answer = browser.post("/tabs/add/", TAB | {"title": title, "key": ""})
        assert answer.status_code == 422
        assert 'id="key-error"' in answer.content.decode()
        assert not Tab.objects.exists()

    def test_changed_but_not_its_key(self, browser):
        tab = tab_of()
        fields = TAB | {"key": "other", "title": "Invoices", "url": "/help/"}
        assert browser.post(f"/tabs/{tab.id}/", fields).status_code == 303
        changed = Tab.objects.get()
        assert (changed.key, changed.title, changed.url) == ("billing", "Invoices", "/help/")
        [event] = people.events(TAB_CHANGED)
        assert event.details["changed"] == ["title", "url"]

    def test_the_list_says_what_a_reader_of_german_sees(self, browser):
        tab = tab_of()
        form = {"title": "Rechnungen", "description": "Was zu zahlen ist"}
        assert browser.post(f"/tabs/{tab.id}/words/de/", form).status_code == 303
        english = browser.get("/tabs/").content.decode()
        assert "Rechnungen" not in english
        browser.post("/language/", {"language": "de", "next": "/"})
        shown = browser.get("/tabs/").content.decode()
        assert "Rechnungen" in shown
        assert "Was zu zahlen ist" in shown
        assert f">{tab.title}<" not in shown

    def test_removed_with_everybodys_right_to_it(self, browser, customer):
        tab = tab_of()
        tab_of(key="billing-old", title="Old")
        tabs = ["billing", "billing-old", "home", "support"]
        person = people.make_administrator(customer, tabs=tabs)
        assert browser.get(f"/tabs/{tab.id}/remove/").status_code == 405
        assert browser.post(f"/tabs/{tab.id}/remove/").status_code == 303
        assert list(Tab.objects.values_list("key", flat=True)) == ["billing-old"]
        assert people.again(person).tab_keys == {"billing-old", "home", "support"}
        assert len(people.events(TAB_REMOVED)) == 1
        tab_of()
        assert "billing" not in people.again(person).tab_keys

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("key", "Billing"),
            ("key", "a b"),
            ("key", "administrators"),
            ("key", "customers"),
            ("key", "taken"),
            ("key", "x" * 41),
            ("title", ""),
            ("title", "x" * 41),
            ("description", "a\nb"),
            ("url", ""),
            ("url", "javascript:alert(1)"),
            ("url", "//evil.example/"),
            ("url", "billing"),
        ],
    )
    def test_a_field_that_cannot_be(self, browser, field, value):
        tab_of(key="taken")
        answer = browser.post("/tabs/add/", TAB | {field: value})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.content.decode()
        assert Tab.objects.count() == 1

    @pytest.mark.parametrize("missing", list(TAB))
    def test_a_missing_field(self, browser, missing):
        fields = {name: value for name, value in TAB.items() if name != missing}
        assert browser.post("/tabs/add/", fields).status_code == 422
        assert not Tab.objects.exists()

    def test_an_empty_list_says_what_to_do(self, browser):
        assert "No tabs of your own yet" in browser.get("/tabs/").content.decode()


def test_each_customer_stands_on_one_page_in_order_also_beyond_the_middle(customer):
    names = [f"Firm {number:02}" for number in range(60)]
    for name in names:
        people.make_customer(name)
    rows = customer_filters.look(customer_filters.Wanted(q="firm"), Scope.EVERYTHING).rows
    pages = [customer_list._page(rows, start=start, found=60) for start in (0, 25, 50)]
    assert [len(page) for page in pages] == [25, 25, 10]
    assert [one.name for page in pages for one in page] == names


# --- an accent without scripts --------------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False])
def test_a_preview_shows_the_accent_and_saves_nothing(owner, customer, there):
    browser = browsers.browser_of(owner)
    address = f"/brands/{customer.brand_id}/" if there else "/brands/add/"
    before = list(Brand.objects.values())
    form = BRAND | {"name": "Typed so far", "accent": "#ffb81c", "preview": "on"}
    answer = browser.post(address, form)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "/brands/accent.css?accent=%23ffb81c" in page
    assert 'value="Typed so far"' in page
    assert "Nothing has been saved yet." in page
    # Yellow is no colour for text on white: what stands in for it is named, with what it reaches.
    assert "Contrast that #ffb81c reaches" in page
    accent = make_accent("#ffb81c")
    assert f"{accent.ink[0]}" in page
    assert "4.5&nbsp;:&nbsp;1" in page
    assert list(Brand.objects.values()) == before
    assert not people.events(BRAND_CHANGED)


@pytest.mark.parametrize("accent", ["red", "", "#12", "#ffb81c;}"])
def test_what_is_no_colour_is_said_at_its_field(owner, customer, accent):
    form = BRAND | {"accent": accent, "preview": "on"}
    answer = browsers.browser_of(owner).post(f"/brands/{customer.brand_id}/", form)
    assert answer.status_code == 422
    assert "Type a colour like #2b50e0." in answer.content.decode()


def test_the_enter_key_saves_and_does_not_preview(owner, customer):
    page = browsers.browser_of(owner).get(f"/brands/{customer.brand_id}/").content.decode()
    form = page.partition(f'action="/brands/{customer.brand_id}/">')[2].partition("</form>")[0]
    assert form.index("Save changes") < form.index('name="preview"')


def test_a_contact_that_may_not_be_changed_has_no_button_that_says_so(customer):
    brand = people.provider().brand
    path = f"/brands/{brand.id}/contact/de/"
    for tabs, there in (("home", "brands"), False), (("home", "brands", "administrators"), True):
        person = people.make_administrator(
            people.provider(), email=f"n{len(tabs)}@provider.example", tabs=tabs
        )
        page = browsers.browser_of(person).get(path).content.decode()
        assert ("Save changes" in page) is there
