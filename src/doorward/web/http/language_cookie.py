"""A language that was chosen is kept in its browser; which one a page is shown in, `web/fast/page_language.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from doorward.web.http import cookies

if TYPE_CHECKING:
    from django.http import HttpResponse

_YEAR = 365 * 24 * 3600


def keep_language(response: HttpResponse, code: str) -> HttpResponse:
    """Remember a language in this browser."""
    return cookies.put(response, settings.LANGUAGE_COOKIE_NAME, code, max_age=_YEAR)
