"""Who asks without end for what writes a row: a stranger by an application without a secret, a page that leads in."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.test import Client

from doorward.applications.models import Grant, PushedRequest
from doorward.audit.models import Event
from doorward.kernel.ratelimit import throttle
from doorward.kernel.ratelimit.rules import Window
from doorward.kernel.ratelimit.throttle import Rule
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
FEW = 3


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Let both be full sooner, so that it takes no thousand requests."""
    for rule in (Rule.PUSHING, Rule.ONWARD):
        monkeypatch.setitem(throttle.WINDOWS, rule, Window(FEW, 900))
    throttle._spending.cache_clear()
    yield
    throttle._spending.cache_clear()


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
