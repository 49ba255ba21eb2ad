"""Applications that sign in with a key of their own (`private_key_jwt`; RFC 7523, 3): each assertion works once."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from doorward.applications import rules
from doorward.applications.models import UsedAssertion
from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from doorward.applications.models import Application

# What libraries use (Authlib: an hour); so long we remember that it came.
LONGEST: Final = timedelta(minutes=61)
_CLOCKS_DIFFER: Final = timedelta(minutes=1)
_LONGEST_JTI: Final = 200
_LONGEST_ASSERTION: Final = 8192


def issuer_of(assertion: str) -> str:
    """Return who an assertion says it is of, which proves nothing: it is only looked up by it."""
    try:
        part = assertion[:_LONGEST_ASSERTION].split(".")[1].encode("ascii")
        said = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (IndexError, ValueError, RecursionError):
        return ""
    return str(said.get("iss", "")) if isinstance(said, dict) else ""


def verify(
    application: Application, assertion: str, *, audience: tuple[str, ...], now: datetime
) -> bool:
    """Return whether an application signed this, for us, just now; from then on it is used up."""
    if not application.keys or len(assertion) > _LONGEST_ASSERTION:
        return False
    try:
        keys = KeySet.import_key_set({"keys": application.keys})
        claims = jwt.decode(assertion, keys, algorithms=list(rules.CLIENT_ALGORITHMS)).claims
        until = datetime.fromtimestamp(int(claims["exp"]), UTC)
        since = datetime.fromtimestamp(int(claims.get("nbf", 0)), UTC)
    except (JoseError, ValueError, TypeError, KeyError, OverflowError, OSError):
        return False
    if not _is_for_us(claims, application, audience):
        return False
    # RFC 7523, 3: neither later nor earlier than it says.
    if not now < until <= now + LONGEST or since > now + _CLOCKS_DIFFER:
        return False
    return _use_up(application, str(claims["jti"]), until=until)


def _is_for_us(claims: dict[str, Any], application: Application, audience: tuple[str, ...]) -> bool:
    aud, jti = claims.get("aud"), claims.get("jti")
    # One audience and no more: another server that gets it must not be able to come with it.
    one = aud[0] if isinstance(aud, list) and len(aud) == 1 else aud
    return (
        claims.get("iss") == application.client_id == claims.get("sub")
        and isinstance(one, str)
        and one in audience
        and isinstance(jti, str)
        and 0 < len(jti) <= _LONGEST_JTI
    )


def _use_up(application: Application, jti: str, *, until: datetime) -> bool:
    hashed = keyed_hash(
        "oidc-assertion", f"{application.client_id} {jti}".encode(errors="surrogatepass")
    )
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(keyed_hash=hashed, until=until)
    except IntegrityError:
        return False
    return True
