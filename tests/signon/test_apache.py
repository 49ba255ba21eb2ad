"""Apache's mod_auth_openidc signs people in at a running portal, and is told of sign-outs."""

from __future__ import annotations

import base64
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from doorward.customers.cached import KEPT_SECONDS
from tests.kit.waiting import until
from tests.signon import apache
from tests.signon.visiting import Visitor

if TYPE_CHECKING:
    from tests.browser.portal import Portal

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("clients")]


@pytest.mark.parametrize("mode", ["query", pytest.param("form_post", marks=pytest.mark.at_length)])
def test_it_signs_in_is_told_of_a_sign_out_and_signs_out(portal: Portal, mode: str) -> None:
    port, address = apache.port_and_address()
    made = portal.ask(
        "make_application",
        key=f"apache-{mode.replace('_', '-')}",
        redirect_uris=f"{address}/back",
        logout_uris=f"{address}/bye",
        logout_channel=f"{address}/back?logout=backchannel",
    )
    who = portal.person(tabs=("home", f"apache-{mode.replace('_', '-')}"))
    time.sleep(KEPT_SECONDS)
    visitor = Visitor(who)
    with apache.running(port, mode=mode, issuer=portal.address, **made):
        page = visitor.use(address)
        assert (page.text, page.headers["X-User"]) == ("Welcome", who.email)
        assert page.headers["X-Acr"] == "urn:doorward:password"

        for forged in _forged(portal.address, page.headers["X-Sid"], **made):
            told = f"{address}/back?logout=backchannel"
            answer = requests.post(told, {"logout_token": forged}, timeout=60)
            assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert visitor.session.get(address).text == "Welcome"

        portal.ask("require", email=who.email)
        visitor.sign_out()
        # Nobody asks the application anything: it is told (OpenID Connect Back-Channel Logout 1.0).
        until(lambda: visitor.session.get(address, allow_redirects=False).is_redirect)
        page = visitor.use(address)
        assert page.headers["X-Acr"] == "urn:doorward:two-factor"
        assert visitor.pages[-4:] == [
            *("sign-in", "sign-in-mailbox", "sign-in-set-up", "recovery-codes"),
        ]

        left = visitor.use(f"{address}/back?logout={address}/bye")
        assert (left.url, left.text) == (f"{address}/bye", "Bye")
        assert visitor.session.get(address, allow_redirects=False).is_redirect
        again = visitor.session.get(f"{portal.address}/", allow_redirects=False)
        assert again.status_code == HTTPStatus.SEE_OTHER


def _forged(issuer: str, sid: str, *, client_id: str, secret: str) -> list[str]:
    """Return logout tokens that somebody made who knows all but the key, and the application's secret as well."""
    claims = {
        "iss": issuer,
        "aud": client_id,
        "iat": int(time.time()),
        "exp": int(time.time()) + 60,
        "jti": "one",
        "sid": sid,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    published = requests.get(f"{issuer}/oidc/jwks/", timeout=60).json()["keys"]
    kid = next(one["kid"] for one in published if one["alg"] == "RS256")
    own, shared = RSAKey.generate_key(2048), OctKey.import_key(secret)
    body = jwt.encode({"alg": "RS256", "kid": kid}, claims, own)
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return [
        body,
        f"{unsigned}.{body.split('.')[1]}.",
        jwt.encode({"alg": "HS256", "kid": kid}, claims, shared),
    ]
