"""A site without a sign-in of its own: what a proxy is told, and how people get in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.accounts.models import Administrator
from doorward.applications import forgetting, identity_headers, sites
from doorward.applications.events import APPLICATION_SIGNED_IN
from doorward.applications.models import SiteVisit
from doorward.audit.actor import CONSOLE
from doorward.customers import cached
from doorward.customers.models import Tab, TabAudience
from doorward.sessions.models import Session
from tests.kit import endings, people
from tests.kit.applications import give_tab, head, take_tab
from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app, next_code
from tests.kit.factors import require
from tests.kit.people import PASSWORD
from tests.kit.sites import ORIGIN, TAB, AtSite, believe, make_site
from tests.threats.trusting import give_password, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _proxied(settings):
    believe(settings)


@pytest.fixture
def site(owner):
    give_tab(owner, TAB)
    return make_site()


@pytest.fixture
def browser(site, owner):
    """Be a browser that is signed in at the site."""
    found = AtSite(browser_of(owner))
    assert found.sign_in("/page?x=1")["Location"] == f"{ORIGIN}/page?x=1"
    return found


def test_who_is_signed_in_gets_through_and_the_site_is_told_who_it_is(browser, owner):
    answer = browser.ask("/page")
    assert (answer.status_code, answer.content) == (200, b"")
    told = {name: answer[name] for name in identity_headers.HEADERS}
    assert told[identity_headers.USER] == told[identity_headers.EMAIL] == owner.email
    assert told[identity_headers.NAME] == owner.full_name
    assert told[identity_headers.CUSTOMER] == owner.customer.name


def test_the_signed_header_says_the_same_for_this_site_alone(browser, owner):
    token = browser.ask("/")[identity_headers.ASSERTION]
    keys = KeySet.import_key_set(Client().get("/oidc/jwks/").json())
    claims = jwt.decode(token, keys, algorithms=["ES256"]).claims
    assert head(token)["typ"] == identity_headers.SITE
    issuer = Client().get("/.well-known/openid-configuration").json()["issuer"]
    assert (claims["iss"], claims["aud"]) == (issuer, ORIGIN)
    assert (claims["email"], claims["name"]) == (owner.email, owner.full_name)
    assert claims["customer"] == {"id": str(owner.customer_id), "name": owner.customer.name}
    assert (claims["acr"], claims["amr"]) == ("urn:doorward:password", ["pwd"])
    assert str(owner.id) not in claims["sub"]
    assert claims["exp"] - claims["iat"] == identity_headers.LASTS_SECONDS
    now = timezone.now().timestamp()
    assert claims["iat"] <= now < claims["exp"] - 55


def test_names_of_any_script_are_in_ascii(browser, owner):
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(first_name="Zoë 100%", last_name="Čapek")
    answer = browser.ask("/")
    assert answer[identity_headers.NAME] == "Zo%C3%AB 100%25 %C4%8Capek"


def test_an_answer_is_one_query(browser):
    # Now and then brands or the key that signs are read again.
    assert min(_queries(browser) for _ in range(3)) == 1


def _queries(browser):
    with CaptureQueriesContext(connection) as asked:
        assert browser.ask("/").status_code == 200
    return len(asked)


def test_a_stranger_is_led_to_the_portal_signs_in_and_comes_back(site, owner):
    browser = AtSite()
    led = browser.ask("/deep/page?x=1")
    assert led.status_code == 303
    heading = browser.lead("/deep/page?x=1")["Location"]
    assert heading.startswith("/sign-in/?next=%2Fforward-auth%2Fstart%2F")
    onward = parse_qs(urlsplit(heading).query)["next"][0]
    at = browser.portal.post(heading, {"email": owner.email, "password": PASSWORD, "next": onward})
    page = browser.portal.get(at["Location"])
    # From a form, browsers follow no redirect to another site.
    assert page.status_code == 200
    address = page["Refresh"].partition("url=")[2]
    assert address.startswith(f"{ORIGIN}/.doorward/sign-in/?code=")
    assert browser.at(address)["Location"] == f"{ORIGIN}/deep/page?x=1"
    assert browser.ask("/deep/page").status_code == 200
    [event] = people.events(APPLICATION_SIGNED_IN)
    assert (event.subject_id, event.details["key"]) == (owner.id, TAB)


def test_what_cannot_be_led_is_answered_401(site):
    browser = AtSite()
    assert browser.ask(answer="status").status_code == 401
    for mode in ("cors", "no-cors", "same-origin", "websocket"):
        assert browser.ask(headers={"Sec-Fetch-Mode": mode}).status_code == 401
    assert (
        browser.ask(headers={"Sec-Fetch-Mode": None, "Accept": "application/json"}).status_code
        == 401
    )
    assert browser.ask(headers={"Sec-Fetch-Mode": None}).status_code == 303


def test_a_page_is_asked_for_again_where_it_was_let_through_meanwhile(browser):
    answer = browser.ask("/page?x=1", answer="page")
    assert (answer.status_code, answer["Location"]) == (303, f"{ORIGIN}/page?x=1")


def test_what_was_sent_is_not_sent_again(site, owner):
    browser = AtSite(browser_of(owner))
    led = browser.ask("/save", method="POST")
    parts = urlsplit(led["Location"])
    at = browser.portal.get(f"{parts.path}?{parts.query}")["Location"]
    assert browser.at(at)["Location"] == f"{ORIGIN}/"


def test_two_windows_that_begin_at_once_both_get_in(site, owner):
    browser = AtSite(browser_of(owner))
    one, two = browser.to_portal("/one"), browser.to_portal("/two")
    for start, page in ((two, "/two"), (one, "/one")):
        answer = browser.at(browser.portal.get(start)["Location"])
        assert answer["Location"] == f"{ORIGIN}{page}"


def test_a_step_that_is_missing_is_taken_at_the_portal(owner):
    give_tab(owner, TAB)
    enable_app(owner)
    make_site(required_acr="phr")
    browser = AtSite(browser_of(owner))
    led = browser.lead("/")
    # A passkey, which they have not got: they are told what to set up.
    assert led.status_code == 403
    assert "One more step" in led.content.decode()


def test_who_verified_too_little_verifies_more_and_comes_back(owner):
    """A browser that is trusted verified a password alone, and the site wants two factors."""
    give_tab(owner, TAB)
    make_site(required_acr="urn:doorward:two-factor")
    client = trusting(owner)
    client.post("/sign-out/")
    assert give_password(client, owner) == "through"
    browser = AtSite(client)
    led = browser.lead("/page")["Location"]
    assert led.startswith("/prove/?next=%2Fforward-auth%2Fstart%2F")
    onward = parse_qs(urlsplit(led).query)["next"][0]
    proved = client.post(led, {"code": next_code(owner), "next": onward})
    page = client.get(proved["Location"])
    assert browser.at(page["Refresh"].partition("url=")[2])["Location"] == f"{ORIGIN}/page"
    assert browser.ask().status_code == 200


def test_forced_set_up_comes_in_between_and_then_the_site(browser, owner):
    require(owner)
    assert browser.ask("/").status_code == 303
    assert browser.ask("/", answer="status").status_code == 401
    assert browser.lead("/")["Location"].startswith("/sign-in/")


OVER: dict[str, Callable[[Administrator], object]] = {
    **endings.OVER,
    "more must be verified": lambda _: sites.change(
        _site().id, sites.SiteDetails(origin=ORIGIN, required_acr="phr"), actor=CONSOLE
    ),
    "the right to the tab was taken": lambda one: take_tab(one, TAB),
    "the site was removed": lambda _: sites.remove(_site().id, actor=CONSOLE),
    "the site moved": lambda _: sites.change(
        _site().id, sites.SiteDetails(origin="https://other.example"), actor=CONSOLE
    ),
    "the tab was removed": lambda _: Tab.objects.filter(key=TAB).delete(),
    "it was idle for long": lambda one: Session.objects.filter(administrator=one).update(
        seen_at=timezone.now() - timedelta(days=1)
    ),
}


_NO_RIGHT = frozenset(
    {
        "the right to the tab was taken",
        "the site was removed",
        "the site moved",
        "the tab was removed",
    }
)


def _site():
    return sites.all_of_them().get()


@pytest.mark.parametrize("what", OVER)
def test_the_very_next_request_is_refused(browser, owner, what):
    assert browser.ask().status_code == 200
    OVER[what](owner)
    # Who is gone, or the site: nobody is told that they could sign in to it.
    refused = 403 if what in _NO_RIGHT else 401
    assert browser.ask(answer="status").status_code == refused


def test_who_has_no_right_is_told_whom_to_ask(browser, owner):
    take_tab(owner, TAB)
    page = browser.ask()
    assert page.status_code == 403
    text = page.content.decode()
    assert "You have no access to Wiki" in text
    assert owner.customer.name in text
    assert "/static/" not in text
    # The portal says the same, and gives no code.
    assert AtSite(browser.portal).lead("/").status_code == 403
    assert SiteVisit.objects.count() == 1


def test_the_portal_says_who_can_give_the_right(site, owner, colleague):
    take_tab(owner, TAB)
    mine = AtSite(browser_of(owner)).lead().content.decode()
    assert "so you can give it to yourself" in mine
    assert f'href="/administrators/{owner.id}/"' in mine
    theirs = AtSite(browser_of(colleague)).lead().content.decode()
    assert f"Ask {owner.full_name}" in theirs
    assert "/administrators/" not in theirs
    Tab.objects.filter(id=site.tab_id).update(audience=TabAudience.CUSTOMERS, audience_ids=[])
    cached.forget()
    for one in (owner, colleague):
        page = AtSite(browser_of(one)).lead().content.decode()
        assert "It is not for the people of" in page
        assert "Administrators tab" not in page, "nobody there can give it"


def test_signing_out_at_the_site(browser):
    answer = browser.at("/.doorward/sign-out/")
    assert answer["Location"].endswith("/oidc/logout/")
    assert browser.ask(answer="status").status_code == 401
    assert SiteVisit.objects.get().ended_at is not None


def test_use_keeps_the_session_and_what_pages_ask_by_themselves_does_not(browser, owner):
    minutes = timedelta(minutes=5)
    for mode, kept in (("cors", False), ("navigate", True)):
        Session.objects.filter(administrator=owner).update(seen_at=timezone.now() - minutes)
        assert browser.ask(headers={"Sec-Fetch-Mode": mode}).status_code == 200
        age = timezone.now() - Session.objects.filter(administrator=owner).get().seen_at
        assert (age < minutes) is kept


def test_what_is_over_is_forgotten(browser):
    now = timezone.now()
    assert forgetting.forget(now=now + timedelta(hours=47)) == 0
    assert forgetting.forget(now=now + timedelta(hours=49)) == 1
