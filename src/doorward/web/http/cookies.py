"""The cookies that Doorward puts into a browser; the form token and messages are Django's own.

They are: the session's identifier; what its device gets for each proof; the mark of a browser that signed in before,
which opens nothing; the tokens of a trusted browser; a mailed link's token. All others are put by `put` as well, and
have the same guards. How one is called, `cookie_name` in `environment/derived.py` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse

from doorward.credentials.errors import TrustNotAllowed
from doorward.credentials.trusted_browsers import trust
from doorward.credentials.trusted_browsers.trust import MOST_TRUSTED
from doorward.kernel.refusals import sentence
from doorward.sessions import binding
from doorward.sessions.issuing import new_token
from doorward.web.http.pages import see_other
from doorward.web.http.requests import acting, session_of

if TYPE_CHECKING:
    from doorward.policy.rules import FactorKind
    from doorward.web.http.requests import Request

SESSION: Final = settings.SESSION_COOKIE_NAME
DEVICE: Final = settings.DOORWARD.cookie_name("device")
BROWSER: Final = settings.DOORWARD.cookie_name("browser")
TRUSTED: Final = settings.DOORWARD.cookie_name("trusted")
LINK: Final = settings.DOORWARD.cookie_name("link")

_DAY_SECONDS: Final = 24 * 3600
# The longest time that browsers keep a cookie.
_LONGEST_KEPT: Final = 400 * _DAY_SECONDS
_LINK_KEPT: Final = 3600
# 256 bits as they are written (`issuing.new_token`); nothing else is looked up.
_TOKEN_LENGTH: Final = 43
_LONGEST_TRUSTED: Final = (_TOKEN_LENGTH + 1) * MOST_TRUSTED

_Response = TypeVar("_Response", bound=HttpResponse)


def put(
    response: _Response,
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    secure: bool = settings.SESSION_COOKIE_SECURE,
) -> _Response:
    """Put a cookie into the browser that no script reads; without `max_age` it ends with the browser.

    Lax: who comes from a mail is signed in, and no form of another site brings it along. `secure`: by https alone.
    """
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def drop(response: _Response, name: str) -> _Response:
    """Take a cookie out of the browser."""
    response.delete_cookie(name, samesite="Lax")
    return response


# --- the session ----------------------------------------------------------------------------------


def set_session(response: _Response, token: str) -> _Response:
    """Put a session's new identifier into the browser; it ends with the browser."""
    return put(response, SESSION, token)


def drop_session(response: _Response) -> _Response:
    """Take the session's identifier out of the browser, and what its device got for it."""
    return drop(drop(response, DEVICE), SESSION)


def set_device(response: _Response, token: str) -> _Response:
    """Put into the browser what its device gets for a proof."""
    return put(response, DEVICE, token, max_age=int(binding.LIFE.total_seconds()))


def device_token(request: Request) -> str:
    """Return what the browser got for its last proof; empty: it brings nothing that could be ours."""
    brought: str = request.COOKIES.get(DEVICE, "")
    return brought if len(brought) == _TOKEN_LENGTH and brought.isascii() else ""


# --- a browser that is known ----------------------------------------------------------------------


def browser_token(request: Request) -> str:
    """Return the browser's mark; a new one for a browser that brings none."""
    return request.COOKIES.get(BROWSER, "")[:64] or new_token()


def mark_browser(response: _Response, token: str) -> _Response:
    """Put the mark into the browser, for the longest time that browsers keep a cookie."""
    return put(response, BROWSER, token, max_age=_LONGEST_KEPT)


# --- a browser that is trusted --------------------------------------------------------------------


def trusted_tokens(request: Request) -> str:
    """Return the tokens that a browser brings, with dots between; empty: none, or none that could be ours.

    Several people who share a browser each have one in it, the newest first: nobody's takes another's away.
    """
    brought: str = request.COOKIES.get(TRUSTED, "")
    tokens = brought.split(".") if len(brought) < _LONGEST_TRUSTED else ()
    return ".".join(one for one in tokens if len(one) == _TOKEN_LENGTH and one.isascii())


def begin_trust(request: Request, response: _Response, kind: FactorKind) -> _Response:
    """Trust this browser after a factor was verified, where the policy allows it."""
    try:
        begun = trust.begin(
            auth=session_of(request),
            kind=kind,
            old_token=trusted_tokens(request),
            actor=acting(request),
            now=request.now,
        )
    except TrustNotAllowed as refusal:
        messages.info(request, sentence(refusal))
        return response
    # Of how long others are trusted the rows tell; the cookie must not end before.
    kept = _LONGEST_KEPT if begun.others else begun.days * _DAY_SECONDS
    return put(response, TRUSTED, ".".join((begun.token, *begun.others)), max_age=kept)


# --- a mailed link --------------------------------------------------------------------------------


def take_link_out(token: str, *, to: str) -> HttpResponse:
    """Move the token of an address into the browser and go on to an address without it.

    The link is opened with GET, which uses nothing up (mail scanners open links too). So the token stands in no
    history, no Referer and no log.
    """
    return put(see_other(to), LINK, f"{to}|{token}", max_age=_LINK_KEPT)


def link_token(request: Request) -> str:
    """Return the token that was taken out for this page; empty: none was."""
    page, _, token = request.COOKIES.get(LINK, "").partition("|")
    return token if page == request.path else ""


def drop_link(response: _Response) -> _Response:
    """Take the token out of the browser: it was used, or is good for nothing."""
    return drop(response, LINK)
