"""A site behind forward-auth, attacked: forged headers, odd addresses, cookies and codes of others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from doorward.applications import going_to_site, identity_headers, sites, visits
from doorward.applications.errors import HandOverRefused, SiteHostTaken
from doorward.applications.events import APPLICATION_SIGNED_IN
from doorward.applications.models import SiteVisit
from doorward.audit.actor import CONSOLE
from doorward.credentials.models import TrustedBrowser
from doorward.customers import brands
from doorward.customers.errors import HostIsSite
from doorward.kernel.errors import FieldsRefused
from doorward.sessions.models import Session
from tests.kit import people
from tests.kit.applications import Relying, give_tab, make_application, take_tab
from tests.kit.browsers import browser_of
from tests.kit.sites import ORIGIN, TAB, AtSite, believe, make_site
from tests.threats.trusting import give_password, trusting

pytestmark = pytest.mark.django_db
COOKIE, STATE = "__Host-doorward-site", "__Host-doorward-begun"


@pytest.fixture(autouse=True)
def _proxied(settings):
    believe(settings)


@pytest.fixture
def site(owner):
    give_tab(owner, TAB)
    return make_site()


@pytest.fixture
def browser(site, owner):
    found = AtSite(browser_of(owner))
    found.sign_in()
    assert found.ask().status_code == 200
    return found


def refused(answer):
    assert answer.status_code in {303, 400, 401, 403, 404, 422}
    assert not [name for name in identity_headers.HEADERS if name in answer.headers]
    return answer.status_code


# --- who says what is asked about -----------------------------------------------------------------


def test_only_a_trusted_proxy_is_believed(browser, settings):
    believe(settings, "10.0.0.0/8")
    assert refused(browser.ask()) == 400
    assert refused(browser.at("/.doorward/sign-in/?code=x")) == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": None},
        {"X-Forwarded-Proto": None},
        {"X-Forwarded-Proto": "ftp"},
        {"X-Forwarded-Host": "wiki.example, evil.example"},
        {"X-Forwarded-Host": "evil.example@wiki.example"},
        {"X-Forwarded-Host": "wiki.example/"},
        {"X-Forwarded-Host": "wiki.example:443:443"},
        {"X-Forwarded-Host": " "},
        # Known, and not these.
        {"X-Forwarded-Host": "logs.example"},
        {"X-Forwarded-Host": "wiki.example:8443"},
        {"X-Forwarded-Proto": "http"},
        {"X-Forwarded-Host": "sub.wiki.example"},
        {"X-Forwarded-Host": "testserver"},
    ],
)
def test_what_is_not_the_site_is_not_let_through(browser, headers):
    assert refused(browser.ask(headers=headers)) in {400, 403}


@pytest.mark.parametrize("host", ["WIKI.Example", "wiki.example.", "wiki.example:443"])
def test_other_spellings_of_its_host_are_the_site(browser, host):
    assert browser.ask(headers={"X-Forwarded-Host": host}).status_code == 200
    led = AtSite().ask("/page", headers={"X-Forwarded-Host": host})
    assert led.status_code == 303


def test_headers_that_a_client_sends_are_not_what_the_site_is_told(browser, owner):
    forged = {
        "Remote-User": "admin@evil.example",
        "Remote_User": "admin@evil.example",
        "Doorward-Assertion": "forged",
    }
    answer = browser.ask(headers=forged)
    assert answer[identity_headers.USER] == owner.email
    assert answer[identity_headers.ASSERTION].count(".") == 2
    assert refused(AtSite().ask(headers=forged)) == 303


@pytest.mark.parametrize("how", ["", "status", "page", "200", "STATUS"])
def test_no_way_of_asking_lets_a_stranger_through(site, how):
    for method in ("GET", "POST", "OPTIONS", "CONNECT", ""):
        assert refused(AtSite().ask(answer=how, method=method)) in {303, 401}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_a_proxy_may_ask_by_any_method(browser, method):
    answer = browser.site.generic(
        method,
        "/forward-auth/?answer=status",
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "wiki.example"},
    )
    assert answer.status_code == 200


def test_where_the_database_fails_nobody_gets_through(browser):
    def fails(*_):
        raise DatabaseError("gone")

    # As the driver raises it, whatever is asked.
    with connection.execute_wrapper(fails):
        browser.site.raise_request_exception = False
        answer = browser.ask()
    assert answer.status_code >= 500
    assert not [name for name in identity_headers.HEADERS if name in answer.headers]


# --- where it leads -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("//evil.example/x", "//evil.example/x"),
        ("/%2f%2fevil.example", "/%2f%2fevil.example"),
        ("/a/../../b", "/a/../../b"),
        ("https://evil.example/", "/"),
        ("@evil.example/", "/"),
        (".evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a b", "/"),
        ("/a\tb", "/"),
        ("/#fragment", "/"),
        ("/ä", "/"),
        ("/" + "a" * 999, "/" + "a" * 999),
        ("/" + "a" * 1000, "/"),
        ("", "/"),
    ],
)
def test_it_leads_back_to_the_site_and_nowhere_else(site, owner, path, to):
    browser = AtSite(browser_of(owner))
    answer = browser.sign_in(path)
    assert answer["Location"] == f"{ORIGIN}{to}"
    assert urlsplit(answer["Location"]).netloc == "wiki.example"


def test_the_portal_leads_only_to_a_site_that_it_sealed(site, owner):
    browser = browser_of(owner)
    application = make_application("phone")
    # Sealed by us, and for another purpose.
    of_application = Relying(application).ask(Client())["Location"]
    sealed = parse_qs(urlsplit(parse_qs(urlsplit(of_application).query)["next"][0]).query)
    for wrong in ("", "x", "A" * 300, "https://evil.example/", sealed["continue"][0]):
        answer = browser.get("/forward-auth/start/", {"for": wrong})
        assert (answer.status_code, "Location" in answer.headers) == (422, False)
    wanted = going_to_site.Wanted(site_id=site.id, state=b"x" * 32, path="/", at=timezone.now())
    site.delete()
    assert browser.get(wanted.address()).status_code == 422
    assert not SiteVisit.objects.exists()


def test_what_was_begun_half_an_hour_ago_is_over(site, owner):
    at = timezone.now() - visits.BEGUN_LASTS - timedelta(seconds=1)
    wanted = going_to_site.Wanted(site_id=site.id, state=b"x" * 32, path="/", at=at)
    assert browser_of(owner).get(wanted.address()).status_code == 422


# --- cookies --------------------------------------------------------------------------------------


def test_cookies_are_for_one_host_and_no_script(browser):
    for name in (COOKIE, STATE):
        cookie = browser.site.cookies[name]
        assert cookie["secure"]
        assert cookie["httponly"]
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")


def test_a_cookie_of_one_site_is_nothing_at_another_nor_at_the_portal(browser, owner):
    give_tab(owner, "logs")
    make_site("https://logs.example", "logs")
    other = AtSite(origin="https://logs.example")
    stolen = browser.site.cookies[COOKIE].value
    other.site.cookies[COOKIE] = stolen
    assert refused(other.ask(answer="status")) == 401
    portal = Client()
    for name in (django_settings.SESSION_COOKIE_NAME, COOKIE):
        portal.cookies[name] = stolen
        assert portal.get("/")["Location"].startswith("/sign-in/")
    # Nor is the portal's own at the site.
    session = browser.portal.cookies[django_settings.SESSION_COOKIE_NAME].value
    stranger = AtSite()
    stranger.site.cookies[COOKIE] = session
    assert refused(stranger.ask(answer="status")) == 401
    assert browser.ask().status_code == 200


def test_a_cookie_of_where_a_site_was_is_nothing_where_it_is_now(browser, site):
    """Whoever runs the old address saw it, and may be why the site moved."""
    same = sites.SiteDetails(origin=ORIGIN, required_acr="urn:doorward:password")
    sites.change(site.id, same, actor=CONSOLE)
    assert browser.ask().status_code == 200
    other = AtSite(browser.portal)
    handed = urlsplit(other.lead("/page")["Location"])
    sites.change(site.id, sites.SiteDetails(origin="https://new.example"), actor=CONSOLE)
    thief = AtSite(origin="https://new.example")
    thief.site.cookies[COOKIE] = browser.site.cookies[COOKIE].value
    thief.site.cookies[STATE] = other.site.cookies[STATE].value
    assert refused(thief.ask(answer="status")) == 401
    assert refused(thief.at(f"{handed.path}?{handed.query}")) == 422
    assert refused(browser.ask()) == 403


def test_no_two_sites_share_a_host_whose_cookies_go_to_all_its_ports(site):
    with pytest.raises(SiteHostTaken):
        make_site("https://wiki.example:8443", "logs")
    other = make_site("https://logs.example:8443", "metrics")
    moved = sites.SiteDetails(origin="https://wiki.example:9443")
    with pytest.raises(SiteHostTaken):
        sites.change(other.id, moved, actor=CONSOLE)
    # Its own port may be another one.
    sites.change(site.id, moved, actor=CONSOLE)


def test_no_portal_is_put_where_a_site_is(site):
    """The site would be sent the portal's cookies, with which whoever runs it is anybody there."""
    named = brands.BrandDetails(name="Mill", issuer="Mill", accent="#123456", hosts="Wiki.Example.")
    with pytest.raises(FieldsRefused) as refused:
        brands.add(named, actor=CONSOLE)
    assert [type(one) for one in refused.value.fields.values()] == [HostIsSite]
    brands.add(replace(named, hosts="mill.example"), actor=CONSOLE)


def test_a_cookie_is_nothing_after_signing_out_at_either(browser, owner):
    kept = browser.site.cookies[COOKIE].value
    browser.portal.post("/sign-out/")
    assert refused(browser.ask(answer="status")) == 401
    again = AtSite(browser_of(owner))
    again.sign_in()
    kept_too = again.site.cookies[COOKIE].value
    again.at("/.doorward/sign-out/")
    for value in (kept, kept_too):
        thief = AtSite()
        thief.site.cookies[COOKIE] = value
        assert refused(thief.ask(answer="status")) == 401


def test_a_cookie_goes_with_its_person(browser, outsider):
    rows = SiteVisit.objects.all()
    rows.update(administrator_id=outsider.id)
    assert refused(browser.ask(answer="status")) == 401


def test_nothing_that_lets_in_stands_in_the_database_in_the_clear(browser):
    visit = SiteVisit.objects.get()
    brought = {browser.site.cookies[name].value.encode() for name in (COOKIE, STATE)}
    kept = {bytes(visit.cookie_hash or b""), bytes(visit.code_hash), bytes(visit.state_hash)}
    assert not brought & kept
    assert {len(one) for one in kept} == {32}


# --- the hand-over --------------------------------------------------------------------------------


@pytest.fixture
def handed(site, owner):
    """Be a browser on its way back to the site, and the address that it is led to."""
    browser = AtSite(browser_of(owner))
    return browser, browser.lead("/page")["Location"]


def test_a_code_works_once(handed):
    browser, address = handed
    assert browser.at(address).status_code == 303
    assert refused(browser.at(address)) == 422
    # Who was signed in by it still is.
    assert browser.ask().status_code == 200


def test_a_code_is_over_after_a_minute(handed, clock):
    browser, address = handed
    clock.shift(timedelta(seconds=61))
    assert refused(browser.at(address)) == 422
    assert refused(browser.ask(answer="status")) == 401


def test_a_code_is_of_its_site(handed, owner):
    browser, address = handed
    give_tab(owner, "logs")
    make_site("https://logs.example", "logs")
    other = AtSite(browser.portal, "https://logs.example")
    other.ask()
    other.site.cookies[STATE] = browser.site.cookies[STATE].value
    assert refused(other.at(urlsplit(address)._replace(scheme="", netloc="").geturl())) == 422
    assert refused(other.ask(answer="status")) == 401


def test_a_code_of_another_browser_signs_nobody_in(handed):
    """Login CSRF: somebody is led to a site as somebody else, and types there what is theirs."""
    _thief, address = handed
    victim = AtSite()
    assert refused(victim.at(address)) == 422
    victim.ask()
    assert refused(victim.at(address)) == 422
    assert COOKIE not in victim.site.cookies


def test_a_stolen_code_is_worth_nothing_without_the_browser_that_began(handed):
    browser, address = handed
    assert refused(AtSite().at(address)) == 422
    # And is used up by that.
    assert refused(browser.at(address)) == 422


def test_a_code_that_nobody_gave(site):
    for code in ("", "x", "A" * 43, "\0", "ä", "A" * 5000):
        with pytest.raises(HandOverRefused):
            visits.take(site, code, state="A" * 43, now=timezone.now())


def test_whose_right_was_taken_on_the_way_gets_no_further(handed, owner):
    browser, address = handed
    take_tab(owner, TAB)
    assert browser.at(address).status_code == 303
    assert refused(browser.ask(answer="status")) == 403


def test_whose_session_ended_on_the_way_gets_no_further(handed):
    browser, address = handed
    Session.objects.update(ended_at=timezone.now())
    browser.at(address)
    assert refused(browser.ask(answer="status")) == 401


def test_nobody_without_the_right_is_given_a_code(site, colleague, outsider):
    for person in (colleague, outsider):
        browser = AtSite(browser_of(person))
        answer = browser.lead()
        assert (answer.status_code, "Location" in answer.headers) == (403, False)
    assert not people.events(APPLICATION_SIGNED_IN)


def test_looking_ahead_at_a_link_uses_nothing_up(handed):
    browser, address = handed
    path = address.removeprefix(ORIGIN)
    given = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "wiki.example"}
    assert browser.site.head(path, headers=given).status_code == 405
    assert browser.at(address).status_code == 303


def test_who_was_let_in_by_trust_goes_with_it(owner):
    """A browser that is trusted spares the second step; where trust ends, the site's cookie does not go on without."""
    give_tab(owner, TAB)
    make_site()
    client = trusting(owner)
    client.post("/sign-out/")
    assert give_password(client, owner) == "through"
    browser = AtSite(client)
    browser.sign_in()
    assert browser.ask().status_code == 200
    # What the portal's own pages ask: the row is looked at each time.
    TrustedBrowser.objects.all().delete()
    assert refused(browser.ask(answer="status")) == 401
