"""Tokens that say of themselves how they are verified: they are verified as our own keys say, and no other way."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from doorward.applications import keys
from doorward.applications.events import SIGNING_KEYS_REPLACED
from doorward.audit.actor import CONSOLE
from doorward.permissions.errors import NotAuthorised
from tests.kit import people
from tests.kit.applications import Relying, give_tab, head, make_application, make_secret, said
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


@pytest.fixture
def token(owner, relying):
    return relying.tokens(browser_of(owner))["access_token"]


def _letters(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _public(kid):
    return next(one for one in keys.published()["keys"] if one["kid"] == kid)


def forged(token: str) -> dict[str, str]:
    claims, of_head = said(token), head(token)
    public = _public(of_head["kid"])
    text = f"{_letters(of_head | {'alg': 'HS256'})}.{_letters(claims)}"
    pem = RSAKey.import_key(public).as_pem(private=False)
    mac = hmac.digest(pem, text.encode(), "sha256")
    own, curve = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
    with_key = of_head | {"jwk": own.as_dict(private=False)}
    middle = _letters(claims)
    first, _, last = token.split(".")
    return {
        "no signature": f"{_letters(of_head | {'alg': 'none'})}.{middle}.",
        "the public key as a secret": f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        "a key that it brings": jwt.encode(with_key, claims, own, algorithms=["RS256"]),
        "a key of its own under our name": jwt.encode(of_head, claims, own, algorithms=["RS256"]),
        "another algorithm under our name": jwt.encode(
            of_head | {"alg": "ES256"}, claims, curve, algorithms=["ES256"]
        ),
        "no name of a key": jwt.encode(
            {"alg": "RS256", "typ": "at+jwt"}, claims, own, algorithms=["RS256"]
        ),
        "our signature under other words": f"{first}.{_letters(claims | {'scope': 'tabs'})}.{last}",
    }


def test_no_forged_token_is_taken(relying, token):
    assert relying.userinfo(token).status_code == 200
    for what, one in forged(token).items():
        assert relying.userinfo(one).status_code == 401, what
        assert not relying.is_active(one), what


def test_an_id_token_is_no_access_token(owner, relying):
    tokens = relying.tokens(browser_of(owner))
    assert relying.userinfo(tokens["id_token"]).status_code == 401
    assert not relying.is_active(tokens["id_token"])
    hint = {"id_token_hint": tokens["access_token"]}
    assert Client().get("/oidc/logout/", hint).status_code == 422


def test_a_token_of_one_audience_is_of_no_use_at_another(owner):
    give_tab(owner)
    application = make_application(resources="https://api.example/")
    relying = Relying(application, make_secret(application))
    tokens = relying.tokens(browser_of(owner), resource="https://api.example/")
    assert said(tokens["access_token"])["aud"] == "https://api.example/"
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    give_tab(owner, "billing")
    other = make_application("billing", resources="https://other.example/")
    stranger = Relying(other, make_secret(other))
    assert relying.is_active(tokens["access_token"])
    assert not stranger.is_active(tokens["access_token"])


def test_a_token_is_over_after_five_minutes(clock, relying, token):
    clock.shift(timedelta(seconds=299))
    assert relying.userinfo(token).status_code == 200
    clock.shift(timedelta(seconds=1))
    assert relying.userinfo(token).status_code == 401


def test_a_key_stands_in_the_set_before_it_signs_and_after(clock, owner, relying):
    assert len(Client().get("/oidc/jwks/").json()["keys"]) == 2
    first = head(relying.tokens(browser_of(owner))["access_token"])["kid"]
    clock.shift(timedelta(days=91))
    assert keys.change_due(now=timezone.now()) == 2
    shown = {one["kid"] for one in Client().get("/oidc/jwks/").json()["keys"]}
    assert (first in shown, len(shown)) == (True, 4)
    assert head(relying.tokens(browser_of(owner))["access_token"])["kid"] == first
    clock.shift(timedelta(days=1, minutes=1))
    later = head(relying.tokens(browser_of(owner))["access_token"])["kid"]
    assert (later != first, later in shown) == (True, True)
    clock.shift(timedelta(days=2))
    assert keys.change_due(now=timezone.now()) == 2
    left = {one["kid"] for one in Client().get("/oidc/jwks/").json()["keys"]}
    assert (first in left, len(left)) == (False, 2)


def test_a_clock_that_was_ahead_has_no_key_sign_for_longer(clock, owner, relying):
    first = head(relying.tokens(browser_of(owner))["access_token"])["kid"]
    assert keys.change_due(now=timezone.now() + timedelta(days=3650)) == 2
    clock.shift(timedelta(days=91))
    assert keys.change_due(now=timezone.now()) == 2
    assert keys.change_due(now=timezone.now()) == 0
    clock.shift(timedelta(days=1, minutes=1))
    assert head(relying.tokens(browser_of(owner))["access_token"])["kid"] != first


def test_a_key_that_somebody_has_is_of_no_use_once_all_are_replaced(owner, relying):
    before = relying.tokens(browser_of(owner))
    stolen = keys.signer("RS256", now=timezone.now())
    forged = stolen.sign(said(before["access_token"]), typ="at+jwt")
    assert relying.userinfo(forged).status_code == 200
    assert keys.replace(actor=CONSOLE, now=timezone.now()) == 2
    assert relying.userinfo(forged).status_code == 401
    assert relying.userinfo(before["access_token"]).status_code == 401
    assert stolen.row.public["kid"] not in {
        one["kid"] for one in Client().get("/oidc/jwks/").json()["keys"]
    }
    # Nobody is signed out by it.
    after = relying.refresh(before["refresh_token"]).json()
    assert relying.userinfo(after["access_token"]).status_code == 200
    assert head(after["id_token"])["kid"] != head(before["id_token"])["kid"]
    [event] = people.events(SIGNING_KEYS_REPLACED)
    assert event.actor_type == "operator"


def test_nobody_but_who_may_replaces_them(owner, relying):
    with pytest.raises(NotAuthorised):
        keys.replace(actor=people.actor(owner), now=timezone.now())
    assert not people.events(SIGNING_KEYS_REPLACED)
