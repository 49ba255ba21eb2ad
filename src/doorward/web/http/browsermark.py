"""The long-lived cookie by which a browser that signed in before is known. It opens nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from doorward.sessions.issuing import new_token

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

NAME = settings.DOORWARD.cookie_name("browser")
KEPT_SECONDS = 400 * 24 * 3600


def browser_token(request: Request) -> str:
    """Return the browser's mark; a new one for a browser that brings none."""
    return request.COOKIES.get(NAME, "")[:64] or new_token()


def leave_mark(response: HttpResponse, token: str) -> HttpResponse:
    """Put the mark into the browser, for the longest time that browsers keep a cookie."""
    response.set_cookie(
        NAME,
        token,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
