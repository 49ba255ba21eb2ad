"""Tokens: what they say, and for whom. Each is signed, short-lived, and looked up again where it is shown to us.

Refresh tokens say nothing and are rows: `refresh_tokens.py`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from joserfc.errors import JoseError

from doorward.applications import keys
from doorward.applications.protocol import Code, ProtocolError
from doorward.applications.subjects import party_of, subject_of
from doorward.customers.cached import brand_of
from doorward.gate.assurance import assurance_of, methods_of, verified_at
from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.applications.keys import Signer
    from doorward.applications.models import Application, Grant
    from doorward.applications.requested_scopes import Live

ACCESS_SECONDS: Final = 300
_ID_LASTS: Final = timedelta(minutes=10)
# RFC 9068, 2.1: so that no id token passes for one.
ACCESS: Final = "at+jwt"
ID: Final = "JWT"
LOGOUT: Final = "logout+jwt"
_LOGOUT_SECONDS: Final = 120
_LOGGED_OUT: Final = "http://schemas.openid.net/event/backchannel-logout"
_HALF: Final = 16


def access_token(live: Live, signer: Signer, *, issuer: str, now: datetime) -> str:
    """Return an access token (RFC 9068) for what the sign-in was for: an interface, or else ourselves."""
    grant, application = live.grant, live.grant.application
    claims = {
        "iss": issuer,
        "aud": grant.resource or issuer,
        "exp": _seconds(now) + ACCESS_SECONDS,
        "iat": _seconds(now),
        **party_of(application, live.auth),
        "client_id": application.client_id,
        "scope": " ".join(live.scopes),
        # What came of one sign-in is found by it.
        "jti": f"{grant.id.hex}{secrets.token_hex(8)}",
        "sid": _sid(grant),
        **_of_session(live),
    }
    return signer.sign(claims, typ=ACCESS)


def id_token(  # noqa: PLR0913 - what it says, and for whom
    live: Live, signer: Signer, *, issuer: str, access: str, told: dict[str, Any], now: datetime
) -> str:
    """Return an id token (OpenID Connect Core, 2 and 3.1.3.6). `access`: the token that goes with it.

    `told`: what it says of the person besides (`claims.of_id_token`).
    """
    grant, application = live.grant, live.grant.application
    claims = told | {
        "iss": issuer,
        "aud": application.client_id,
        "exp": _seconds(now + _ID_LASTS),
        "iat": _seconds(now),
        **party_of(application, live.auth),
        "sid": _sid(grant),
        # Both algorithms have SHA-256.
        "at_hash": _letters(hashlib.sha256(access.encode()).digest()[:_HALF]),
        **({"nonce": grant.nonce} if grant.nonce else {}),
        **_of_session(live),
    }
    return signer.sign(claims, typ=ID)


def logout_token(grant: Grant, *, now: datetime) -> str:
    """Return what tells an application that a session is over (Back-Channel Logout 1.0, 2.4)."""
    application = grant.application
    claims = {
        "iss": brand_of(grant.administrator.customer.brand_id).address(""),
        "aud": application.client_id,
        "iat": _seconds(now),
        "exp": _seconds(now) + _LOGOUT_SECONDS,
        "jti": secrets.token_hex(16),
        # Of who manages, the session is enough.
        **({} if grant.managing_id else {"sub": subject_of(application, grant.administrator_id)}),
        "sid": _sid(grant),
        "events": {_LOGGED_OUT: {}},
    }
    return keys.signer(application.algorithm, now=now).sign(claims, typ=LOGOUT)


def read_access(token: str, *, issuer: str, now: datetime) -> dict[str, Any]:
    """Return what an access token of this issuer says that is not over. Raises `ProtocolError`."""
    claims = _read(token, typ=ACCESS, issuer=issuer)
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= _seconds(now):
        raise ProtocolError(Code.INVALID_TOKEN, "The token is over.")
    return claims


def read_hint(token: str, *, issuer: str) -> dict[str, Any]:
    """Return what an id token of this issuer says, over or not (RP-Initiated Logout 1.0, 4). Raises `ProtocolError`."""
    return _read(token, typ=ID, issuer=issuer)


def grant_id(claims: dict[str, Any]) -> UUID:
    """Return the id of the sign-in that an access token of ours came of."""
    return UUID(hex=str(claims["jti"])[:32])


def session_mark(application: Application, session_id: UUID) -> str:
    """Return by what an application knows a session again (`sid`), which it cannot compare with any other's."""
    return _letters(keyed_hash("oidc-session", application.id.bytes + session_id.bytes)[:_HALF])


def _sid(grant: Grant) -> str:
    """Return the mark of its session; what is opened while managing has one of its own, and ends by itself."""
    return session_mark(grant.application, grant.managing_id or grant.session_id)


def _read(token: str, *, typ: str, issuer: str) -> dict[str, Any]:
    try:
        claims = keys.verify(token, typ=typ)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProtocolError(Code.INVALID_TOKEN, "The token is none of ours.") from error
    if claims.get("iss") != issuer:
        raise ProtocolError(Code.INVALID_TOKEN, "The token is of another issuer.")
    return claims


def _of_session(live: Live) -> dict[str, Any]:
    """Return what is true of this very session now."""
    facts = live.auth.facts
    verified = verified_at(facts)
    return {
        "acr": assurance_of(facts).value,
        "amr": list(methods_of(facts)),
        **({"auth_time": _seconds(verified)} if verified else {}),
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _letters(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
