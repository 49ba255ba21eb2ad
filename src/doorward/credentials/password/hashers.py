"""How passwords are hashed: Argon2id with parameters of our own (RFC 9106; OWASP's least), under a key.

One hash at a time in each process, on a thread of its own. A hash fills 19 MiB: spread over all the
threads that answer requests, the memory would be taken and warmed again by each of them, and a crowd
at the sign-in page could take it sixteen times over.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2.low_level import ARGON2_VERSION
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from doorward.kernel.crypto.sealing import keyed_hash


class Argon2id(Argon2PasswordHasher):
    """Argon2id, m=19456 KiB, t=2, p=1 unless a setting raises it. Old hashes are renewed."""

    time_cost = settings.DOORWARD.argon2_time
    memory_cost = settings.DOORWARD.argon2_memory_kib
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        return _hashing_thread().submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a password is the one that was hashed."""
        return _hashing_thread().submit(super().verify, password, encoded).result()

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


def _keyed(password: str) -> str:
    return keyed_hash("password", password).hex()


@cache
def _hashing_thread() -> ThreadPoolExecutor:
    """Start at the first hash: a thread does not survive the fork that makes a worker."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="hashing")
