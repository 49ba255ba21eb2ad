"""Home: who I am here, what waits for me, where to go."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone, translation

from doorward.accounts.models import Administrator
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.customers import cached
from doorward.customers.models import Customer, Tab
from doorward.importing.models import ImportRun, ImportState
from doorward.managing.models import Managing
from doorward.permissions.actions import MANAGE
from doorward.permissions.staff_scope import Reach
from doorward.web.home.pages import greet
from tests.kit import browsers, people, policies, staff
from tests.kit import codes as kit_codes


def text(answer) -> str:
    """Return the words of a page's main part."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_home_says_who_i_am_and_that_a_password_is_little(owner):
    answer = browsers.browser_of(owner).get("/")
    assert answer.status_code == 200
    assert b'data-page="home"' in answer.content
    said = text(answer)
    assert "Ines" in said
    assert "Harbour Bakery · this is your first sign-in here" in said
    assert "Your account is protected by a password alone." in said
    assert 'href="/security/2fa/enable/"' in answer.content.decode()


def test_the_warning_goes_when_two_factors_are_on(owner):
    kit_codes.enable_app(owner)
    assert "password alone" not in text(browsers.browser_of(owner).get("/"))


def test_the_last_sign_in_is_told_with_its_browser(owner, clock):
    browsers.browser_of(owner).get("/")
    clock.shift(timedelta(days=1))
    said = text(browsers.browser_of(owner).get("/"))
    assert "last signed in yesterday, 09:00 from Chrome on Linux" in said


@pytest.mark.parametrize(
    ("zone", "greeting"),
    [
        ("UTC", "Good morning, Ines"),
        ("Asia/Tokyo", "Good evening, Ines"),
        ("Asia/Dubai", "Good afternoon, Ines"),
    ],
)
def test_the_greeting_goes_by_the_clock_of_the_person(owner, clock, zone, greeting):
    Administrator.objects.of(owner.customer_id).update(time_zone=zone)
    assert greeting in text(browsers.browser_of(owner).get("/"))


def test_every_hour_has_its_greeting():
    with translation.override("en"):
        greetings = [greet("Ada", hour=hour) for hour in range(24)]
    assert greetings[4] == "Hello, Ada"
    assert greetings[5] == greetings[11] == "Good morning, Ada"
    assert greetings[12] == greetings[17] == "Good afternoon, Ada"
    assert greetings[18] == greetings[22] == "Good evening, Ada"


def test_a_recovery_code_is_spoken_of(owner):
    kit_codes.enable_app(owner)
    recovery_codes.make(owner, now=timezone.now())
    codes = recovery_codes.unsaved(owner.id)
    recovery_codes.confirm_saved(
        administrator_id=owner.id, actor=people.actor(owner), now=timezone.now()
    )
    client = Client(HTTP_USER_AGENT=people.CHROME)
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    client.post("/sign-in/recovery/", {"code": codes[0]})
    said = text(client.get("/"))
    assert "You signed in with a recovery code. 9 codes are left." in said
    assert "Set up a new device" in said
    assert "Make new codes soon" not in said
    owner.recovery_sets.get().codes.filter(
        id__gt=owner.recovery_sets.get().codes.order_by("id")[2].id
    ).update(used_at=timezone.now())
    assert "Make new codes soon" in text(client.get("/"))


def test_cards_lead_to_the_tabs_that_somebody_may_use(colleague):
    Tab.objects.create(
        key="pbx", title="Phone system", description="Call flows.", url="https://pbx.example"
    )
    Tab.objects.create(key="reports", title="Reports", url="https://reports.example")
    cached.forget()
    rows = Administrator.objects.of(colleague.customer_id).filter(id=colleague.id)
    rows.update(tabs=" home pbx support ")
    said = text(browsers.browser_of(colleague).get("/"))
    assert "Phone system Call flows. Open" in said
    assert "Support" in said
    for absent in ("Reports", "Administrators", "Activity"):
        assert absent not in said


def test_who_looks_after_people_sees_them_in_numbers(owner, colleague):
    kit_codes.enable_app(owner)
    people.make_administrator(
        owner.customer, email="zoe@harbourbakery.example", name="Zoe Adler", require_2fa=True
    )
    people.make_administrator(
        owner.customer,
        email="gone@harbourbakery.example",
        name="Al Gone",
        status="removed",
        require_2fa=True,
    )
    said = text(browsers.browser_of(owner).get("/"))
    assert "3 people, 1 with two factors" in said
    assert "1 person must use two factors but has not set them up" in said


def test_a_policy_counts_everybody_without_a_factor(owner, colleague):
    kit_codes.enable_app(owner)
    client = browsers.browser_of(owner)
    policies.require(owner.customer_id)
    assert "1 person must use two factors" in text(client.get("/"))


def test_another_customers_people_are_not_counted(owner, outsider):
    assert "1 person, 0 with two factors" in text(browsers.browser_of(owner).get("/"))


def test_the_end_of_the_grace_is_told(owner):
    client = browsers.browser_of(owner)
    policies.require(owner.customer_id, from_day=timezone.now().date() + timedelta(days=7))
    assert client.get("/").headers["Location"] == "/sign-in/set-up/"
    client.post("/sign-in/set-up/", {"later": "on"})
    assert "Two-factor sign-in is required from" in text(client.get("/"))


def test_who_has_no_right_to_home_is_refused(colleague):
    client = browsers.browser_of(colleague)
    Administrator.objects.of(colleague.customer_id).filter(id=colleague.id).update(tabs=" support ")
    assert client.get("/").status_code == 403


def test_a_stranger_is_asked_to_sign_in(customer, client):
    assert client.get("/").headers["Location"] == "/sign-in/"


@pytest.mark.parametrize("more", [0, 30])
def test_home_costs_two_queries_however_many_people_there_are(
    owner, more, django_assert_num_queries
):
    for number in range(more):
        people.invite(owner.customer, email=f"p{number}@harbourbakery.example")
    client = browsers.browser_of(owner)
    client.get("/")
    with django_assert_num_queries(2):
        client.get("/")


def test_home_costs_one_query_for_who_looks_after_nobody(colleague, django_assert_num_queries):
    client = browsers.browser_of(colleague)
    client.get("/")
    with django_assert_num_queries(1):
        client.get("/")


def test_only_reading_is_answered(owner):
    assert browsers.browser_of(owner).post("/").status_code == 405


def lines_of_staff(browser: Client) -> dict[str, str]:
    """Return what waits for somebody of the provider: each sentence with the way to it."""
    page = browser.get("/").content.decode()
    part = page.partition('id="waiting"')[2].partition("</section>")[0]
    found = re.findall(r'<p class="grow">(.*?)</p>.*?href="([^"]+)"', part, re.DOTALL)
    return {text: unescape(href) for text, href in found}


@pytest.mark.django_db
@pytest.mark.parametrize("reach", [None, Reach.BRANDS, Reach.CUSTOMERS])
def test_staff_sees_what_waits_within_their_scope_each_with_its_way(reach):
    there, now = staff.two(), timezone.now()
    tabs = staff.EVERY_TAB | {MANAGE}
    nora = staff.member("nora@provider.example", there.scope(reach), tabs=tabs)
    kit_codes.enable_app(nora)
    for one in (there.near, there.far):
        for state in (ImportState.STOPPED, ImportState.DONE):
            ImportRun.objects.create(
                kind="people",
                customer=one,
                state=state,
                file_name=f"{one.name} {state}.csv",
                begun_at=now,
                asked_at=now,
                changed_at=now,
            )
        later = now + timedelta(days=9)
        Customer.objects.filter(id=one.id).update(status="closed", delete_at=later)
    staff.company("Near Office", there.near_brand)
    late = staff.company("Late Library", there.near_brand)
    for one, at in ((there.near, now), (late, now - timedelta(hours=2))):
        Managing.objects.create(
            customer=one, staff=nora, state="agreed", reason="r", asked_at=at, agreed_at=at
        )
    browser = browsers.browser_of_with_factor(nora)
    many = reach is None
    imports, deleted = "/customers/import/?state=stopped", "/customers/?status=to-delete"
    assert lines_of_staff(browser) == {
        "Near Bakery lets you manage its portal": f"/customers/{there.near.id}/manage/",
        "2 imports were stopped and wait until somebody goes on"
        if many
        else "1 import was stopped and waits until somebody goes on": imports,
        "2 customers are to be deleted for good"
        if many
        else "1 customer is to be deleted for good": deleted,
    }
    # Each way leads to exactly what was counted.
    listed = browser.get(imports).content.decode()
    assert listed.count("stopped.csv") == (2 if many else 1)
    assert "done.csv" not in listed
    found = browser.get(deleted).content.decode()
    assert ("Zyxpert" in found, "Near Bakery" in found, "Near Office" in found) == (
        many,
        True,
        False,
    )
    assert "2 customers" in found if many else "1 customer" in found
    assert "No customer found" in browser.get(f"{deleted}&q=office").content.decode()
    assert "Near Bakery" in browser.get(f"{deleted}&q=bak").content.decode()


@pytest.mark.django_db
def test_without_these_tabs_nothing_of_the_provider_waits(owner):
    there, now = staff.two(), timezone.now()
    Customer.objects.filter(id=there.near.id).update(status="closed", delete_at=now)
    nora = staff.member("nora@provider.example", tabs={"home"})
    kit_codes.enable_app(nora)
    assert lines_of_staff(browsers.browser_of_with_factor(nora)) == {}
    assert lines_of_staff(browsers.browser_of(owner)) == {}
