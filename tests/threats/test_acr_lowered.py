"""What an application asks to be verified is not lowered on the way, and what it is told is what was verified."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from doorward.applications import resuming
from doorward.applications.models import Application, Grant
from doorward.credentials.models import TrustedBrowser
from doorward.sessions.models import Session
from tests.kit import people
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret, said
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app, next_code, saved_codes
from tests.kit.people import PASSWORD
from tests.threats.trusting import trusting

pytestmark = pytest.mark.django_db
TWO = "urn:doorward:two-factor"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def _sign_in_with_password(person):
    client = Client(HTTP_USER_AGENT=people.CHROME)
    client.post("/sign-in/", {"email": person.email, "password": PASSWORD})
    return client


def _next(response):
    return parse_qs(urlsplit(response["Location"]).query)["next"][0]


def test_a_trusted_browser_is_told_as_what_it_is_and_steps_up(owner, relying):
    browser = _again(trusting(owner), owner)
    claims = said(relying.tokens(browser)["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:doorward:password", ["pwd"])

    assert (
        answer_of(relying.ask(browser, prompt="none", acr_values=TWO))["error"] == "login_required"
    )
    led = relying.ask(browser, acr_values=TWO)
    assert led["Location"].startswith("/prove/?next=%2Foidc%2Fauthorize%2F")
    proved = browser.post("/prove/", {"code": next_code(owner), "next": _next(led)})
    code = answer_of(browser.get(proved["Location"]))["code"]
    assert said(relying.exchange(code).json()["id_token"])["acr"] == TWO


def _again(client, person):
    client.post("/sign-in/", {"email": person.email, "password": PASSWORD, "next": ""})
    assert client.get("/security/").status_code == 200
    return client


def test_the_trust_of_a_browser_that_is_ended_takes_its_tokens_along(owner, relying):
    browser = _again(trusting(owner), owner)
    tokens = relying.tokens(browser)
    assert relying.userinfo(tokens["access_token"]).status_code == 200
    TrustedBrowser.objects.all().delete()
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    assert relying.refresh(tokens["refresh_token"]).status_code == 400


def test_a_recovery_code_is_no_app(owner, relying):
    enable_app(owner)
    code = saved_codes(owner)[0]
    browser = _sign_in_with_password(owner)
    browser.post("/sign-in/recovery/", {"code": code})
    Session.objects.filter(administrator=owner, recovery_at__isnull=False).get()
    claims = said(relying.tokens(browser)["id_token"])
    assert (claims["acr"], claims["amr"]) == (TWO, ["pwd", "mfa"])


def test_who_has_no_second_factor_is_told_to_set_one_up(owner, relying):
    browser = browser_of(owner)
    response = relying.ask(browser, acr_values=TWO)
    assert response.status_code == 403
    assert "/security/2fa/add/" in response.content.decode()
    assert not Grant.objects.exists()
    silent = answer_of(relying.ask(browser, acr_values=TWO, prompt="none"))
    assert silent["error"] == "unmet_authentication_requirements"
    essential = json.dumps({"id_token": {"acr": {"essential": True, "value": TWO}}})
    assert relying.ask(browser, claims=essential).status_code == 403


def test_what_the_application_always_wants_no_request_takes_away(owner, relying):
    Application.objects.update(required_acr=TWO)
    for changes in ({}, {"acr_values": "urn:doorward:password"}, {"claims": "{}"}):
        assert relying.ask(browser_of(owner), **changes).status_code == 403
    Application.objects.update(required_acr="phr")
    enable_app(owner)
    assert relying.ask(sign_in(Client(), owner), acr_values=TWO).status_code == 403


def test_an_app_is_not_taken_for_a_passkey(owner, relying):
    enable_app(owner)
    response = relying.ask(sign_in(Client(), owner), acr_values="phr")
    assert response.status_code == 403
    any_of_two = relying.ask(sign_in(Client(), owner), acr_values=f"phr {TWO}")
    assert "code" in answer_of(any_of_two)


def test_a_step_of_the_portal_is_never_skipped(owner, relying):
    enable_app(owner)
    browser = _sign_in_with_password(owner)
    assert answer_of(relying.ask(browser, prompt="none"))["error"] == "login_required"
    assert relying.ask(browser)["Location"] == "/sign-in/code/"
    done = browser.post("/sign-in/code/", {"code": next_code(owner)})
    onward = browser.get(done["Location"])
    while onward.status_code == 303:
        onward = browser.get(onward["Location"])
    assert answer_of(onward)["state"] == relying.state


@pytest.mark.parametrize("packed", ["", "x", "AAAA", "ü", "%00", "A" * 1500])
def test_what_goes_on_is_sealed(owner, relying, packed):
    browser = browser_of(owner)
    assert browser.get("/oidc/authorize/", {"continue": packed or "-"}).status_code == 422
    begun = resuming.begin(relying.wish(prompt="login"), now=timezone.now())
    changed = begun.address()[:-6] + "AAAAAA"
    assert browser.get(changed).status_code == 422


def test_what_goes_on_waits_half_an_hour(owner, relying, clock):
    begun = resuming.begin(relying.wish(), now=timezone.now())
    clock.shift(timedelta(minutes=31))
    assert browser_of(owner).get(begun.address()).status_code == 422


def test_an_older_proof_is_not_one_that_was_asked_for(owner, relying, clock):
    enable_app(owner)
    browser = sign_in(Client(), owner)
    clock.shift(timedelta(minutes=2))
    led = relying.ask(browser, prompt="login")
    assert led["Location"].startswith("/prove/")
    # Back without having proved anything.
    assert browser.get(_next(led))["Location"].startswith("/prove/")
    assert relying.ask(browser, max_age="60")["Location"].startswith("/prove/")
    clock.shift(timedelta(seconds=30))
    proved = browser.post("/prove/", {"code": next_code(owner), "next": _next(led)})
    code = answer_of(browser.get(proved["Location"]))["code"]
    claims = said(relying.exchange(code).json()["id_token"])
    assert claims["auth_time"] == int(timezone.now().timestamp())
