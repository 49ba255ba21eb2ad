"""Headers and the language of a page, by the middleware that sets them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from doorward.web.fast.page_language import Language
from doorward.web.http import cookies
from doorward.web.http.csp_nonce import ContentSecurityPolicy

if TYPE_CHECKING:
    from collections.abc import Callable


def policy(view: Callable[[Any], HttpResponse]) -> dict[str, list[str]]:
    request = RequestFactory().get("/")
    middleware = ContentSecurityPolicy(view)
    middleware.process_request(request)
    response = middleware.process_response(request, view(request))
    parts = response["Content-Security-Policy"].split("; ")
    return {part.split(" ")[0]: part.split(" ")[1:] for part in parts}


def test_nothing_is_allowed_but_what_comes_from_here():
    found = policy(lambda _: HttpResponse())
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'self'"]
    for name in ("frame-ancestors", "base-uri", "object-src"):
        assert found[name] == ["'none'"]
    assert found["form-action"] == ["'self'"]
    assert "unsafe" not in str(found)


def test_a_nonce_is_of_one_answer_only():
    nonces = set()
    for _ in range(20):
        found = policy(lambda request: HttpResponse(str(request.csp_nonce)))
        nonce = found["script-src"][-1]
        assert re.fullmatch(r"'nonce-[A-Za-z0-9+/=]{20,}'", nonce)
        assert found["style-src"][-1] == nonce
        nonces.add(nonce)
    assert len(nonces) == 20


@pytest.mark.parametrize(
    ("cookie", "wish", "expected"),
    [
        ("", "", "en"),
        ("", "de", "de"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "fr,de;q=0.5", "de"),
        ("", "fr", "en"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
        ("../../etc", "de;q=nonsense", "en"),
        ("", "x" * 100_000, "en"),
    ],
)
def test_the_cookie_then_the_wish_then_english(settings, cookie, wish, expected):
    request = RequestFactory().get("/", headers={"Accept-Language": wish})
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    response = Language(lambda _: HttpResponse(translation.get_language()))(request)
    assert response.content.decode() == response["Content-Language"] == expected
    assert response["Vary"] == "Accept-Language"


def test_one_place_puts_cookies():
    """No script reads them, no other site's form brings them along, and with https they go nowhere else."""
    sources = Path(cookies.__file__).parents[2]
    putting = {
        str(file.relative_to(sources))
        for file in sources.rglob("*.py")
        if ".set_cookie(" in file.read_text()
    }
    assert putting == {"web/http/cookies.py"}
    made = cookies.put(HttpResponse(), "a", "b").cookies["a"]
    assert (made["httponly"], made["samesite"]) == (True, "Lax")
