"""Applications are told when a sign-in of theirs is over: by a server that really listens."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.accounts.models import Administrator
from doorward.applications import back_channel_logout
from doorward.applications.models import Application, Grant
from doorward.sessions.models import Session
from tests.kit import policies
from tests.kit.applications import (
    AFTER,
    Relying,
    answer_of,
    give_tab,
    make_application,
    make_secret,
    said,
    take_tab,
)
from tests.kit.browsers import browser_of
from tests.kit.factors import require

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db


@contextmanager
def listening(*answers: int):
    """Answer with these, the last one over and over; yield the address and the tokens that came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            came.append(parse_qs(body)["logout_token"][0])
            self.send_response(answers[min(len(came), len(answers)) - 1])
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/logout?x=1", came
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def _work(after: timedelta = timedelta()) -> int:
    return back_channel_logout.work_due(now=timezone.now() + after)


OVER: dict[str, Callable[[Administrator, Client], object]] = {
    "signed out": lambda _person, browser: browser.post("/sign-out/"),
    "suspended": lambda person, _browser: (
        Administrator.objects.of(person.customer_id).filter(id=person.id).update(status="suspended")
    ),
    "the right was taken": lambda person, _browser: take_tab(person),
    "required from now on": lambda person, _browser: require(person),
    "used twice": lambda _person, _browser: Grant.objects.update(ended_at=timezone.now()),
}


@pytest.mark.parametrize("what", OVER)
def test_whatever_ends_it_is_told_once(owner, relying, what):
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        browser = browser_of(owner)
        tokens = relying.tokens(browser)
        assert _work() == 0

        OVER[what](owner, browser)

        _work(timedelta(minutes=2))
        _work(timedelta(minutes=4))
        [token] = came
    keys = KeySet.import_key_set(Client().get("/oidc/jwks/").json())
    read = jwt.decode(token, keys, algorithms=["RS256"])
    known = said(tokens["id_token"])
    assert read.header["typ"] == "logout+jwt"
    assert {name: read.claims[name] for name in ("iss", "aud", "sub", "sid")} == {
        name: known[name] for name in ("iss", "aud", "sub", "sid")
    }
    assert list(read.claims["events"]) == ["http://schemas.openid.net/event/backchannel-logout"]
    assert "nonce" not in read.claims


@pytest.mark.parametrize("whose", ["customer", "provider"])
def test_a_stricter_policy_is_told_in_the_next_round(owner, outsider, relying, whose):
    """Looked at a moment before, and only where it was changed once more."""
    give_tab(outsider)
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        tokens = relying.tokens(browser_of(owner))
        relying.tokens(browser_of(outsider))
        assert _work() == 0
        before = dict(Grant.objects.values_list("administrator_id", "looked_at"))
        if whose == "customer":
            policies.require(owner.customer_id)
        else:
            policies.require_by_minimum(owner.customer_id)
        assert _work(timedelta(seconds=2)) == 1
        [token] = came
    assert said(token)["sid"] == said(tokens["id_token"])["sid"]
    after = Grant.objects.get(administrator_id=outsider.id).looked_at
    assert (after == before[outsider.id]) is (whose == "customer")


def test_an_application_s_own_sign_out_is_told_it_as_well(owner, relying):
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        browser = browser_of(owner)
        tokens = relying.tokens(browser)
        asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER}
        assert browser.get("/oidc/logout/", asked)["Refresh"].endswith(AFTER)
        assert _work() == 1
        [token] = came
        keys = KeySet.import_key_set(Client().get("/oidc/jwks/").json())
        claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
        told = said(tokens["id_token"])
        assert {name: claims[name] for name in ("iss", "aud", "sub", "sid")} == {
            name: told[name] for name in ("iss", "aud", "sub", "sid")
        }
        assert "nonce" not in claims
        assert list(claims["events"]) == ["http://schemas.openid.net/event/backchannel-logout"]
        assert answer_of(relying.ask(browser, prompt="none"))["error"] == "login_required"


def test_time_alone_ends_no_work_in_an_application(owner, relying, clock):
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        relying.tokens(browser_of(owner))
        _work(timedelta(minutes=40))
        _work(timedelta(hours=30))
    assert came == []


def test_it_is_tried_again_for_a_day(owner, relying):
    with listening(500, 302, 204) as (address, came):
        Application.objects.update(logout_channel=address)
        browser = browser_of(owner)
        relying.tokens(browser)
        browser.post("/sign-out/")
        assert [_work(timedelta(seconds=second)) for second in (0, 10, 31, 80, 100)] == [
            0,
            0,
            0,
            0,
            1,
        ]
    assert len(came) == 3


def test_a_clock_that_was_ahead_keeps_no_application_waiting(owner, relying):
    with listening(204) as (address, came):
        Application.objects.update(logout_channel=address)
        browser = browser_of(owner)
        relying.tokens(browser)
        browser.post("/sign-out/")
        back_channel_logout.notice(now=timezone.now() + timedelta(days=30))
        # By the clock that was set right.
        assert _work() == 1
    assert len(came) == 1


def test_one_that_never_answers_keeps_no_other_waiting(owner, relying):
    give_tab(owner, "billing")
    with listening(200) as (address, came):
        dead, browser = relying.application, browser_of(owner)
        for _time in range(20):
            relying.tokens(browser)
        other = make_application("billing", logout_channel=address)
        Relying(other, make_secret(other)).tokens(browser)
        Application.objects.filter(id=dead.id).update(logout_channel="http://127.0.0.1:1/")
        browser.post("/sign-out/")
        back_channel_logout.notice(now=timezone.now())
        Grant.objects.filter(application=other).update(tell_at=timezone.now())
        assert (_work(), _work()) == (0, 1)
        assert len(came) == 1
    left = Grant.objects.filter(application=dead)
    assert left.filter(told_at__isnull=True, tell_at__gt=timezone.now()).count() == 20


def test_nobody_there_is_given_up_after_a_day(owner, relying):
    Application.objects.update(logout_channel="http://127.0.0.1:1/logout")
    browser = browser_of(owner)
    relying.tokens(browser)
    browser.post("/sign-out/")
    for hour in range(40):
        _work(timedelta(hours=hour))
    grant = Grant.objects.get()
    assert grant.told_at is not None
    assert 20 < grant.tell_tries < 40


def test_an_inner_address_is_not_asked_by_a_portal_that_is_on_the_internet(
    owner, relying, settings
):
    outside = settings.DOORWARD.model_copy(update={"public_url": "https://portal.example.com"})
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        browser = browser_of(owner)
        relying.tokens(browser)
        Session.objects.update(ended_at=timezone.now())
        settings.DOORWARD = outside
        _work()
    assert came == []
    assert Grant.objects.get().tell_tries == 1


def test_who_does_not_want_it_is_not_told(owner, relying):
    browser = browser_of(owner)
    relying.tokens(browser)
    browser.post("/sign-out/")
    assert _work() == 0
    assert Grant.objects.get().tell_at is None


def test_an_application_that_wants_it_no_longer_is_not_told(owner, relying):
    Application.objects.update(logout_channel="http://127.0.0.1:1/logout")
    give_tab(owner, "billing")
    make_application("billing", logout_channel="https://billing.example/logout")
    browser = browser_of(owner)
    relying.tokens(browser)
    browser.post("/sign-out/")
    assert _work() == 0
    Application.objects.filter(id=relying.application.id).update(logout_channel="")
    assert _work(timedelta(minutes=5)) == 0
    assert Grant.objects.get().tell_tries == 1


def test_a_logout_token_lets_nobody_in(owner, relying):
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        relying.tokens(browser_of(owner))
        Grant.objects.update(ended_at=timezone.now())
        _work()
    assert relying.userinfo(came[0]).status_code == 401
    assert Client().get("/oidc/logout/", {"id_token_hint": came[0]}).status_code == 422
