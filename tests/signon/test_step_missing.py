"""A sign-in whose person has a step to take: the application is told which, and goes on with what it has afterwards."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from doorward.applications import back_channel_logout
from doorward.applications.events import APPLICATION_REUSED
from doorward.applications.models import Application, Grant
from doorward.policy.fields import Kinds
from tests.kit import people, policies
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app
from tests.kit.factors import require

pytestmark = pytest.mark.django_db
TWO = "urn:doorward:two-factor"
SHUT = "http://127.0.0.1:1/"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def challenge_of(answer) -> dict[str, str]:
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    return dict(re.findall(r'(\w+)="([^"]*)"', answer["WWW-Authenticate"]))


def test_userinfo_names_the_step_and_following_it_leads_there(owner, relying):
    """RFC 9470, 3 and 4: what the challenge says is what a new request asks for."""
    browser = browser_of(owner)
    token = relying.tokens(browser)["access_token"]
    require(owner)
    challenge = challenge_of(relying.userinfo(token))
    assert challenge["error"] == "insufficient_user_authentication"
    assert challenge["acr_values"] == TWO
    led = relying.ask(browser, acr_values=challenge["acr_values"])
    assert led["Location"] == "/sign-in/mailbox/"


def test_a_passkey_is_named_where_only_one_is_accepted(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    policies.require(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    assert challenge_of(relying.userinfo(token))["acr_values"] == "phr"


def test_what_the_application_asks_from_now_on_is_named_and_proved(owner, relying):
    enable_app(owner)
    browser = sign_in(Client(), owner)
    token = relying.tokens(browser)["access_token"]
    Application.objects.update(required_acr="phr")
    assert challenge_of(relying.userinfo(token))["acr_values"] == "phr"


def test_an_ended_session_is_no_step(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    owner.session_set.update(ended_at=timezone.now())
    challenge = challenge_of(relying.userinfo(token))
    assert challenge["error"] == "invalid_token"
    assert "acr_values" not in challenge


def test_a_refresh_that_is_refused_for_a_step_is_good_after_it(owner, relying):
    enable_app(owner)
    browser = sign_in(Client(), owner)
    first = relying.tokens(browser)["refresh_token"]
    Application.objects.update(required_acr="phr")
    for _ in range(2):
        refused = relying.refresh(first)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    Application.objects.update(required_acr=TWO)

    again = relying.refresh(first)
    assert again.status_code == HTTPStatus.OK
    assert not people.events(APPLICATION_REUSED)
    # From then on it is used, as any other.
    assert relying.refresh(first).status_code == HTTPStatus.BAD_REQUEST
    assert relying.refresh(again.json()["refresh_token"]).status_code == HTTPStatus.BAD_REQUEST
    assert people.events(APPLICATION_REUSED)


def test_a_used_one_ends_the_family_also_while_a_step_is_missing(owner, relying):
    first = relying.tokens(browser_of(owner))["refresh_token"]
    second = relying.refresh(first).json()["refresh_token"]
    Application.objects.update(required_acr=TWO)
    assert relying.refresh(first).status_code == HTTPStatus.BAD_REQUEST
    assert people.events(APPLICATION_REUSED)
    Application.objects.update(required_acr="")
    assert relying.refresh(second).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_what_is_revoked_while_a_step_is_missing_does_not_come_back_after_it(owner, relying, name):
    """RFC 7009, 2: the application ends it, whatever the person has to verify by then."""
    tokens = relying.tokens(browser_of(owner))
    Application.objects.update(required_acr=TWO)
    assert relying.post("/oidc/revoke/", token=tokens[name]).status_code == HTTPStatus.OK
    Application.objects.update(required_acr="")
    assert not relying.is_active(tokens["access_token"])
    assert relying.refresh(tokens["refresh_token"]).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_another_application_revokes_nothing(owner, relying, name):
    tokens, other = relying.tokens(browser_of(owner)), make_application("fax")
    Relying(other, make_secret(other)).post("/oidc/revoke/", token=tokens[name])
    assert relying.is_active(tokens["access_token"])


def test_what_an_application_was_told_is_over_stays_over(owner, relying):
    Application.objects.update(logout_channel=SHUT)
    tokens = relying.tokens(browser_of(owner))
    Application.objects.update(required_acr=TWO)
    back_channel_logout.notice(now=timezone.now())
    assert Grant.objects.get().tell_at is not None
    Application.objects.update(required_acr="")
    assert relying.userinfo(tokens["access_token"]).status_code == HTTPStatus.UNAUTHORIZED
    assert relying.refresh(tokens["refresh_token"]).status_code == HTTPStatus.BAD_REQUEST
