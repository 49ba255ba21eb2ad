"""The cookie of a trusted browser. It stands in for the second step alone, where the policy allows that.

Several people who share a browser each have a token in it, the newest first: nobody's takes another's away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages

from doorward.credentials.errors import TrustNotAllowed
from doorward.credentials.trusted_browsers import trust
from doorward.credentials.trusted_browsers.trust import MOST_TRUSTED as MOST
from doorward.web.http.browsermark import KEPT_SECONDS
from doorward.web.http.requests import acting, session_of
from doorward.web.kit.refusals import sentence

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.policy.rules import FactorKind
    from doorward.web.http.requests import Request

NAME = settings.DOORWARD.cookie_name("trusted")
# 256 bits as they are written (`issuing.new_token`); nothing else is looked up.
_LENGTH = 43
_LONGEST = (_LENGTH + 1) * MOST
_DAY_SECONDS = 24 * 3600


def token_of(request: Request) -> str:
    """Return the tokens that a browser brings, with dots between; empty: none, or none that could be ours."""
    brought: str = request.COOKIES.get(NAME, "")
    tokens = brought.split(".") if len(brought) < _LONGEST else ()
    return ".".join(one for one in tokens if len(one) == _LENGTH and one.isascii())


def begin_trust(request: Request, response: HttpResponse, kind: FactorKind) -> HttpResponse:
    """Trust this browser after a factor was verified, where the policy allows it."""
    try:
        begun = trust.begin(
            auth=session_of(request),
            kind=kind,
            old_token=token_of(request),
            actor=acting(request),
            now=request.now,
        )
    except TrustNotAllowed as refusal:
        messages.info(request, sentence(refusal))
        return response
    # Of how long others are trusted the rows tell; the cookie must not end before.
    response.set_cookie(
        NAME,
        ".".join((begun.token, *begun.others)),
        max_age=KEPT_SECONDS if begun.others else begun.days * _DAY_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
