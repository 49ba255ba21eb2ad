"""Time-based one-time codes (RFC 6238 on RFC 4226), on the HOTP of `cryptography`.

SHA-1, six digits, thirty seconds: the one combination that every authenticator app reads right. An app that
does not support another says nothing and shows wrong codes.
"""

import base64
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from doorward.kernel.text.graphemes import shorten

STEP_SECONDS: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
WINDOW: Final = (-1, 0, 1)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALGORITHMS: Final[dict[str, type[SHA1 | SHA256 | SHA512]]] = {
    "SHA1": SHA1,
    "SHA256": SHA256,
    "SHA512": SHA512,
}
_LONGEST_TYPED: Final = 64
_MINUS: Final = "\N{MINUS SIGN}"
# A QR code of version 20 holds it (666 bytes at level M), which phones still read; the issuer stands in it twice.
LONGEST_URI: Final = 640
_LONGEST_ISSUER: Final = 160


def code_at(secret: bytes, step: int, *, digits: int = DIGITS, algorithm: str = "SHA1") -> str:
    """Return the code of a time step, with its leading zeros (RFC 4226, 5.3; a counter of 64 bits, RFC 6238, 4.2)."""
    hotp = HOTP(secret, digits, _ALGORITHMS[algorithm](), enforce_key_length=False)
    return hotp.generate(step).decode("ascii")


def step_at(now: datetime) -> int:
    """Count the whole steps of 30 seconds since 1970 (RFC 6238, 4.2: T0 = 0, X = 30), without floating point.

    Raises ValueError for a time without a zone, and for one before 1970.
    """
    if now.tzinfo is None or now < _EPOCH:
        message = "a time with a zone, not before 1970, is needed"
        raise ValueError(message)
    return (now - _EPOCH) // timedelta(seconds=STEP_SECONDS)


def time_of(step: int) -> datetime:
    """Return the moment at which a time step begins."""
    return _EPOCH + timedelta(seconds=step * STEP_SECONDS)


def matched_step(
    secret: bytes, code: str, *, now: datetime, after: int | None, window: tuple[int, ...] = WINDOW
) -> int | None:
    """Return the time step whose code this is: within the window and later than `after`, the last one accepted.

    None when there is none. The caller consumes the step in one conditional UPDATE (RFC 6238, 5.2: never twice).
    Every candidate is computed and compared, so that the time taken says nothing of which one matched. Should
    one code belong to two steps of the window, the later is given, so that it cannot be used for the other.
    """
    current = step_at(now)
    found = matching_steps(secret, code, (current + shift for shift in window))
    return max((step for step in found if after is None or step > after), default=None)


def matching_steps(secret: bytes, code: str, steps: Iterable[int]) -> list[int]:
    """Return all steps whose code this is; compares in constant time, and all of them."""
    typed = normalise(code)
    if len(typed) != DIGITS or not typed.isascii() or not typed.isdigit():
        return []
    given = typed.encode("ascii")
    checked = [
        (step, constant_time.bytes_eq(code_at(secret, step).encode("ascii"), given))
        for step in steps
        if step >= 0
    ]
    return [step for step, equal in checked if equal]


def normalise(code: str) -> str:
    """Make of what was typed or pasted what was meant: no spaces, dashes, unseen characters; any script's digits.

    What is neither stays, so that it matches nothing. Anything longer than 64 characters gives "".
    """
    if len(code) > _LONGEST_TYPED:
        return ""
    return "".join(_meant(character) for character in code)


def _meant(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in {"Zs", "Pd", "Cf"} or character.isspace() or character == _MINUS:
        return ""
    return character


def new_secret(random: Callable[[int], bytes]) -> bytes:
    """Make a secret as long as the output of HMAC-SHA-1 (RFC 6238, 5.1): 20 bytes of `random(20)`."""
    return random(SECRET_BYTES)


def base32(secret: bytes) -> str:
    """Write a secret as authenticator apps read it (RFC 4648, 6), without padding."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def grouped(text: str, *, actor: str = " ") -> str:
    """Cut a text into groups of four, for reading and typing."""
    return actor.join(text[start : start + 4] for start in range(0, len(text), 4))


def uri(*, secret: bytes, issuer: str, account: str) -> str:
    """Make what the QR code says (key URI format): issuer both as prefix and as parameter, equal to each other.

    Spaces are %20, never +; a colon divides issuer and account and is therefore taken out of both. Both are
    shortened so that it has at most `LONGEST_URI` characters: a picture of more no phone reads, or none can be drawn.
    """
    issuer = shorten(_without_colon(issuer), lambda text: len(_quoted(text)) <= _LONGEST_ISSUER)
    account = shorten(
        _without_colon(account), lambda text: len(_uri(secret, issuer, text)) <= LONGEST_URI
    )
    return _uri(secret, issuer, account)


def _uri(secret: bytes, issuer: str, account: str) -> str:
    label = f"{_quoted(issuer)}:{_quoted(account)}" if issuer else _quoted(account)
    fields = {
        "secret": base32(secret),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": str(DIGITS),
        "period": str(STEP_SECONDS),
    }
    given = {name: value for name, value in fields.items() if value}
    return f"otpauth://totp/{label}?{urlencode(given, quote_via=quote, safe='')}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _without_colon(part: str) -> str:
    return " ".join(part.replace(":", " ").split())
