"""The token in a form: Django's check takes it, each page has another, and nobody else's serves."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from doorward.web.fast.csrf_token import form_input, form_token

SECRET = "aB3" + "x" * 26 + "9Zz"


def _request(secret: str | None) -> HttpRequest:
    request = HttpRequest()
    request.META["HTTP_HOST"] = "localhost"
    if secret is not None:
        request.META["CSRF_COOKIE"] = secret
    return request


def _refused(secret: str, token: str) -> bool:
    posted = _request(None)
    posted.method = "POST"
    posted.COOKIES[settings.CSRF_COOKIE_NAME] = secret
    posted.META["HTTP_X_CSRFTOKEN"] = token
    check = CsrfViewMiddleware(lambda _request: HttpResponse())
    check.process_request(posted)
    return check.process_view(posted, lambda _request: HttpResponse(), (), {}) is not None


def test_djangos_check_takes_it() -> None:
    for _ in range(200):
        assert not _refused(SECRET, form_token(_request(SECRET)))


def test_each_page_has_another_and_none_shows_the_secret() -> None:
    tokens = {form_token(_request(SECRET)) for _ in range(200)}
    assert len(tokens) == 200
    assert not [token for token in tokens if SECRET in token]


def test_every_letter_is_drawn_about_as_often() -> None:
    drawn = "".join(form_token(_request(SECRET))[:32] for _ in range(2000))
    counts = [drawn.count(letter) for letter in set(drawn)]
    assert len(counts) == 62
    assert max(counts) < 1.35 * 64000 / 62
    assert min(counts) > 0.65 * 64000 / 62


@pytest.mark.parametrize("other", ["aB3" + "x" * 26 + "9Zy", "b" * 32])
def test_that_of_another_browser_is_refused(other: str) -> None:
    assert _refused(other, form_token(_request(SECRET)))


def test_a_browser_without_a_cookie_gets_one() -> None:
    request = _request(None)
    token = form_token(request)
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]
    assert not _refused(request.META["CSRF_COOKIE"], token)


def test_a_browser_with_a_cookie_keeps_it_as_it_is() -> None:
    request = _request(SECRET)
    assert 'name="csrfmiddlewaretoken"' in form_input(request)
    assert "CSRF_COOKIE_NEEDS_UPDATE" not in request.META
