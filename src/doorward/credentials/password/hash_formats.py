"""Password hashes of other systems: which are understood, and how one is kept. `hash_costs.py` has what is too costly.

Whether a password is the one that was hashed, `hashers.py` says (`TakenOver`).
One is kept in a form that has everything that looking at it takes, as `scheme$…`: what it costs, its salt, its digest.
`docs/decisions/0091-moving-in.md` says which are taken and within which bounds.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.credentials.errors import HashTooCostly, HashUnknown
from doorward.credentials.password.hash_costs import DIGESTS, PHPASS, refuse_costly

if TYPE_CHECKING:
    from collections.abc import Callable

# As it is kept, with what stands before it; the column has 255.
LONGEST: Final = 240
_LONGEST_TEXT: Final = 1024
_SHORTEST_DIGEST: Final = 16
_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_PHPASS_FORM: Final = re.compile(r"\$[PH]\$([./0-9A-Za-z])[./0-9A-Za-z]{30}")
_ARGON2: Final = re.compile(
    r"\$(argon2(?:id|i|d))\$v=(\d+)\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Pbkdf2:
    """A hash by PBKDF2 (RFC 8018), of raw bytes."""

    digest: str
    iterations: int
    salt: bytes
    derived: bytes

    def kept(self) -> str:
        """Return it as it is kept. Raises `HashUnknown`, `HashTooCostly`."""
        if self.digest not in DIGESTS or self.iterations < 1:
            raise HashUnknown
        return _kept(
            f"pbkdf2${self.digest}${self.iterations}${_text(self.salt)}${_text(self.derived)}",
            digest=self.derived,
        )


@dataclass(frozen=True, slots=True)
class Scrypt:
    """A hash by scrypt (RFC 7914), of raw bytes; `n` is a power of two."""

    n: int
    r: int
    p: int
    salt: bytes
    derived: bytes

    def kept(self) -> str:
        """Return it as it is kept. Raises `HashUnknown`, `HashTooCostly`."""
        numbers = (self.n, self.r, self.p)
        if min(numbers) < 1 or self.n < 2 or self.n & (self.n - 1):  # noqa: PLR2004 - RFC 7914, 2
            raise HashUnknown
        if self.n.bit_length() > 16 * self.r:  # RFC 7914, 2: less than 2^(128 r / 8)
            raise HashUnknown
        return _kept(
            f"scrypt${self.n}${self.r}${self.p}${_text(self.salt)}${_text(self.derived)}",
            digest=self.derived,
        )


def read(text: str) -> str:
    """Return a hash as it is kept. Raises `HashUnknown` and `HashTooCostly`.

    Understood are Django's own forms (PBKDF2, Argon2, bcrypt, scrypt), those that begin with `$` (Argon2, bcrypt,
    phpass, and passlib's PBKDF2 and scrypt), and nothing without a salt of its own.
    """
    line = text.strip()
    if len(line) > _LONGEST_TEXT or not line.isascii():
        raise HashUnknown
    name, _, rest = line.partition("$")
    try:
        if name:
            return _DJANGO[name](rest)
        return _MODULAR[rest.partition("$")[0]](line)
    except (KeyError, ValueError, binascii.Error) as error:
        raise HashUnknown from error


def work_of(kept: str) -> str:
    """Return a hash of nobody that takes as long to look at: the same costs, and zeros for salt and digest."""
    scheme, *parts = kept.split("$")
    if scheme in {"pbkdf2", "scrypt"}:
        salt, digest = (_text(bytes(len(_bytes(one)))) for one in parts[-2:])
        return "$".join((scheme, *parts[:-2], salt, digest))
    if scheme.startswith("bcrypt"):
        return f"{scheme}$${parts[1]}${parts[2]}${'.' * 53}"
    if scheme == "phpass":
        return f"phpass$${parts[1]}${parts[2][0]}{'.' * 30}"
    salt, digest = ("A" * len(one) for one in parts[-2:])
    return "$".join((scheme, *parts[:-2], salt, digest))


def argon2_text(kind: str, costs: tuple[int, int, int, int], salt: bytes, digest: bytes) -> str:
    """Return an Argon2 hash in its usual form, of raw bytes; `costs`: version, memory in KiB, passes, lanes."""
    version, memory, passes, lanes = costs
    plain = (_text(one).rstrip("=") for one in (salt, digest))
    return f"$argon2{kind}$v={version}$m={memory},t={passes},p={lanes}${'$'.join(plain)}"


def _django_pbkdf2(digest: str) -> Callable[[str], str]:
    def kept(rest: str) -> str:
        iterations, salt, derived = rest.split("$")
        return Pbkdf2(digest, _number(iterations), salt.encode(), _bytes(derived)).kept()

    return kept


def _django_scrypt(rest: str) -> str:
    n, salt, r, p, derived = rest.split("$")
    return Scrypt(_number(n), _number(r), _number(p), salt.encode(), _bytes(derived)).kept()


def _passlib_pbkdf2(line: str) -> str:
    name, rounds, salt, derived = line[1:].split("$")
    digest = name.partition("-")[2] or "sha1"
    return Pbkdf2(digest, _number(rounds), _altered(salt), _altered(derived)).kept()


def _passlib_scrypt(line: str) -> str:
    found = re.fullmatch(r"\$scrypt\$ln=(\d\d?),r=(\d{1,5}),p=(\d{1,5})\$([^$]+)\$([^$]+)", line)
    if found is None:
        raise HashUnknown
    log, r, p = (int(one) for one in found.groups()[:3])
    if log >= 64:  # noqa: PLR2004 - RFC 7914: n is below 2^(128 r / 8)
        raise HashTooCostly
    return Scrypt(1 << log, r, p, _altered(found[4]), _altered(found[5])).kept()


def _argon2(line: str) -> str:
    found = _ARGON2.fullmatch(line)
    if found is None or int(found[2]) not in {16, 19}:
        raise HashUnknown
    memory, passes, lanes = (int(one) for one in found.groups()[2:5])
    # RFC 9106, 3.1: at least 8 KiB for each lane.
    if min(passes, lanes) < 1 or memory < 8 * lanes:
        raise HashUnknown
    return _kept(line[1:])


def _bcrypt(line: str, *, scheme: str = "bcrypt") -> str:
    found = _BCRYPT.fullmatch(line)
    if found is None or int(found[1]) < 4:  # noqa: PLR2004 - bcrypt's own least
        raise HashUnknown
    return _kept(f"{scheme}${line}")


def _phpass(line: str) -> str:
    found = _PHPASS_FORM.fullmatch(line)
    log = PHPASS.index(found[1]) if found else 0
    if not 7 <= log <= 30:  # noqa: PLR2004 - phpass's own bounds
        raise HashUnknown
    return _kept(f"phpass$$P{line[2:]}")


_DJANGO: Final[dict[str, Callable[[str], str]]] = {
    "pbkdf2_sha256": _django_pbkdf2("sha256"),
    "pbkdf2_sha1": _django_pbkdf2("sha1"),
    "pbkdf2_sha512": _django_pbkdf2("sha512"),
    "scrypt": _django_scrypt,
    "argon2": lambda rest: _argon2(f"${rest}"),
    "bcrypt": _bcrypt,
    "bcrypt_sha256": lambda rest: _bcrypt(rest, scheme="bcrypt_sha256"),
}
_MODULAR: Final[dict[str, Callable[[str], str]]] = {
    "pbkdf2": _passlib_pbkdf2,
    "pbkdf2-sha256": _passlib_pbkdf2,
    "pbkdf2-sha512": _passlib_pbkdf2,
    "scrypt": _passlib_scrypt,
    **dict.fromkeys(("argon2id", "argon2i", "argon2d"), _argon2),
    **dict.fromkeys(("2a", "2b", "2y"), _bcrypt),
    **dict.fromkeys(("P", "H"), _phpass),
}


def _kept(text: str, *, digest: bytes = b"\0" * 16) -> str:
    if len(digest) < _SHORTEST_DIGEST or len(text) > LONGEST:
        raise HashUnknown
    refuse_costly(text)
    return text


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise HashUnknown
    return int(text)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _altered(text: str) -> bytes:
    """Read base64 as passlib writes it: a dot for the plus, and no padding."""
    return _bytes(text.replace(".", "+") + "=" * (-len(text) % 4))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
