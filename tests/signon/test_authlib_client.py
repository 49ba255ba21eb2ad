"""Authlib's own client signs somebody in: a client that no one here wrote, through Django's test client."""

from __future__ import annotations

import json
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from requests.adapters import BaseAdapter

from tests.kit.applications import CALLBACK, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


class Wire(BaseAdapter):
    """What `requests` sends, handed to the portal without a network."""

    def send(self, request, *_words, **_rest):
        parts = urlsplit(request.url)
        answer = Client().generic(
            request.method,
            f"{parts.path}{'?' + parts.query if parts.query else ''}",
            request.body or b"",
            request.headers.get("Content-Type", ""),
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        response = requests.Response()
        response.status_code, response.url, response.request = (
            answer.status_code,
            request.url,
            request,
        )
        response.headers = requests.structures.CaseInsensitiveDict(answer.headers)
        response.raw = BytesIO(answer.content)
        return response

    def close(self):
        pass


def client_of(application, secret, **given) -> tuple[OAuth2Session, dict[str, str]]:
    session = OAuth2Session(
        application.client_id,
        secret,
        scope="openid profile email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        **given,
    )
    session.mount("http://", Wire())
    found = session.get("http://localhost/.well-known/openid-configuration", withhold_token=True)
    return session, found.json()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_it_signs_in_refreshes_asks_and_revokes(owner, method):
    give_tab(owner)
    key = ECKey.generate_key("P-256")
    public = key.as_dict(private=False) | {"kid": key.thumbprint()}
    application = make_application(keys=json.dumps({"keys": [public]}), algorithm="ES256")
    secret = key if method == "private_key_jwt" else make_secret(application)
    session, server = client_of(
        application,
        secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )
    if method == "private_key_jwt":
        by = PrivateKeyJWT(server["token_endpoint"], alg="ES256", headers={"kid": key.thumbprint()})
        session.register_client_auth_method(by)

    verifier = "x" * 48
    address, state = session.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, nonce="n-1"
    )
    parts = urlsplit(address)
    led = browser_of(owner).get(f"{parts.path}?{parts.query}")
    token = session.fetch_token(
        server["token_endpoint"],
        authorization_response=led["Location"],
        state=state,
        code_verifier=verifier,
    )
    keys = KeySet.import_key_set(session.get(server["jwks_uri"], withhold_token=True).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"])
    read = CodeIDToken(
        claims.claims,
        claims.header,
        options={
            "iss": {"value": server["issuer"]},
            "aud": {"value": application.client_id},
        },
        params={
            "nonce": "n-1",
            "access_token": token["access_token"],
            "client_id": application.client_id,
        },
    )
    read.validate()
    known = session.get(server["userinfo_endpoint"]).json()
    assert (known["sub"], known["email"]) == (claims.claims["sub"], owner.email)

    before = token["refresh_token"]
    renewed = session.refresh_token(server["token_endpoint"], refresh_token=before)
    assert renewed["refresh_token"] != before
    asked = session.introspect_token(server["introspection_endpoint"], renewed["access_token"])
    assert asked.json()["active"] is True
    revoked = session.revoke_token(server["revocation_endpoint"], renewed["refresh_token"])
    assert revoked.status_code == 200
    assert session.get(server["userinfo_endpoint"], withhold_token=False).status_code == 401
