"""Account: who the customer is, and what it asks of its people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest

from doorward.accounts.models import Administrator
from doorward.customers import cached
from doorward.customers.models import Brand, Customer
from doorward.policy.events import POLICY_CHANGED, POLICY_PLANNED, POLICY_WITHDRAWN
from doorward.policy.fields import DEFAULTS, Kinds, RequiredOf, Values
from doorward.policy.models import PolicyVersion
from tests.kit import browsers, codes, pages, people, policies


def fields(**changes):
    return {
        "seen": "0",
        "required_of": "everyone",
        "from": "2026-12-01",
        "newcomer_days": "0",
        "kinds": "any",
        "trust_days": "0",
        "session_hours": "8",
        "idle_minutes": "15",
        "recovery_by": "colleague",
        "recovery_wait_hours": "0",
        "support_access": "ask",
        "starts": "",
        "reason": "",
    } | changes


def text(answer) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def browser(owner):
    return browsers.browser_of(owner)


def policy(person) -> Values:
    return policies.of(person.customer_id)


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


def test_the_policy_is_changed(owner, clock):
    browser = browsers.browser_of(owner)
    answer = browser.post("/account/", fields())
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert policy(owner) == Values(
        required_of=RequiredOf.EVERYONE,
        from_day=date(2026, 12, 1),
        session_hours=8,
        idle_minutes=15,
    )
    (event,) = people.events(POLICY_CHANGED)
    assert event.customer_id == owner.customer_id
    assert event.details["changed"] == [
        "policy.required_of",
        "policy.from",
        "policy.session_hours",
        "policy.idle_minutes",
    ]
    assert event.details["before"] == ["ticked", "None", "12", "30"]
    assert event.details["after"] == ["everyone", "2026-12-01", "8", "15"]
    browser.post("/sign-in/set-up/", {"later": "on"})
    said = text(browser.get("/account/"))
    assert "The grace period ends on 1 Dec 2026" in said
    assert "Required, not set up 1" in said


def test_it_can_be_lifted(owner, clock):
    browser = browsers.browser_of(owner)
    browser.post("/account/", fields())
    browser.post("/sign-in/set-up/", {"later": "on"})
    answer = browser.post("/account/", fields(seen="1", required_of="ticked"))
    assert answer.status_code == 303
    assert policy(owner) == replace(DEFAULTS, session_hours=8, idle_minutes=15)


def test_what_stays_as_it_is_is_no_event(owner, browser):
    stored = fields(required_of="ticked", session_hours="12", idle_minutes="30")
    assert browser.post("/account/", stored).status_code == 303
    assert not people.events(POLICY_CHANGED)
    assert not PolicyVersion.objects.exists()


# --- by tabs, in waves, planned --------------------------------------------------------------------


def test_it_is_asked_of_the_users_of_some_tabs(owner, colleague, browser):
    answer = browser.post("/account/", fields(required_of="tabs", tabs="activity", **{"from": ""}))
    assert answer.status_code == 303
    assert policy(owner).tabs == {"activity"}
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(tabs=" account home ")
    said = text(browser.get("/account/"))
    assert "Two-factor sign-in is required of everybody who may use Activity." in said
    assert browsers.browser_of(colleague).get("/").status_code == 200
    rows = Administrator.objects.of(owner.customer_id).filter(id=colleague.id)
    rows.update(tabs=" activity home ")
    answer = browsers.browser_of(people.again(colleague)).get("/")
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/mailbox/")


def test_what_the_form_does_not_offer_is_not_taken(owner, browser):
    assert browser.post("/account/", fields(required_of="nobody")).status_code == 422
    answer = browser.post("/account/", fields(required_of="tabs", tabs="customers"))
    assert answer.status_code == 422
    assert policy(owner) == DEFAULTS


@pytest.mark.parametrize("tabs", [[], ["nothing"], ["activity", "nothing"], [" "]])
def test_tabs_that_there_are_not_change_nothing(owner, browser, tabs):
    answer = browser.post("/account/", fields(required_of="tabs") | {"tabs": tabs})
    assert answer.status_code == 422
    assert policy(owner) == DEFAULTS


def test_a_version_is_planned_shown_and_taken_back(owner, clock):
    browser = browsers.browser_of(owner)
    browser.post("/account/", fields(starts="2026-12-01", reason="The audit"))
    (event,) = people.events(POLICY_PLANNED)
    assert event.details["starts"] == "2026-12-01T00:00:00+00:00"
    assert event.details["reason"] == "The audit"
    assert policy(owner) == DEFAULTS
    browser.post("/sign-in/set-up/", {"later": "on"})
    said = text(browser.get("/account/"))
    assert "Version 1 Planned" in said
    assert "The audit" in said
    (version,) = PolicyVersion.objects.all()
    answer = browser.post("/account/policy/withdraw/", {"version": version.id})
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert len(people.events(POLICY_WITHDRAWN)) == 1
    assert "Version 1 Taken back" in text(browser.get("/account/"))
    # Who has not seen that it was taken back looks again.
    assert browser.post("/account/", fields(seen="1", required_of="ticked")).status_code == 422
    browser.post("/account/", fields(seen="2", required_of="ticked"))
    newest = text(browser.get("/account/")).partition("Version 2")[2].partition("Version 1")[0]
    assert "Length of a session: 12 → 8" in newest
    assert "required of" not in newest
    again = browser.post("/account/policy/withdraw/", {"version": version.id}, follow=True)
    assert "already removed" in text(again)


def test_a_planned_version_is_changed(owner, clock):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    browser.post("/account/", fields(starts="2026-12-01", reason="The audit"))
    (version,) = PolicyVersion.objects.all()
    page = pages.filled(browser, f"/account/?version={version.id}", "/account/policy/rehearsal/")
    assert (page["required_of"], page["starts"], page["reason"]) == (
        *("everyone", "2026-12-01", "The audit"),
    )
    answer = browser.post("/account/", page | {"starts": "2026-12-09"})
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    first, second = PolicyVersion.objects.order_by("number")
    assert first.withdrawn_at is not None
    assert second.starts_at.date() == date(2026, 12, 9)
    assert browser.post("/account/", page | {"seen": "2"}).status_code == 422


def test_a_plan_changed_to_what_holds_anyway_is_said_to_be_taken_back(owner, clock):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    browser.post("/account/", fields(starts="2026-12-01"))
    (version,) = PolicyVersion.objects.all()
    page = pages.filled(browser, f"/account/?version={version.id}", "/account/policy/rehearsal/")
    page |= {"required_of": "ticked", "from": "", "session_hours": "12", "idle_minutes": "30"}
    said = text(browser.post("/account/", page, follow=True))
    assert "That holds by then anyway, so the planned version was taken back." in said
    assert len(people.events(POLICY_WITHDRAWN)) == 1


def test_under_a_minimum_of_tabs_the_page_says_that_less_changes_nothing(owner):
    codes.enable_app(owner)
    policies.require_by_minimum(
        owner.customer_id, required_of=RequiredOf.TABS, tabs=frozenset({"administrators"})
    )
    browser = browsers.browser_of(owner)
    said = text(browser.get("/account/"))
    whom = "requires two-factor sign-in of everybody here who may use Administrators"
    assert f"{whom}, whatever you choose." in said
    assert browser.post("/account/", fields(required_of="ticked")).status_code == 303
    said = text(browser.get("/security/2fa/disable/"))
    assert (
        "The provider of this portal requires two-factor sign-in of everybody who may use Administrators"
        in said
    )
    said = text(browser.get(f"/administrators/{owner.id}/"))
    assert "of everybody who may use Administrators, so it cannot be unticked" in said


def test_a_policy_of_tabs_says_on_the_page_that_disables_whom_it_concerns(owner):
    codes.enable_app(owner)
    policies.ask(
        owner.customer_id, required_of=RequiredOf.TABS, tabs=frozenset({"account", "support"})
    )
    said = text(browsers.browser_of(owner).get("/security/2fa/disable/"))
    assert "requires two-factor sign-in of everybody who may use Account, Support." in said


@pytest.mark.parametrize("version", ["x", "0" * 32])
def test_an_address_that_names_no_version_shows_what_holds(browser, version):
    form = pages.filled(browser, f"/account/?version={version}", "/account/policy/rehearsal/")
    assert form["required_of"] == "ticked"


def test_what_holds_is_not_taken_back(owner, browser):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    browser.post("/account/", fields())
    (version,) = PolicyVersion.objects.all()
    answer = browser.post("/account/policy/withdraw/", {"version": version.id}, follow=True)
    assert "has taken effect and cannot be taken back" in text(answer)
    assert policy(owner).required_of is RequiredOf.EVERYONE


@pytest.mark.parametrize("version", ["", "x", "0" * 32])
def test_no_version_is_nothing(browser, version):
    assert browser.post("/account/policy/withdraw/", {"version": version}).status_code == 404


def test_of_two_who_save_at_once_the_second_looks_again(owner, browser):
    first, second = fields(required_of="ticked"), fields(required_of="ticked", idle_minutes="20")
    assert browser.post("/account/", first).status_code == 303
    answer = browser.post("/account/", second)
    assert answer.status_code == 422
    assert "Somebody changed the policy in the meantime." in answer.content.decode()
    assert policy(owner).idle_minutes == 15


def test_a_grace_period_that_is_over_is_not_given_again(owner, clock):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    policies.require(owner.customer_id)
    clock.shift(timedelta(seconds=1).total_seconds())
    answer = browser.post("/account/", fields(seen="1"))
    assert answer.status_code == 422
    assert "The grace period is over and is not given again." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("newcomer_days", "91"),
        ("newcomer_days", "-1"),
        ("newcomer_days", "7.5"),
        ("newcomer_days", ""),
        ("newcomer_days", "seven"),
        ("newcomer_days", "٧"),
        ("newcomer_days", "9" * 400),
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
    assert policy(owner) == DEFAULTS
    assert not people.events(POLICY_CHANGED)


@pytest.mark.parametrize(
    "missing",
    [
        *("seen", "required_of", "from", "newcomer_days", "kinds"),
        *("trust_days", "session_hours", "idle_minutes"),
        *("recovery_by", "recovery_wait_hours", "support_access"),
    ],
)
def test_a_missing_field_changes_nothing(owner, browser, missing):
    sent = fields()
    del sent[missing]
    assert browser.post("/account/", sent).status_code == 422
    assert policy(owner) == DEFAULTS


@pytest.mark.parametrize("twice", fields())
def test_a_list_where_one_value_belongs_changes_nothing(owner, browser, twice):
    body = urlencode([*fields().items(), (twice, "on")])
    answer = browser.post("/account/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert policy(owner) == DEFAULTS


# --- which factors, and trusted browsers ----------------------------------------------------------


def test_kinds_and_trust_are_off_until_they_are_chosen_and_say_why(owner, browser):
    page = browser.get("/account/").content.decode()
    assert "NIST (SP 800-63B-4) does not count it as a factor" in page
    assert re.search(r'name="trust_days"[^>]*|value="0"[^>]*name="trust_days"', page)
    assert re.search(r'value="any" checked', page)


def test_kinds_and_trust_are_changed_and_told(owner, browser):
    sent = fields(required_of="ticked", kinds="phishing_resistant", trust_days="14")
    assert browser.post("/account/", sent).status_code == 303
    chosen = policy(owner)
    assert (chosen.kinds, chosen.trust_days) == (Kinds.PHISHING_RESISTANT, 14)
    (event,) = people.events(POLICY_CHANGED)
    assert {"policy.kinds", "policy.trust_days"} < set(event.details["changed"])
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
    assert policy(owner).kinds is Kinds.ANY


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
    assert policy(owner).kinds == wanted


# --- the provider's minimum -------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["customer", "brand"])
def test_a_minimum_is_shown_as_held_with_its_reason(owner, browser, of):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    if of == "customer":
        policies.require_by_minimum(owner.customer_id)
    else:
        policies.require_by_brand(owner.customer.brand_id)
    page = browser.get("/account/").content.decode()
    radios = re.findall(r'<input[^>]*name="required_of"[^>]*>', page)
    assert radios
    assert all("disabled" in one for one in radios)
    assert ["everyone" in one for one in radios] == ["checked" in one for one in radios]
    assert "requires two-factor sign-in of" in page
    assert "Only Northline can change it." in page.replace(owner.customer.brand.name, "Northline")


def test_a_minimum_leaves_the_customers_own_choice_as_it_was(owner, clock):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    policies.require_by_minimum(owner.customer_id)
    sent = fields(**{"from": ""})
    del sent["required_of"]
    assert browser.post("/account/", sent).status_code == 303
    assert policy(owner) == replace(DEFAULTS, session_hours=8, idle_minutes=15)


@pytest.mark.parametrize(
    ("minimum", "typed"),
    [
        ({"required_of": RequiredOf.EVERYONE}, {"required_of": "tabs", "tabs": "home"}),
        ({"session_hours": 6}, {}),
        ({"idle_minutes": 10}, {}),
        ({"trust_days": 5}, {"trust_days": "6"}),
        ({"kinds": Kinds.PHISHING_RESISTANT}, {"kinds": "any", "trust_days": "x"}),
    ],
    ids=str,
)
def test_nothing_is_chosen_below_the_minimum(owner, minimum, typed):
    codes.enable_app(owner)
    Brand.objects.update(hosts=["localhost"])
    cached.forget()
    browser = browsers.browser_of(owner)
    policies.require_by_minimum(owner.customer_id, **({"required_of": RequiredOf.NOBODY} | minimum))
    answer = browser.post("/account/", fields(**typed))
    assert answer.status_code == 422
    assert policy(owner) == DEFAULTS


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
    assert policy(owner) == DEFAULTS


def test_without_the_account_tab_nothing_is_read_or_changed(owner, browser):
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(tabs=" administrators home ")
    assert browser.get("/account/").status_code == 403
    assert browser.post("/account/", fields()).status_code == 403
    assert policy(owner) == DEFAULTS


def test_each_changes_their_own_account_alone(owner, outsider):
    browsers.browser_of(outsider).post("/account/", fields())
    assert policy(owner) == DEFAULTS
    assert policy(outsider).required_of is RequiredOf.EVERYONE


def test_a_colleague_and_a_stranger_see_nothing(colleague, client):
    assert browsers.browser_of(colleague).get("/account/").status_code == 403
    assert client.get("/account/")["Location"].startswith("/sign-in/?next=")
    assert client.post("/account/", fields())["Location"] == "/sign-in/"


@pytest.mark.parametrize("more", [0, 30])
def test_the_page_costs_six_queries(owner, browser, more, django_assert_num_queries):
    for number in range(more):
        people.invite(owner.customer, email=f"p{number}@harbourbakery.example")
    browser.get("/account/")
    with django_assert_num_queries(6):
        browser.get("/account/")
