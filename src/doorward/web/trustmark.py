"""The cookie of a trusted browser. It stands in for the second step alone, where the policy allows that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages

from doorward.core.errors import TrustNotAllowed
from doorward.mfa import trusted
from doorward.web.posted import ticked
from doorward.web.refusals import sentence
from doorward.web.requests import acting, session_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.core.steps import FactorKind
    from doorward.web.requests import Request

NAME = f"{settings.HOST_PREFIX}trusted"
# 256 bits as they are written (`sessions.new_token`); nothing else is looked up.
_LENGTH = 43
_DAY_SECONDS = 24 * 3600


def token_of(request: Request) -> str:
    """Give the token that a browser brings; empty: none, or none that could be ours."""
    token: str = request.COOKIES.get(NAME, "")
    return token if len(token) == _LENGTH and token.isascii() else ""


def trust_if_asked(request: Request, response: HttpResponse, kind: FactorKind) -> HttpResponse:
    """Trust this browser after a factor was proved, where the form asks for it and the policy allows it."""
    if not ticked(request, "trust"):
        return response
    try:
        begun = trusted.begin(
            loaded=session_of(request),
            kind=kind,
            old_token=token_of(request),
            by=acting(request),
            now=request.now,
        )
    except TrustNotAllowed as refusal:
        messages.info(request, sentence(refusal))
        return response
    response.set_cookie(
        NAME,
        begun.token,
        max_age=begun.days * _DAY_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
