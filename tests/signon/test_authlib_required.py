"""Authlib's own client at a running portal, with *Required 2FA* ticked between two sign-ins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.customers.cached import KEPT_SECONDS
from tests.kit.applications import CALLBACK
from tests.signon.visiting import Visitor

if TYPE_CHECKING:
    from tests.browser.portal import Portal

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("clients")]
KEY = "notes"


def signed_in(client: OAuth2Session, server: dict[str, str], visitor: Visitor) -> dict[str, Any]:
    """Return what the id token says after one more sign-in by the book."""
    verifier = "v" * 48
    address, state = client.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier
    )
    token = client.fetch_token(
        server["token_endpoint"],
        authorization_response=visitor.visit(address).url,
        state=state,
        code_verifier=verifier,
    )
    keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=60).json())
    said: dict[str, Any] = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    return said


def test_what_it_was_given_waits_for_the_step_and_the_next_sign_in_takes_it(portal: Portal) -> None:
    made = portal.ask("make_application", key=KEY, redirect_uris=CALLBACK)
    who = portal.person(tabs=("home", KEY))
    time.sleep(KEPT_SECONDS)
    visitor = Visitor(who)
    client = OAuth2Session(
        made["client_id"],
        made["secret"],
        scope="openid profile email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    found = requests.get(f"{portal.address}/.well-known/openid-configuration", timeout=60)
    server = found.json()
    first = signed_in(client, server, visitor)
    assert (first["acr"], first["amr"]) == ("urn:doorward:password", ["pwd"])
    assert client.get(server["userinfo_endpoint"]).json()["email"] == who.email

    portal.ask("require", email=who.email)
    refused = client.get(server["userinfo_endpoint"])
    assert refused.status_code == requests.codes.unauthorized
    assert "insufficient_user_authentication" in refused.headers["WWW-Authenticate"]
    second = signed_in(client, server, visitor)
    assert (second["acr"], second["amr"]) == ("urn:doorward:two-factor", ["pwd", "otp", "mfa"])
    assert second["sub"] == first["sub"]
    assert visitor.pages == ["sign-in", "sign-in-mailbox", "sign-in-set-up", "recovery-codes"]
