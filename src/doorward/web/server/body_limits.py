"""What a request may bring: judged by its head alone, before anything of its body is read.

It is asked once, by what takes requests in (`web/server/rsgi.py`), before Django makes a request of
them: Django looks up the character set that a `Content-Type` names, whatever it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

# Where in a request's environment the refusal stands that the edge answers with.
REFUSED: Final = "doorward.refused"
MULTIPART: Final = "multipart/form-data"

_KIND: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")
# `charset=utf-8`, `boundary="x y"`: a token or a quoted string without escapes (RFC 9110, 5.6.6).
_PARAMETER: Final = re.compile(r'(charset|boundary)=("?)([^\s";,\\*]|[^";,\\*]*[^\s";,\\*])\2')
# RFC 2046, 5.1.1.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
# What is ASCII is UTF-8 too.
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_LONGEST_TYPE: Final = 256


@dataclass(frozen=True, slots=True)
class Bound:
    """How many bytes a body may have, and in how many seconds all of it must have come."""

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not taken in: the status and the sentence of its answer."""

    status: int
    sentence: str


BODY: Final = Bound(bytes=64 * 1024, seconds=15)
# What is uploaded: a brand's pictures, and files of people to import. Larger ones are imported at the console.
UPLOAD: Final = Bound(bytes=512 * 1024, seconds=60)
FILE: Final = Bound(bytes=8 * 1024 * 1024, seconds=120)
UPLOADS: Final = {"/brands/": UPLOAD, "/customers/import/": FILE}
# What is read of a refused body, and thrown away: above what our examples for proxies let through. A
# connection that is closed over unread bytes is reset, and a proxy then says 502 in place of the answer.
UNWANTED: Final = Bound(bytes=16 * 1024 * 1024, seconds=15)
# Who sends nothing for so long waits for the answer.
PAUSE_SECONDS: Final = 1.0

NO_LENGTH: Final = Refused(411, "The length of the request is missing.")
TOO_LARGE: Final = Refused(413, "The request is too large.")
OTHER_KIND: Final = Refused(415, "A form is sent in UTF-8.")
TOO_SLOW: Final = Refused(408, "The request did not come in time.")
BUSY: Final = Refused(503, "Other files are being read. Try again in a moment.")


def bound_of(environ: Mapping[str, Any]) -> Bound:
    """Return the bound of the body that is sent to this address."""
    path = environ["PATH_INFO"]
    return next((bound for at, bound in UPLOADS.items() if path.startswith(at)), BODY)


def judge(environ: MutableMapping[str, Any]) -> int:
    """Return how many bytes of a body are to be read; 0 where there is none, or it is refused.

    A refusal is left in the environment under `REFUSED`, and nothing there any more leads Django
    to the body. What says that it has none may name any type: it is not looked at.
    """
    length = environ.get("CONTENT_LENGTH", "")
    if length in {"", "0"} and environ.get("HTTP_TRANSFER_ENCODING") is None:
        _forget_body(environ)
        return 0
    refused, kind = _look_at(environ, length)
    if refused is not None:
        refuse(environ, refused)
        return 0
    environ["CONTENT_TYPE"] = kind
    return int(length)


def judge_parts(environ: MutableMapping[str, Any], body: bytes) -> None:
    """Refuse a form in parts whose heads have extended parameters (`name*=`), which name character sets.

    RFC 7578, 4.2, rules them out.
    """
    kind, _, boundary = environ["CONTENT_TYPE"].partition("; boundary=")
    if kind != MULTIPART:
        return
    for part in body.split(b"--" + boundary.strip('"').encode()):
        head, _, _ = part.partition(b"\r\n\r\n")
        if b"*" in head:
            refuse(environ, OTHER_KIND)
            return


def refuse(environ: MutableMapping[str, Any], refused: Refused) -> None:
    """Have the edge answer this, and nothing of the body reach Django."""
    environ[REFUSED] = refused
    _forget_body(environ)


def refusal_of(environ: Mapping[str, Any]) -> HttpResponse | None:
    """Return the answer to what was refused; None where nothing was."""
    refused: Refused | None = environ.get(REFUSED)
    if refused is None:
        return None
    return HttpResponse(
        f"{refused.sentence}\n",
        status=refused.status,
        content_type="text/plain; charset=utf-8",
    )


def _forget_body(environ: MutableMapping[str, Any]) -> None:
    environ["CONTENT_LENGTH"] = environ["CONTENT_TYPE"] = ""


def _look_at(environ: Mapping[str, Any], length: str) -> tuple[Refused | None, str]:
    """Return the refusal of a body that was announced, or its type as Django may read it."""
    if not (length.isascii() and length.isdecimal()):
        return NO_LENGTH, ""
    most = bound_of(environ).bytes
    if len(length) > len(str(most)) or int(length) > most:
        return TOO_LARGE, ""
    kind = _kind_of(environ.get("CONTENT_TYPE", ""))
    return (OTHER_KIND, "") if kind is None else (None, kind)


def _kind_of(text: str) -> str | None:
    """Return the type with its boundary and no other parameter; None where it is not one we read."""
    if not text:
        return ""
    if len(text) > _LONGEST_TYPE:
        return None
    kind, *parameters = (part.strip(" \t") for part in text.split(";"))
    kind = kind.lower()
    found: dict[str, str] = {}
    for parameter in filter(None, parameters):
        name, equals, value = parameter.partition("=")
        match = _PARAMETER.fullmatch(f"{name.lower()}{equals}{value}")
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[3]
    if not _KIND.fullmatch(kind) or found.get("charset", "utf-8").lower() not in _CHARSETS:
        return None
    if kind != MULTIPART:
        # Another kind of multipart is no form; nobody reads it.
        return kind
    boundary = found.get("boundary", "")
    return f'{kind}; boundary="{boundary}"' if _BOUNDARY.fullmatch(boundary) else None
