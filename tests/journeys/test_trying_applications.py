"""Staff tries an application: what it would be told of somebody, by the gate's own word; nothing is given by it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner
from django.test import Client

from doorward.accounts.models import Administrator, Status
from doorward.applications.events import APPLICATION_TRIED
from doorward.applications.models import Application, Grant
from doorward.cli.base import main
from doorward.customers.tabs import ADMINISTRATORS, CUSTOMERS, TABS
from doorward.permissions.staff_scope import Reach, Scope
from tests.kit import browsers, people
from tests.kit.applications import Relying, give_tab, make_application, make_secret, said
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app
from tests.kit.factors import require
from tests.kit.staff import narrowed
from tests.threats.trusting import give_password, trusting
from tests.whole.rows import state

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        name="Nora Whitfield",
        tabs=("home", TABS, ADMINISTRATORS, CUSTOMERS),
    )


@pytest.fixture
def application(staff):
    return make_application(scopes=frozenset({"profile", "email", "phone", "customer", "tabs"}))


def _try(browser, application, email):
    return browser.post(f"/tabs/{application.tab_id}/application/try/", {"email": email})


def _console(email):
    answer = CliRunner().invoke(main, ["applications", "try", "phone", email, "--json"])
    return json.loads(answer.stdout) if answer.exit_code == 0 else answer.stderr


def test_it_shows_what_the_application_is_then_told(staff, application, owner):
    give_tab(owner)
    enable_app(owner)
    relying = Relying(application, make_secret(application))
    tokens = relying.tokens(
        sign_in(Client(), owner), scope="openid profile email phone customer tabs"
    )
    told = relying.userinfo(tokens["access_token"]).json()
    claims = said(tokens["id_token"])

    tried = _console(owner.email)
    assert {name: one for each in tried["claims"].values() for name, one in each.items()} == told
    [by_app] = [one for one in tried["ways"] if one["with"] == "app"]
    assert (by_app["step"], by_app["acr"], by_app["amr"]) == (
        "through",
        claims["acr"],
        claims["amr"],
    )
    enable_app(staff)
    browser = sign_in(Client(), staff)
    page = _try(browser, application, owner.email.upper()).content.decode()
    for value in (told["sub"], told["email"], told["given_name"], claims["acr"]):
        assert value in page
    assert "gets in" in page


def test_each_session_that_somebody_has_now_is_told_as_it_is(staff, application, owner):
    """With the password alone; with an app; and once two factors are required, what is asked for first."""
    give_tab(owner)
    assert _console(owner.email)["sessions"] == []
    enable_app(staff)
    browser = sign_in(Client(), staff)
    browser_of(owner).get("/security/")
    page = _try(browser, application, owner.email).content.decode()
    assert "gets in at once" in page
    assert "the password alone" in page
    require(owner)
    assert _console(owner.email)["sessions"][0]["step"] == "verify-mailbox"
    page = _try(browser, application, owner.email).content.decode()
    assert "is asked for a code from their mailbox first" in page

    enable_app(owner)
    relying = Relying(application, make_secret(application))
    claims = said(relying.tokens(sign_in(Client(), owner))["id_token"])
    now = _console(owner.email)["sessions"][0]
    assert (now["step"], now["acr"], now["amr"]) == ("through", claims["acr"], claims["amr"])
    assert int(datetime.fromisoformat(now["auth_time"]).timestamp()) == claims["auth_time"]
    assert "auth_time" in _try(browser, application, owner.email).content.decode()


def test_what_the_application_asks_is_asked_of_the_session_too(staff, application, owner):
    give_tab(owner)
    enable_app(owner)
    Application.objects.update(required_acr="phr")
    sign_in(Client(), owner)
    [now] = _console(owner.email)["sessions"]
    assert (now["step"], now["acr"]) == ("another-factor", "urn:doorward:two-factor")


def test_a_trusted_browser_lets_in_there_too(staff, application, owner):
    give_tab(owner)
    browser = trusting(owner)
    browser.post("/sign-out/")
    give_password(browser, owner)
    assert browser.get("/security/").status_code == 200
    [now] = _console(owner.email)["sessions"]
    relying = Relying(application, make_secret(application))
    claims = said(relying.tokens(browser)["id_token"])
    assert (now["step"], now["acr"], now["amr"]) == ("through", claims["acr"], claims["amr"])


def test_nothing_is_given_and_history_has_it_once(staff, application, owner):
    give_tab(owner)
    browser = browser_of(staff)
    before = state()
    assert _try(browser, application, owner.email).status_code == 200
    _try(browser, application, owner.email)
    [event] = people.events(APPLICATION_TRIED)
    assert (event.actor_id, event.subject_id, event.customer_id) == (
        staff.id,
        owner.id,
        owner.customer_id,
    )
    assert event.details["tab"] == "Phone"
    changed = {table for table, rows in state().items() if rows != before[table]}
    assert not Grant.objects.exists()
    assert not [one for one in changed if one.startswith(("applications", "accounts", "credent"))]


@pytest.mark.parametrize(
    ("has_tab", "more", "comes", "told"),
    [
        (False, "", "does not get in: no right to this tab", False),
        (True, "suspended", "cannot sign in", False),
        (True, "required", "sets up two-factor sign-in", True),
        (True, "phr", "before they have set up what the application asks for", True),
    ],
)
def test_it_says_what_is_in_the_way(staff, application, owner, has_tab, more, comes, told):
    if has_tab:
        give_tab(owner)
    _prepare(owner, more)
    page = _try(browser_of(staff), application, owner.email).content.decode()
    assert comes in page
    assert ("What it is told" in page) is told
    assert "urn:doorward:" not in page, "by then they have verified something else"
    assert (owner.last_name in page.partition("What it is told")[2]) is told


def _prepare(person, what):
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    if what == "suspended":
        rows.update(status=Status.SUSPENDED)
    elif what == "required":
        require(person)
    elif what:
        Application.objects.update(required_acr=what)


def test_who_sees_some_customers_only_has_no_tabs_to_try(staff, application, owner):
    narrowed(staff, Scope(Reach.CUSTOMERS, frozenset({owner.customer_id})))
    assert _try(browser_of(staff), application, owner.email).status_code == 403
    assert not people.events(APPLICATION_TRIED)


@pytest.mark.parametrize("email", ["nobody@nowhere.example", "", "\0", "x" * 400])
def test_an_e_mail_that_nobody_has_is_refused(staff, application, email):
    answer = _try(browser_of(staff), application, email)
    assert answer.status_code == 422
    assert "Nobody has this e-mail." in answer.content.decode()
    assert "saved" not in answer.content.decode(), "nothing was to be"
    assert _console(email or "x") == "Nobody has this e-mail.\n"


def test_it_takes_both_rights_and_a_young_proof(staff, application, owner):
    path = f"/tabs/{application.tab_id}/application/try/"
    for number, tabs in enumerate(((TABS, ADMINISTRATORS), (CUSTOMERS, ADMINISTRATORS))):
        one = people.make_administrator(
            people.provider(), email=f"o{number}@provider.example", tabs=("home", *tabs)
        )
        assert browser_of(one).get(path).status_code == 403
        assert browser_of(one).post(path, {"email": owner.email}).status_code == 403
    browsers.age_proofs(staff, hours=1)
    browser = browser_of(staff)
    browsers.age_proofs(staff, hours=1)
    assert browser.get(path).status_code == 200
    assert _try(browser, application, owner.email)["Location"].startswith("/prove/")
    assert not people.events(APPLICATION_TRIED)
