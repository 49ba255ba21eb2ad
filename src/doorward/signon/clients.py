"""Which application asks without a browser: by its secret, or its own key (RFC 6749, 2.3; RFC 7523).

The one place where they are authenticated. A wrong proof is counted, by application and address.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from doorward.applications import assertions, secrets
from doorward.applications.models import ClientType
from doorward.applications.protocol import Code, ProtocolError
from doorward.kernel.ratelimit import limits, throttle
from doorward.signon.issuer import issuer_of
from doorward.signon.metadata import audiences
from doorward.signon.parameters import Unanswerable, application_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.applications.models import Application
    from doorward.web.http.requests import Request

JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticate(request: Request, sent: Mapping[str, str], *, public: bool = True) -> Application:
    """Return the application that asks. Raises `ProtocolError` (invalid_client), `MustWait`.

    `public`: one that has no secret is taken, too; PKCE and rotation keep what it gets.
    """
    by_header = _basic(request.headers.get("Authorization", ""))
    ways = (by_header is not None, "client_secret" in sent, "client_assertion" in sent)
    if sum(ways) > 1:
        raise ProtocolError(Code.INVALID_REQUEST, "One way of authenticating is enough.")
    client_id, secret = by_header or (sent.get("client_id", ""), sent.get("client_secret", ""))
    if sent.get("client_id", client_id) != client_id:
        raise _wrong()
    if "client_assertion" in sent:
        client_id = assertions.issuer_of(sent["client_assertion"])
    application = _find(client_id)
    # Ids that no application has are one to the count: who invents them fills no table, and pushes no other count out.
    key = limits.client_key(application.client_id if application else "", request.client.address)
    throttle.refuse_waiting([key], now=request.now)
    if application is None or not (
        _is_by_key(request, application, sent)
        if "client_assertion" in sent
        else _is_by_secret(request, application, secret, public=public)
    ):
        throttle.spend([key], now=request.now)
        raise _wrong()
    return application


def _find(client_id: str) -> Application | None:
    try:
        return application_of(client_id)
    except Unanswerable:
        return None


def _is_by_key(request: Request, application: Application, sent: Mapping[str, str]) -> bool:
    """Return whether an assertion of the application's own key came."""
    return (
        sent.get("client_assertion_type") == JWT_BEARER
        and sent.get("client_id", application.client_id) == application.client_id
        and assertions.verify(
            application,
            sent["client_assertion"],
            audience=audiences(issuer_of(request)),
            now=request.now,
        )
    )


def _is_by_secret(request: Request, application: Application, secret: str, *, public: bool) -> bool:
    """Return whether the application's secret came; or none, of one that has none."""
    if application.client_type == ClientType.PUBLIC:
        return public and not secret
    return bool(secret) and secrets.verify(application, secret, now=request.now)


def _basic(header: str) -> tuple[str, str] | None:
    """Return id and secret of the header (RFC 6749, 2.3.1: each is encoded before); None: it has none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except ValueError as error:  # no Base64, or no UTF-8 in it
        raise _wrong() from error
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _wrong() -> ProtocolError:
    return ProtocolError(Code.INVALID_CLIENT, "The application could not be authenticated.")
