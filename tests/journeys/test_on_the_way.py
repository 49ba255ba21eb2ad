"""'Sign in to go on to Phone': each page of signing in says where somebody is on the way to, and no stranger's word."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from doorward.applications import clients, going_to_site, resuming
from doorward.audit.actor import CONSOLE
from doorward.customers import cached
from doorward.customers.models import Brand, Customer, Tab
from tests.kit import sites
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app
from tests.kit.factors import require
from tests.kit.pages import filled
from tests.kit.people import PASSWORD

pytestmark = pytest.mark.django_db
HOST = "phone.example"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def onto(answer) -> str:
    """Return what a page says of where its person goes on to; empty: nothing."""
    found = re.search(r'<p id="onto"[^>]*>(.*?)</p>', answer.content.decode(), re.DOTALL)
    return unescape(found[1].strip()) if found else ""


def shown(relying, browser=None, **asked) -> str:
    browser = browser or Client()
    return onto(browser.get(relying.ask(browser, **asked)["Location"]))


def is_for(audience: str, *ids) -> None:
    Tab.objects.filter(key="phone").update(audience=audience, audience_ids=list(map(str, ids)))
    cached.forget()


def test_each_step_says_it_from_the_first_to_the_last(owner, relying):
    browser = Client()
    led = relying.ask(browser)["Location"]
    assert onto(browser.get(led)) == "Sign in to go on to Phone"
    # A wrong password does not make it forgotten.
    wrong = filled(browser, led, "") | {"email": owner.email, "password": "not this one"}
    assert onto(browser.post("/sign-in/", wrong)) == "Sign in to go on to Phone"
    require(owner)
    led = browser.post("/sign-in/", wrong | {"password": PASSWORD})["Location"]
    assert browser.get(led)["Location"] == "/sign-in/mailbox/"
    assert onto(browser.get("/sign-in/mailbox/")) == "Then you go on to Phone"


def test_the_code_page_and_the_one_that_confirms_say_it(owner, relying):
    enable_app(owner)
    browser = Client()
    browser.post("/sign-in/", {"email": owner.email, "password": PASSWORD})
    assert relying.ask(browser)["Location"] == "/sign-in/code/"
    for page in ("/sign-in/code/", "/sign-in/recovery/"):
        assert onto(browser.get(page)) == "Then you go on to Phone"
    through = sign_in(Client(), owner)
    assert shown(relying, through, prompt="login") == "Then you go on to Phone"
    assert onto(through.get("/prove/?next=/security/")) == ""


def test_a_site_is_told_like_an_application(settings, owner):
    sites.believe(settings)
    sites.make_site()
    led = sites.AtSite().to_portal("/secret-plans/")
    browser = Client()
    page = browser.get(browser.get(led)["Location"])
    assert onto(page) == "Sign in to go on to Wiki"
    assert "secret-plans" not in page.content.decode()
    assert owner.email not in page.content.decode()


def test_it_is_in_the_reader_s_language(relying):
    Tab.objects.filter(key="phone").update(in_languages={"de": {"title": "Telefonie"}})
    cached.forget()
    browser = Client(headers={"Accept-Language": "de"})
    assert "Telefonie" in shown(relying, browser)


# --- what is not said -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/sign-in/", "/sign-in/code/"])
def test_a_request_that_nobody_looked_at_says_nothing(owner, relying, page):
    """A stranger's address: as it came, altered, of nobody's, or with a text of theirs."""
    enable_app(owner)
    browser = Client()
    browser.post("/sign-in/", {"email": owner.email, "password": PASSWORD})
    browser = Client() if page == "/sign-in/" else browser
    sealed = resuming.begin(relying.wish(), now=timezone.now()).address()
    foreign = resuming.begin(
        relying.wish(redirect_uri="https://evil.example/cb"), now=timezone.now()
    )
    nobodys = resuming.begin(relying.wish(client_id="nobody"), now=timezone.now())
    for wrong in (
        relying.address(),
        relying.address(client_id="<b>Your Bank</b>"),
        sealed[:-4] + "AAAA",
        f"https://evil.example{sealed}",
        f"//evil.example{sealed}",
        sealed.replace("/oidc/authorize/", "/oidc/authorize/../../"),
        sealed.replace("/oidc/authorize/?continue", "/forward-auth/start/?for"),
        foreign.address(),
        nobodys.address(),
        "/oidc/authorize/?continue=",
        "/forward-auth/start/?for=Your%20Bank",
        "/?onto=Your+Bank",
    ):
        assert onto(browser.get(f"{page}?{urlencode({'next': wrong})}")) == "", wrong
    assert "Phone" in onto(browser.get(f"{page}?{urlencode({'next': sealed})}"))


def test_what_is_gone_or_was_begun_long_ago_says_nothing(relying):
    now = timezone.now()
    sealed = resuming.begin(relying.wish(), now=now).address()
    old = resuming.begin(relying.wish(), now=now - resuming.WAITS - timedelta(seconds=1))
    site = sites.make_site()
    gone = going_to_site.Wanted(site_id=site.id, state=b"x" * 32, path="/", at=now).address()
    assert "Wiki" in onto(Client().get("/sign-in/", {"next": gone}))
    site.delete()
    clients.remove(relying.application.id, actor=CONSOLE)
    for address in (sealed, old.address(), gone):
        assert onto(Client().get("/sign-in/", {"next": address})) == ""


def test_people_of_another_brand_are_not_told_its_name(owner, outsider, relying):
    other = Brand.objects.create(name="Other", issuer="Other")
    is_for("brands", other.id)
    # The address that people come from was sent by whoever asks.
    assert shown(relying) == f"Sign in to go on to {HOST}"
    is_for("brands", Customer.objects.get(id=owner.customer_id).brand_id)
    assert shown(relying) == "Sign in to go on to Phone"


def test_what_is_some_customers_alone_is_named_to_whoever_is_through(owner, outsider, relying):
    is_for("customers", owner.customer_id)
    assert shown(relying) == f"Sign in to go on to {HOST}"
    enable_app(owner)
    half = Client()
    half.post("/sign-in/", {"email": owner.email, "password": PASSWORD})
    relying.ask(half)
    assert onto(half.get("/sign-in/code/")) == f"Then you go on to {HOST}"
    assert shown(relying, sign_in(Client(), owner), prompt="login") == "Then you go on to Phone"
    stranger = browser_of(outsider)
    sealed = resuming.begin(relying.wish(), now=timezone.now()).address()
    assert onto(stranger.get("/prove/", {"next": sealed})) == f"Then you go on to {HOST}"


def test_an_application_on_ones_own_device_has_no_host_to_name(owner):
    application = make_application(
        client_type="public", redirect_uris="http://127.0.0.1/cb\ncom.example.phone:/cb"
    )
    is_for("customers", owner.customer_id)
    relying = Relying(application)
    assert shown(relying, redirect_uri="http://127.0.0.1:4711/cb") == ""
    assert shown(relying, redirect_uri="com.example.phone:/cb") == ""
