"""Account: who the customer is, and what it asks of its people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from doorward.accounts.models import Administrator
from doorward.customers import cached
from doorward.customers.models import Brand, Customer
from doorward.policy.events import POLICY_CHANGED
from tests.kit import browsers, codes, people


def fields(**changes):
    return {
        "require_2fa": "on",
        "grace_days": "7",
        "kinds": "any",
        "trust_days": "0",
        "session_hours": "8",
        "idle_minutes": "15",
    } | changes


def text(answer) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def browser(owner):
    return browsers.browser_of(owner)


def policy(person) -> dict[str, object]:
    names = ("require_2fa", "grace_days", "session_hours", "idle_minutes", "grace_from")
    found: dict[str, object] = Customer.objects.filter(id=person.customer_id).values(*names).get()
    return found


def test_the_account_is_told(owner, colleague, browser):
    Customer.objects.filter(id=owner.customer_id).update(since="2021-05-04")
    Brand.objects.update(
        name="Northline", support_phone="+44 20 7946 0123", support_hours="Mon–Fri"
    )
    cached.forget()
    codes.enable_app(colleague)
    answer = browser.get("/account/")
    said = text(answer)
    assert answer.status_code == 200
    assert b'data-page="account"' in answer.content
    assert "Harbour Bakery Customer of Northline · since 4 May 2021" in said
    assert "Can sign in here 2 people" in said
    assert "Protected by two factors 1" in said
    assert "+44 20 7946 0123" in said


def test_the_policy_is_changed(owner, browser, clock):
    browser = browsers.browser_of(owner)
    answer = browser.post("/account/", fields())
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert policy(owner) == {
        "require_2fa": True,
        "grace_days": 7,
        "session_hours": 8,
        "idle_minutes": 15,
        "grace_from": datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC),
    }
    (event,) = people.events(POLICY_CHANGED)
    assert event.customer_id == owner.customer_id
    assert event.details["changed"] == [
        "grace_days",
        "idle_minutes",
        "require_2fa",
        "session_hours",
    ]
    browser.post("/sign-in/set-up/", {"later": "on"})
    said = text(browser.get("/account/"))
    assert "The grace period ends on 1 Dec 2026" in said
    assert "Required, not set up 1" in said


def test_the_box_can_be_unticked(owner, browser):
    browser.post("/account/", fields())
    browser.post("/sign-in/set-up/", {"later": "on"})
    sent = fields()
    del sent["require_2fa"]
    assert browser.post("/account/", sent).status_code == 303
    assert policy(owner)["require_2fa"] is False


def test_what_stays_as_it_is_is_no_event(owner, browser):
    stored = fields(grace_days="0", session_hours="12", idle_minutes="30")
    del stored["require_2fa"]
    assert browser.post("/account/", stored).status_code == 303
    assert not people.events(POLICY_CHANGED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grace_days", "91"),
        ("grace_days", "-1"),
        ("grace_days", "7.5"),
        ("grace_days", ""),
        ("grace_days", "seven"),
        ("grace_days", "٧"),
        ("grace_days", "9" * 400),
        ("trust_days", "31"),
        ("trust_days", "-1"),
        ("trust_days", ""),
        ("trust_days", "1.5"),
        ("session_hours", "0"),
        ("session_hours", "25"),
        ("session_hours", "12\x00"),
        ("idle_minutes", "4"),
        ("idle_minutes", "61"),
        ("idle_minutes", "1e1"),
    ],
)
def test_numbers_out_of_bounds_are_said_and_change_nothing(owner, browser, name, value):
    answer = browser.post("/account/", fields(**{name: value}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{name}-error"' in page
    assert "Type a whole number from" in page
    assert policy(owner)["session_hours"] == 12
    assert not people.events(POLICY_CHANGED)


@pytest.mark.parametrize(
    "missing", ["grace_days", "kinds", "trust_days", "session_hours", "idle_minutes"]
)
def test_a_missing_field_changes_nothing(owner, browser, missing):
    sent = fields()
    del sent[missing]
    assert browser.post("/account/", sent).status_code == 422
    assert policy(owner)["require_2fa"] is False


@pytest.mark.parametrize("twice", fields())
def test_a_list_where_one_value_belongs_changes_nothing(owner, browser, twice):
    body = urlencode([*fields().items(), (twice, "on")])
    answer = browser.post("/account/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert policy(owner)["require_2fa"] is False


# --- which factors, and trusted browsers ----------------------------------------------------------


def test_kinds_and_trust_are_off_until_they_are_chosen_and_say_why(owner, browser):
    page = browser.get("/account/").content.decode()
    assert "NIST (SP 800-63B-4) does not count it as a factor" in page
    assert re.search(r'name="trust_days"[^>]*|value="0"[^>]*name="trust_days"', page)
    assert re.search(r'value="any" checked', page)


def test_kinds_and_trust_are_changed_and_told(owner, browser):
    sent = fields(kinds="phishing_resistant", trust_days="14")
    del sent["require_2fa"]
    assert browser.post("/account/", sent).status_code == 303
    customer = Customer.objects.get(id=owner.customer_id)
    assert (customer.kinds, customer.trust_days) == ("phishing_resistant", 14)
    (event,) = people.events(POLICY_CHANGED)
    assert {"kinds", "trust_days"} < set(event.details["changed"])
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(tabs=" account home ")
    said = text(browser.get("/account/"))
    assert "Where two factors are required, only a passkey is enough" in said
    assert "A browser may be trusted for 14 days" in said


@pytest.mark.parametrize("kinds", ["", "app", "any\x00", "PHISHING_RESISTANT", "x" * 9000])
def test_kinds_that_do_not_exist_change_nothing(owner, browser, kinds):
    answer = browser.post("/account/", fields(kinds=kinds))
    assert answer.status_code == 422
    assert "Choose one from the list." in answer.content.decode()
    assert Customer.objects.get(id=owner.customer_id).kinds == "any"


@pytest.mark.parametrize(
    ("host", "possible"),
    [("localhost", True), ("127.0.0.1", False), ("portal.northwind.example", False)],
)
def test_passkeys_alone_are_not_asked_for_where_nobody_can_make_one(owner, browser, host, possible):
    # The tests' portal has no https, which browsers want anywhere but on the machine itself.
    Brand.objects.update(hosts=[host])
    cached.forget()
    answer = browser.post("/account/", fields(kinds="phishing_resistant"))
    assert answer.status_code == (303 if possible else 422)
    wanted = "phishing_resistant" if possible else "any"
    assert Customer.objects.get(id=owner.customer_id).kinds == wanted


# --- the provider's minimum -------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["customer", "brand"])
def test_a_floor_is_shown_as_held_with_its_reason(owner, browser, of):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    if of == "customer":
        Customer.objects.filter(id=owner.customer_id).update(floor_require_2fa=True)
    else:
        Brand.objects.update(require_2fa=True)
    page = browser.get("/account/").content.decode()
    box = re.search(r'<input[^>]*name="require_2fa"[^>]*>', page)
    assert box
    assert "disabled" in box[0]
    assert "checked" in box[0]
    assert "requires two-factor sign-in of" in page
    assert 'name="grace_days"' not in page


def test_a_floor_leaves_the_customers_own_choice_as_it_was(owner):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    Customer.objects.filter(id=owner.customer_id).update(
        floor_require_2fa=True, require_2fa=True, grace_days=3
    )
    sent = fields()
    del sent["require_2fa"], sent["grace_days"]
    answer = browser.post("/account/", sent)
    assert answer.status_code == 303
    kept = policy(owner)
    assert (kept["require_2fa"], kept["grace_days"], kept["session_hours"]) == (True, 3, 8)


# --- who may --------------------------------------------------------------------------------------


def test_without_the_administrators_tab_the_policy_is_read_in_words(owner, browser):
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(tabs=" account home ")
    said = text(browser.get("/account/"))
    assert "Two-factor sign-in is required of those whose box Required 2FA is ticked." in said
    assert "Everybody has to sign in again after 12 hours." in said
    assert "Anyone who does nothing for 30 minutes is signed out." in said
    assert (
        b"<form"
        not in browser.get("/account/").content.partition(b"<main")[2].partition(b"</main>")[0]
    )
    assert browser.post("/account/", fields()).status_code == 403
    assert policy(owner)["require_2fa"] is False


def test_without_the_account_tab_nothing_is_read_or_changed(owner, browser):
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(tabs=" administrators home ")
    assert browser.get("/account/").status_code == 403
    assert browser.post("/account/", fields()).status_code == 403
    assert policy(owner)["require_2fa"] is False


def test_each_changes_their_own_account_alone(owner, outsider):
    browsers.browser_of(outsider).post("/account/", fields())
    assert policy(owner)["require_2fa"] is False
    assert policy(outsider)["require_2fa"] is True


def test_a_colleague_and_a_stranger_see_nothing(colleague, client):
    assert browsers.browser_of(colleague).get("/account/").status_code == 403
    assert client.get("/account/")["Location"].startswith("/sign-in/?next=")
    assert client.post("/account/", fields())["Location"] == "/sign-in/"


@pytest.mark.parametrize("more", [0, 30])
def test_the_page_costs_three_queries(owner, browser, more, django_assert_num_queries):
    for number in range(more):
        people.invite(owner.customer, email=f"p{number}@harbourbakery.example")
    browser.get("/account/")
    with django_assert_num_queries(3):
        browser.get("/account/")
