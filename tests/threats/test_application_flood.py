"""Who asks without end for what writes a row: a stranger by an application without a secret, a page that leads in."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from doorward.applications.models import Grant, PushedRequest, SiteVisit
from doorward.audit.models import Event
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import limits, statements, throttle
from doorward.kernel.ratelimit.limits import Rule
from doorward.kernel.ratelimit.rules import Window
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of
from tests.kit.sites import TAB, AtSite, believe, make_site

pytestmark = pytest.mark.django_db
FEW = 3


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Let both be full sooner, so that it takes no thousand requests."""
    for rule in (Rule.PUSHING, Rule.ONWARD):
        monkeypatch.setitem(limits.WINDOWS, rule, Window(FEW, 900))
    statements.spending.cache_clear()
    yield
    statements.spending.cache_clear()


def test_a_stranger_fills_no_table_with_pushed_requests(owner):
    public = Relying(make_application(client_type="public"))
    told = [public.post("/oidc/par/", **public.wish()) for _ in range(FEW + 2)]
    assert [one.status_code for one in told] == [201] * FEW + [429] * 2
    assert "Retry-After" in told[-1]
    assert PushedRequest.objects.count() == FEW
    # Elsewhere, and with a secret, nobody notices.
    public.server = Client(REMOTE_ADDR="198.51.100.7")
    assert public.post("/oidc/par/", **public.wish()).status_code == HTTPStatus.CREATED
    server = make_application("billing")
    other = Relying(server, make_secret(server))
    assert other.post("/oidc/par/", **other.wish()).status_code == HTTPStatus.CREATED


def test_no_page_fills_somebodys_history_by_leading_on_without_end(owner):
    give_tab(owner)
    relying = Relying(make_application())
    browser, other = browser_of(owner), browser_of(owner)
    told = [relying.ask(browser).status_code for _ in range(FEW + 2)]
    assert told == [303] * FEW + [429] * 2
    assert Grant.objects.count() == FEW
    assert Event.objects.filter(type="application_signed_in").count() == FEW
    assert relying.ask(other).status_code == HTTPStatus.SEE_OTHER


def test_no_client_fills_a_table_by_refreshing_and_its_token_is_not_used_up(owner):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    browser = browser_of(owner)
    token = relying.tokens(browser)["refresh_token"]
    for _time in range(FEW):
        token = relying.refresh(token).json()["refresh_token"]
    assert relying.refresh(token).status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert relying.refresh(token).status_code == HTTPStatus.TOO_MANY_REQUESTS
    throttle.forget(now=timezone.now() + timedelta(hours=1))
    assert relying.refresh(token).status_code == HTTPStatus.OK


def test_ids_of_no_application_are_one_to_the_count(owner):
    stranger = Client()
    told = [
        stranger.post("/oidc/token/", {"client_id": f"made-up-{n}", "client_secret": "x"})
        for n in range(25)
    ]
    assert [one.status_code for one in told] == [401] * 20 + [429] * 5
    assert Attempt.objects.count() == 1
    # Who is known is not kept waiting by them.
    application = make_application()
    relying = Relying(application, make_secret(application))
    assert relying.post("/oidc/revoke/", token="x").status_code == HTTPStatus.OK


def test_who_is_led_to_a_site_again_and_again_has_to_wait(owner, settings):
    believe(settings)
    give_tab(owner, TAB)
    make_site()
    browser = AtSite(browser_of(owner))
    told = [browser.lead().status_code for _ in range(FEW + 1)]
    assert told == [303] * FEW + [429]
    assert SiteVisit.objects.count() == FEW
