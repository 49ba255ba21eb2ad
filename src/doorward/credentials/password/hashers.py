"""How passwords are hashed: Argon2id with parameters of our own (RFC 9106; OWASP's least), under a key.

One hash at a time in each process, on a thread of its own: ours, and those of other systems alike. A
hash fills 19 MiB and more: spread over all the threads that answer requests, the memory would be taken
and warmed again by each of them, and a crowd at the sign-in page could take it sixteen times over.
"""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import Future
from functools import cache, partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar

import argon2
import bcrypt
from argon2.low_level import ARGON2_VERSION
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher
from django.utils.crypto import constant_time_compare

from doorward.credentials.errors import HashTooCostly
from doorward.credentials.password.hash_costs import refuse_costly, scrypt_bytes
from doorward.kernel import memory
from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")


class Argon2id(Argon2PasswordHasher):
    """Argon2id, m=19456 KiB, t=2, p=1 unless a setting raises it. Old hashes are renewed."""

    time_cost = settings.DOORWARD.argon2_time
    memory_cost = settings.DOORWARD.argon2_memory_kib
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        return _hashing().done(partial(super().encode, password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a password is the one that was hashed."""
        return _hashing().done(partial(super().verify, password, encoded))

    def must_update(self, encoded: str) -> bool:
        """Return whether a hash has other parameters than today's: they stand before its salt."""
        version, m, t, p = ARGON2_VERSION, self.memory_cost, self.time_cost, self.parallelism
        return not encoded.startswith(f"{self.algorithm}$argon2id$v={version}$m={m},t={t},p={p}$")


class KeyedArgon2id(Argon2id):
    """Argon2id of the password's keyed hash (NIST SP 800-63B-4, 3.1.1.2).

    Whoever has the database and not the key file cannot even try whether a guess is right.
    """

    algorithm = "keyed_argon2"

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        return super().encode(_keyed(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a password is the one that was hashed."""
        return super().verify(_keyed(password), encoded)


# What stands before a hash that another system made.
TAKEN_OVER: Final = "taken_over$"


class TakenOver(BasePasswordHasher):
    """A hash that another system made (`hash_formats.py`), looked at as it is; the next right sign-in replaces it."""

    algorithm = TAKEN_OVER.rstrip("$")

    def encode(self, password: str, salt: str) -> str:
        """Refuse: nothing is hashed like this here."""
        raise NotImplementedError

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a password is the one that was hashed; what its system cannot hash is not."""
        kept = encoded.removeprefix(TAKEN_OVER)
        scheme, *parts = kept.split("$")
        plain = password.encode(errors="replace")
        try:
            # Whatever has become of what was taken over: nobody who signs in asks for more than this.
            refuse_costly(kept)
            return _hashing().done(partial(_SCHEMES[scheme], plain, parts))
        except (HashTooCostly, ValueError):
            return False

    def must_update(self, encoded: str) -> bool:
        """Return True: each is replaced."""
        del encoded
        return True

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: what a wrong guess costs is evened out by `signin.decoys`."""


def _pbkdf2(password: bytes, parts: list[str]) -> bool:
    digest, iterations, salt, kept = parts
    derived = base64.b64decode(kept)
    found = hashlib.pbkdf2_hmac(
        digest, password, base64.b64decode(salt), int(iterations), len(derived)
    )
    return constant_time_compare(found, derived)


def _scrypt(password: bytes, parts: list[str]) -> bool:
    n, r, p = (int(one) for one in parts[:3])
    salt, derived = (base64.b64decode(one) for one in parts[3:])
    most = scrypt_bytes(n, r, p)
    found = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=most, dklen=len(derived))
    return constant_time_compare(found, derived)


def _argon2(kind: str, password: bytes, parts: list[str]) -> bool:
    hashed = f"${kind}${'$'.join(parts)}"
    try:
        return argon2.PasswordHasher().verify(hashed, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _bcrypt(password: bytes, parts: list[str]) -> bool:
    # Every bcrypt looks at 72 bytes; this one refuses more.
    return bcrypt.checkpw(password[:72], "$".join(parts).encode())


def _bcrypt_sha256(password: bytes, parts: list[str]) -> bool:
    return _bcrypt(hashlib.sha256(password).hexdigest().encode(), parts)


def _phpass(password: bytes, parts: list[str]) -> bool:
    from passlib.hash import phpass  # noqa: PLC0415 - only passwords of other systems want it

    return bool(phpass.verify(password, "$".join(parts)))


_SCHEMES: Final[dict[str, Callable[[bytes, list[str]], bool]]] = {
    "pbkdf2": _pbkdf2,
    "scrypt": _scrypt,
    "argon2id": partial(_argon2, "argon2id"),
    "argon2i": partial(_argon2, "argon2i"),
    "argon2d": partial(_argon2, "argon2d"),
    "bcrypt": _bcrypt,
    "bcrypt_sha256": _bcrypt_sha256,
    "phpass": _phpass,
}


def _keyed(password: str) -> str:
    return keyed_hash("password", password).hex()


# What a hash filled is kept so long for the next one.
_QUIET_SECONDS: Final = 1.0


class _Hashing:
    """The thread that hashes. It begins with its first hash: a thread does not survive the fork that makes a worker."""

    def __init__(self) -> None:
        self._wanted: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        memory.keep()
        Thread(target=self._work, name="hashing", daemon=True).start()

    def done(self, make: Callable[[], Made]) -> Made:
        """Return what this makes, made when its turn has come."""
        future: Future[Made] = Future()
        self._wanted.put((future, make))
        return future.result()

    def _work(self) -> None:
        while True:
            self._make_next()

    def _make_next(self) -> None:
        try:
            future, make = self._wanted.get(timeout=_QUIET_SECONDS)
        except Empty:
            memory.give_back()
            future, make = self._wanted.get()
        try:
            future.set_result(make())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is whose hash it was
            future.set_exception(error)


@cache
def _hashing() -> _Hashing:
    return _Hashing()
