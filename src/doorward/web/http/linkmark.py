"""A mailed link's token, taken out of the address before a page is shown.

The link is opened with GET, which uses nothing up (mail scanners open links too): the token moves
into a cookie that no script reads and the browser goes on to an address without it, so that it
stands in no history, no Referer and no log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from doorward.web.http.pages import see_other

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

NAME = settings.DOORWARD.cookie_name("link")
KEPT_SECONDS = 3600


def take_out(token: str, *, to: str) -> HttpResponse:
    """Move the token of an address into the browser and go on to an address without it."""
    response = see_other(to)
    # Lax: the browser comes from a mail, and a strict cookie would not go along the redirect.
    response.set_cookie(
        NAME,
        f"{to}|{token}",
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def token_for(request: Request) -> str:
    """Return the token that was taken out for this page; empty: none was."""
    page, _, token = request.COOKIES.get(NAME, "").partition("|")
    return token if page == request.path else ""


def drop(response: HttpResponse) -> HttpResponse:
    """Take the token out of the browser: it was used, or is good for nothing."""
    response.delete_cookie(NAME, samesite="Lax")
    return response
