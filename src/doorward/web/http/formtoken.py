"""The token in a form against forged requests: Django's own, drawn and masked in fewer steps.

Django keeps the secret in its cookie and checks what comes back; here the secret is drawn, and its
mask, again for each page (so that compressing the page tells nothing of it). It costs a twentieth of
`django.middleware.csrf.get_token`, which was a tenth of a page, and does not set the cookie again with
every page.

The secret is renewed whenever the session's identifier is: who knew, or chose, the one of before has no use of it. A
second cookie remembers a few of those of before by their hash, for one thing: that a form of an older page of this
browser is told from a forged one (`web/http/stale.py`).
"""

from __future__ import annotations

import hashlib
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.middleware.csrf import CSRF_ALLOWED_CHARS as LETTERS
from django.middleware.csrf import CSRF_SECRET_LENGTH
from markupsafe import Markup

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

BEFORE: Final = settings.DOORWARD.cookie_name("csrf-before")
# As many steps as a sign-in has, and some; as long as a session lives.
_KEPT: Final = 8
_KEPT_SECONDS: Final = 12 * 3600
_HASH_LETTERS: Final = 22

_COUNT = len(LETTERS)
# Bytes from here on are drawn again: every letter must be as likely as any other.
_TOO_LARGE = bytes(range(256 - 256 % _COUNT, 256))
# By tables of bytes: from a byte to the letter at its place (counted round), and back to the place.
_LETTER_AT = bytes(ord(LETTERS[byte % _COUNT]) for byte in range(256))
_PLACE_OF = bytes(max(LETTERS.find(chr(byte)), 0) for byte in range(256))


def form_token(request: HttpRequest) -> str:
    """Return the token for the forms of this page; the first page of a browser gets its cookie, too."""
    if "CSRF_COOKIE" not in request.META:
        # As Django's `rotate_token`, which draws letter by letter: a tenth of the sign-in page.
        request.META |= {"CSRF_COOKIE": _drawn().decode(), "CSRF_COOKIE_NEEDS_UPDATE": True}
    return _masked(request.META["CSRF_COOKIE"])


def form_input(request: HttpRequest) -> Markup:
    """Return the hidden field with the token."""
    return Markup(  # noqa: S704 - the token is letters and digits
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{form_token(request)}">'
    )


def renew(request: HttpRequest, response: HttpResponse) -> None:
    """Draw another secret for this browser, and remember that the old one was its own."""
    old = request.META.get("CSRF_COOKIE")
    request.META |= {"CSRF_COOKIE": _drawn().decode(), "CSRF_COOKIE_NEEDS_UPDATE": True}
    if old is None:
        return
    kept = [_hashed(old), *_hashes(request)][:_KEPT]
    response.set_cookie(
        BEFORE,
        ".".join(kept),
        max_age=_KEPT_SECONDS,
        secure=settings.CSRF_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


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


def _masked(secret: str) -> str:
    mask = _drawn()
    # Two places are at most 122 together, so adding all of them as one number carries nothing over.
    added = _number(mask) + _number(secret.encode())
    return (mask + added.to_bytes(CSRF_SECRET_LENGTH).translate(_LETTER_AT)).decode()


def _drawn() -> bytes:
    """Draw as many letters as a secret has."""
    drawn = b""
    while len(drawn) < CSRF_SECRET_LENGTH:
        drawn += token_bytes(2 * CSRF_SECRET_LENGTH).translate(_LETTER_AT, _TOO_LARGE)
    return drawn[:CSRF_SECRET_LENGTH]


def _number(letters: bytes) -> int:
    return int.from_bytes(letters.translate(_PLACE_OF))
