"""Codes and refresh tokens for tokens (RFC 6749, 4.1.3 and 6), and requests that are pushed (RFC 9126)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doorward.applications import (
    authorization_codes,
    claims,
    keys,
    pushed_requests,
    refresh_tokens,
    tokens,
)
from doorward.applications.models import ClientType
from doorward.applications.protocol import Code, ProtocolError
from doorward.applications.requested_scopes import Part, part_of
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.ratelimit.limits import Rule
from doorward.signon import authorization_request
from doorward.signon.client_endpoint import client_endpoint, say
from doorward.signon.clients import authenticate
from doorward.signon.issuer import issuer_of, issuer_of_brand
from doorward.signon.parameters import Unanswerable, needed, single

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpResponse

    from doorward.applications.models import Application
    from doorward.applications.requested_scopes import Live
    from doorward.audit.actor import ClientInfo
    from doorward.web.http.requests import Request

# RFC 7636, 4.1.
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


@client_endpoint
def token(request: Request) -> HttpResponse:
    """Answer with tokens."""
    sent = single(request.POST)
    application = authenticate(request, sent)
    client, now = request.client, request.now
    match needed(sent, "grant_type"):
        case "authorization_code":
            live = _redeemed(application, sent, client=client, now=now)
        case "refresh_token":
            given = needed(sent, "refresh_token")
            part = Part(tuple(sent.get("scope", "").split()), sent.get("resource", ""))
            live = refresh_tokens.use(application, given, part, client=client, now=now)
        case _:
            raise ProtocolError(Code.UNSUPPORTED_GRANT_TYPE, "It is none of what discovery lists.")
    return _tokens(request, live)


def _redeemed(
    application: Application, sent: Mapping[str, str], *, client: ClientInfo, now: datetime
) -> Live:
    code, verifier = needed(sent, "code"), sent.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        raise ProtocolError(Code.INVALID_GRANT, "A code_verifier is needed (RFC 7636).")
    live = authorization_codes.redeem(
        application,
        code=code,
        redirect_uri=sent.get("redirect_uri", ""),
        verifier=verifier,
        client=client,
        now=now,
    )
    return part_of(live, Part(resource=sent.get("resource", "")))


def _tokens(request: Request, live: Live) -> HttpResponse:
    issuer, now = issuer_of(request), request.now
    if issuer_of_brand(live.auth.person.brand_id) != issuer:
        raise ProtocolError(Code.INVALID_GRANT, "It was given by another issuer.")
    signer = keys.signer(live.grant.application.algorithm, now=now)
    access = tokens.access_token(live, signer, issuer=issuer, now=now)
    told = claims.of_id_token(live)
    identity = tokens.id_token(live, signer, issuer=issuer, access=access, told=told, now=now)
    return say(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": tokens.ACCESS_SECONDS,
            "id_token": identity,
            "refresh_token": refresh_tokens.make(live.grant, now=now),
            "scope": " ".join(live.scopes),
        }
    )


@client_endpoint
def push(request: Request) -> HttpResponse:
    """Keep an authorization request of an application that says who it is, and answer with an address for it."""
    sent = single(request.POST)
    application = authenticate(request, sent)
    parameters = authorization_request.kept(sent, issuer=issuer_of(request)) | {
        "client_id": application.client_id
    }
    try:
        authorization_request.redirect_of(application, parameters)
    except Unanswerable as error:
        raise ProtocolError(Code.INVALID_REQUEST, "This redirect_uri is not registered.") from error
    authorization_request.read(application, parameters)
    if application.client_type == ClientType.PUBLIC:
        pushes = limits.address_key(request.client.address, Rule.PUSHING)
        throttle.spend([pushes], now=request.now)
    address = pushed_requests.keep(application, parameters, now=request.now)
    seconds = int(pushed_requests.LASTS.total_seconds())
    return say({"request_uri": address, "expires_in": seconds}, status=201)
