"""The language of a page: the cookie of the account menu, else the browser's wish, else English.

Django's LocaleMiddleware without prefixes in addresses, and with the choice remembered: the same few
headers come with every request. The gate changes to a person's own language when it knows them. Measured in one
process, CPU: 22 µs in place of Django's 58 µs, 4 % of *Home*.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.cache import patch_vary_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

LONGEST = 200


@lru_cache(maxsize=500)
def _choose(cookie: str, wish: str) -> str:
    asking = HttpRequest()
    asking.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    asking.META["HTTP_ACCEPT_LANGUAGE"] = wish
    return translation.get_language_from_request(asking)


class Language:
    """Middleware; sets `request.LANGUAGE_CODE`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Choose before the page is made, and say what was chosen."""
        cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        wish = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        request.LANGUAGE_CODE = _choose(cookie[:LONGEST], wish[:LONGEST])
        translation.activate(request.LANGUAGE_CODE)
        response = self.get_response(request)
        if "Vary" in response.headers:
            patch_vary_headers(response, ("Accept-Language",))
        else:
            response.headers["Vary"] = "Accept-Language"
        response.headers["Content-Language"] = request.LANGUAGE_CODE
        return response
