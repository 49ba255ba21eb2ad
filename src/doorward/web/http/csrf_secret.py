"""The secret of forms against forged requests, and those of before.

The secret is renewed whenever the session's identifier is: who knew, or chose, the one of before has no use of it. A
second cookie remembers a few of those of before by their hash, for one thing: that a form of an older page of this
browser is told from a forged one (`web/http/old_form.py`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.middleware.csrf import CSRF_ALLOWED_CHARS as LETTERS
from django.middleware.csrf import CSRF_SECRET_LENGTH

from doorward.web.fast.csrf_token import drawn
from doorward.web.http import cookies

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

BEFORE: Final = settings.DOORWARD.cookie_name("csrf-before")
# As many steps as a sign-in has, and some; as long as a session lives.
_KEPT: Final = 8
_KEPT_SECONDS: Final = 12 * 3600
_HASH_LETTERS: Final = 22


def renew(request: HttpRequest, response: HttpResponse, *, keep: bool = True) -> None:
    """Draw another secret for this browser, and remember that the old one was its own.

    Not to `keep` those of before: a form of an older page was meant for another company, and is not to be sent again.
    """
    old = request.META.get("CSRF_COOKIE") if keep else None
    if not keep:
        cookies.drop(response, BEFORE)
    request.META |= {"CSRF_COOKIE": drawn().decode(), "CSRF_COOKIE_NEEDS_UPDATE": True}
    if old is None:
        return
    kept = [_hashed(old), *_hashes(request)][:_KEPT]
    cookies.put(response, BEFORE, ".".join(kept), max_age=_KEPT_SECONDS)


def is_of_before(request: HttpRequest) -> bool:
    """Return whether the form that was sent has a token of an older page of this browser."""
    token = str(request.POST.get("csrfmiddlewaretoken", ""))
    if len(token) != 2 * CSRF_SECRET_LENGTH or set(token) - set(LETTERS):
        return False
    return _hashed(_unmasked(token)) in _hashes(request)


def _hashes(request: HttpRequest) -> list[str]:
    given = request.COOKIES.get(BEFORE, "").split(".")[:_KEPT]
    return [one for one in given if len(one) == _HASH_LETTERS and one.isascii()]


def _hashed(secret: str) -> str:
    """Return the secret's hash: its 190 random bits let a plain one do."""
    return hashlib.sha256(f"csrf {secret}".encode()).hexdigest()[:_HASH_LETTERS]


def _unmasked(token: str) -> str:
    pairs = zip(token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:], strict=True)
    return "".join(LETTERS[LETTERS.find(sum_) - LETTERS.find(mask)] for mask, sum_ in pairs)
