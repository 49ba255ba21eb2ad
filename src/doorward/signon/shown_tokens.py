"""Where tokens are shown to us: userinfo, introspection (RFC 7662), revocation (RFC 7009).

A token says what was true when it was signed; whether it is still worth something, the gate says, each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from doorward.applications import grants, refresh_tokens, subjects, tokens
from doorward.applications.claims import claims_of
from doorward.applications.protocol import Code, ProtocolError, StepMissing
from doorward.applications.requested_scopes import limited
from doorward.gate.requirement import Need
from doorward.signon.client_endpoint import client_endpoint, refuse, say
from doorward.signon.clients import authenticate
from doorward.signon.cors import preflight, share
from doorward.signon.issuer import issuer_of
from doorward.signon.parameters import needed, single
from doorward.web.http.needs import needs

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.applications.models import Application
    from doorward.applications.requested_scopes import Live
    from doorward.web.http.requests import Request


# No cookie counts here: who asks brings a token.
@csrf_exempt
@needs(Need.NOTHING)
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def userinfo(request: Request) -> HttpResponse:
    """Answer with what the application may know of somebody (OpenID Connect Core, 5.3)."""
    return preflight(request) if request.method == "OPTIONS" else share(request, _known(request))


def _known(request: Request) -> HttpResponse:
    try:
        text = _bearer(request)
        if not text:
            return _asks_for_a_token()
        live = _for_us(request, text)
    except StepMissing as error:
        return _challenge(
            Code.INSUFFICIENT_USER_AUTHENTICATION, error.description, acr_values=error.acr
        )
    except ProtocolError as error:
        one = error.code is Code.INVALID_REQUEST
        return _challenge(error.code if one else Code.INVALID_TOKEN, error.description)
    return say(claims_of(live))


def _asks_for_a_token() -> HttpResponse:
    """Answer who brings none: no error is told of what was not tried (RFC 6750, 3.1)."""
    answer = say({}, status=401)
    answer["WWW-Authenticate"] = 'Bearer realm="applications"'
    return answer


def _challenge(code: Code, description: str, **more: str) -> HttpResponse:
    """Refuse a token, and say what would do: another one, or one of somebody who verified more (RFC 9470, 3)."""
    answer = refuse(ProtocolError(code, description))
    said = {"error": code.value, "error_description": description} | more
    answer["WWW-Authenticate"] = "Bearer " + ", ".join(
        f'{name}="{value}"' for name, value in said.items() if value
    )
    return answer


@client_endpoint
def introspect(request: Request) -> HttpResponse:
    """Say what a token is worth now, to the application it was given to; to any other it is worth nothing."""
    sent = single(request.POST)
    application = authenticate(request, sent, public=False)
    text = needed(sent, "token")
    if found := refresh_tokens.find(application, text):
        return say(_of_refresh(request, found.grant_id, used=found.used_at is not None))
    try:
        claims, live = _live(request, text)
    except ProtocolError:
        return say({"active": False})
    if not _may_look(application, claims, live):
        return say({"active": False})
    return say({"active": True, "token_type": "Bearer", **claims})


@client_endpoint
def revoke(request: Request) -> HttpResponse:
    """End the sign-in that a token came of, if it is the application's own; the answer is the same (RFC 7009, 2.2)."""
    sent = single(request.POST)
    application = authenticate(request, sent)
    text = needed(sent, "token")
    if found := refresh_tokens.find(application, text):
        grants.revoke(found.grant, client=request.client, now=request.now)
        return say({})
    try:
        claims = tokens.read_access(text, issuer=issuer_of(request), now=request.now)
        # Also where a step is missing: it would be worth something again after that.
        grant = grants.with_id(tokens.grant_id(claims))
    except ProtocolError:
        return say({})
    if grant.application_id == application.id:
        grants.revoke(grant, client=request.client, now=request.now)
    return say({})


def _of_refresh(request: Request, grant_id: Any, *, used: bool) -> dict[str, Any]:  # noqa: ANN401 - a UUID
    if used:
        return {"active": False}
    try:
        live = grants.find(grant_id, now=request.now)
    except ProtocolError:
        return {"active": False}
    application = live.grant.application
    return {
        "active": True,
        "client_id": application.client_id,
        "scope": " ".join(live.scopes),
        **subjects.party_of(application, live.auth),
        "iss": issuer_of(request),
    }


def _may_look(application: Application, claims: dict[str, Any], live: Live) -> bool:
    """Return whether a token was given to this application, or is for an interface of its own."""
    return live.grant.application_id == application.id or claims.get("aud") in application.resources


def _for_us(request: Request, text: str) -> Live:
    """Return the sign-in of a token that is for this very address."""
    claims, live = _live(request, text)
    if claims.get("aud") != issuer_of(request):
        raise ProtocolError(Code.INVALID_TOKEN, "The token is for somebody else.")
    return limited(live, tuple(claims["scope"].split()))


def _live(request: Request, text: str) -> tuple[dict[str, Any], Live]:
    """Return what an access token says, and the sign-in that it came of, if it is still worth something."""
    claims = tokens.read_access(text, issuer=issuer_of(request), now=request.now)
    return claims, grants.find(tokens.grant_id(claims), now=request.now)


def _bearer(request: Request) -> str:
    """Return the token of the header (RFC 6750, 2.1), or of the form; never of the address, which is written down.

    Empty: none came. Raises `ProtocolError` where several did.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    found = [value.strip()] if scheme.lower() == "bearer" else []
    if request.method == "POST":
        found += request.POST.getlist("access_token")
    if len(found) > 1:
        raise ProtocolError(Code.INVALID_REQUEST, "One token is enough.")
    return found[0] if found else ""
