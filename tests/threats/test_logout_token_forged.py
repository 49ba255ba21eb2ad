"""A logout token that somebody made up, or that another token of ours is taken for.

What an application looks at is in each of ours (Back-Channel Logout 1.0, 2.6), and in none of our other tokens. That
a real application then takes no other, `tests/signon/test_apache.py` shows.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.applications import tokens
from doorward.applications.models import Grant
from tests.kit.applications import Relying, give_tab, head, make_application, make_secret, said
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def test_ours_says_all_that_is_looked_at_and_no_other_token_does(owner, relying):
    given = relying.tokens(browser_of(owner))
    now = timezone.now()
    real, again = (tokens.logout_token(Grant.objects.get(), now=now) for _ in range(2))
    keys = KeySet.import_key_set(Client().get("/oidc/jwks/").json())
    claims = jwt.decode(real, keys, algorithms=["RS256"]).claims
    assert claims["aud"] == relying.application.client_id
    assert claims["events"] == {EVENT: {}}
    assert (claims["exp"] - claims["iat"], "nonce" in claims) == (120, False)
    assert claims["jti"] != said(again)["jti"]
    kinds = {head(one)["typ"] for one in (real, given["id_token"], given["access_token"])}
    assert kinds == {"logout+jwt", "JWT", "at+jwt"}
    for other in (given["id_token"], given["access_token"]):
        assert "events" not in said(other)


def test_it_names_a_session_that_no_other_application_knows(owner, relying):
    give_tab(owner, "billing")
    other = make_application("billing")
    browser = browser_of(owner)
    marks = set()
    for one in (relying, Relying(other, make_secret(other))):
        one.tokens(browser)
        grant = Grant.objects.get(application=one.application)
        told = said(tokens.logout_token(grant, now=timezone.now()))
        marks |= {told["sid"], told["sub"]}
    assert len(marks) == 4


def test_it_opens_nothing_here(owner, relying):
    relying.tokens(browser_of(owner))
    real = tokens.logout_token(Grant.objects.get(), now=timezone.now())
    assert relying.userinfo(real).status_code == 401
    assert not relying.is_active(real)
    assert Client().get("/oidc/logout/", {"id_token_hint": real}).status_code == 422
