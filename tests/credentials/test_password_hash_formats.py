"""Password hashes of other systems: checked as they are, kept within bounds, and nothing that is none."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import argon2
import bcrypt
import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import (
    BCryptPasswordHasher,
    BCryptSHA256PasswordHasher,
    PBKDF2PasswordHasher,
    PBKDF2SHA1PasswordHasher,
    verify_password,
)
from passlib import hash as passlib

from doorward.credentials.errors import HashTooCostly, HashUnknown
from doorward.credentials.password import hashers as ours
from doorward.credentials.password.hash_costs import MOST_MEMORY_KIB
from doorward.credentials.password.hash_formats import LONGEST, Pbkdf2, Scrypt, read, work_of
from doorward.credentials.password.hashers import TAKEN_OVER

# It is not among what its stubs know.
SCRYPT: Any = hashers.ScryptPasswordHasher  # type: ignore[attr-defined]
PASSWORD = "grüne Straße 12"


def argon2_of(kind: argon2.Type) -> str:
    return argon2.PasswordHasher(1, 64, 1, type=kind).hash(PASSWORD)


class Weak(BCryptPasswordHasher):
    rounds = 4


class WeakSha(BCryptSHA256PasswordHasher):
    rounds = 4


def django(hasher: Any) -> str:
    return str(hasher.encode(PASSWORD, bcrypt.gensalt(4)))


def django_scrypt() -> str:
    return str(SCRYPT().encode(PASSWORD, "abcdefgh", 2**10, 8, 1))


HASHES = {
    "Django PBKDF2": PBKDF2PasswordHasher().encode(PASSWORD, "a1B2c3", 1000),
    "Django PBKDF2 SHA-1": PBKDF2SHA1PasswordHasher().encode(PASSWORD, "a1B2c3", 1000),
    "Django Argon2": "argon2" + argon2_of(argon2.Type.ID),
    "Django bcrypt": django(Weak()),
    "Django bcrypt SHA-256": django(WeakSha()),
    "Django scrypt": django_scrypt(),
    "Argon2id": argon2_of(argon2.Type.ID),
    "Argon2i": argon2_of(argon2.Type.I),
    "Argon2d": argon2_of(argon2.Type.D),
    "bcrypt": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
    "bcrypt of PHP": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))
    .decode()
    .replace("$2b$", "$2y$"),
    "phpass": passlib.phpass.using(rounds=7).hash(PASSWORD),
    "phpass of phpBB": passlib.phpass.using(rounds=7, ident="$H$").hash(PASSWORD),
    "passlib PBKDF2": passlib.pbkdf2_sha256.using(rounds=1000).hash(PASSWORD),
    "passlib PBKDF2 SHA-512": passlib.pbkdf2_sha512.using(rounds=1000).hash(PASSWORD),
    "passlib PBKDF2 SHA-1": passlib.pbkdf2_sha1.using(rounds=1000).hash(PASSWORD),
    "passlib scrypt": passlib.scrypt.using(rounds=8).hash(PASSWORD),
}


@pytest.mark.parametrize("text", HASHES.values(), ids=HASHES)
def test_a_hash_is_checked_as_it_is(text):
    kept = read(text)
    assert len(kept) <= LONGEST
    assert verify_password(PASSWORD, TAKEN_OVER + kept) == (True, True)
    assert not verify_password(PASSWORD + "x", TAKEN_OVER + kept)[0]
    assert not verify_password("a\0b" * 40, TAKEN_OVER + kept)[0]


@pytest.mark.parametrize("text", HASHES.values(), ids=HASHES)
def test_a_hash_of_nobody_costs_the_same_and_fits_nothing(text):
    kept = read(text)
    decoy = work_of(kept)
    # Its salt and digest are nobody's; it is one of the same kind, and is its own.
    assert decoy != kept
    assert work_of(decoy) == decoy
    assert decoy.split("$")[:2] == kept.split("$")[:2]
    assert not verify_password(PASSWORD, TAKEN_OVER + decoy)[0]


def test_two_people_of_one_system_have_one_decoy():
    two = [PBKDF2PasswordHasher().encode(one, one * 3, 1000) for one in ("ab", "cd")]
    assert len({work_of(read(one)) for one in two}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "pbkdf2_sha256$1000000000$salt$" + "A" * 43 + "=",
        # Many blocks, each of which is derived on its own.
        "pbkdf2_sha256$1900000$salt$" + "A" * 172,
        "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$argon2id$v=19$m=64,t=4000000000,p=1$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$argon2id$v=19$m=131072,t=1,p=999$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$2b$31$" + "." * 53,
        "scrypt$1073741824$salt$8$1$" + "A" * 86 + "==",
        "scrypt$16384$salt$8$1000$" + "A" * 86 + "==",
        "$scrypt$ln=63,r=8,p=1$c2FsdA$" + "A" * 43,
        "$scrypt$ln=99,r=8,p=1$c2FsdA$" + "A" * 43,
        "$P$S" + "." * 30,
        # A small table, of which each row takes more than all that is allowed.
        "scrypt$2$salt$524288$1$" + "A" * 86 + "==",
        "scrypt$8192$salt$33$1$" + "A" * 86 + "==",
        "scrypt$1024$salt$8$17$" + "A" * 86 + "==",
        "scrypt$32768$salt$32$2$" + "A" * 86 + "==",
        "$argon2id$v=19$m=131072,t=5,p=1$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$argon2id$v=19$m=131072,t=4,p=8$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$2b$15$" + "." * 53,
        "bcrypt_sha256$$2b$15$" + "." * 53,
        "pbkdf2_sha512$2000001$salt$" + "A" * 86 + "==",
    ],
)
def test_what_would_keep_the_server_busy_is_refused(text):
    with pytest.raises(HashTooCostly):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "secret",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        "taken_over$pbkdf2$sha256$1$AAAA$AAAA",
        "keyed_argon2$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzYWx0$" + "A" * 43,
        "!",
        "pbkdf2_sha256$0$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$-5$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$1000$salt$AAAA",
        "pbkdf2_sha256$1000$salt$" + "A" * 400,
        "pbkdf2_sha256$1000$salt",
        "pbkdf2_sha256$1000$salt$" + "?" * 44,
        "scrypt$1000$salt$8$1$" + "A" * 86 + "==",
        "scrypt$0$salt$8$1$" + "A" * 86 + "==",
        "$2b$03$" + "." * 53,
        "$2b$12$short",
        "$5$rounds=5000$salt$digest",
        "$argon2id$v=19$m=1,t=1,p=8$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$P$4" + "." * 30,
        "$P$B" + "ü" * 30,
        "x" * 5000,
        "pbkdf2_sha256$١٠٠$salt$" + "A" * 43 + "=",
    ],
)
def test_what_is_no_hash_that_is_understood_is_refused(text):
    with pytest.raises(HashUnknown):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$" + "A" * 43,
        "argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzYWx0$" + "A" * 43,
        "$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHRzYWx0$" + "A" * 43,
        "scrypt$16384$salt$8$5$" + "A" * 86 + "==",
        "$scrypt$ln=16,r=8,p=1$c2FsdA$" + "A" * 43,
        "pbkdf2_sha256$1200000$salt$" + "A" * 43 + "=",
        "$2b$14$" + "." * 53,
        "$P$G" + "." * 30,
    ],
)
def test_what_systems_really_make_is_taken(text):
    assert read(text)


def test_what_is_kept_and_would_cost_too_much_by_now_fits_nothing():
    hasher = argon2.PasswordHasher(11, 64, 1)
    many_passes = hasher.hash(PASSWORD).removeprefix("$")
    salt = base64.b64encode(b"salt").decode()
    derived = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=2, r=33, p=1, dklen=32)
    for kept in (many_passes, f"scrypt$2$33$1${salt}${base64.b64encode(derived).decode()}"):
        assert not verify_password(PASSWORD, TAKEN_OVER + kept)[0]


_CHILD = """
import hashlib, resource, sys
n, r, p = map(int, sys.argv[1:])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
hashlib.scrypt(b"x", salt=b"x", n=n, r=r, p=p, maxmem=2**31 - 1, dklen=32)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_largest_scrypt_takes_no_more_memory_than_is_said():
    n, r, p = 2**15, 32, 1
    assert Scrypt(n, r, p, b"salt", b"1" * 32).kept()
    words = [sys.executable, "-I", "-S", "-c", _CHILD, *map(str, (n, r, p))]
    took = subprocess.run(words, capture_output=True, check=True, timeout=60).stdout
    assert int(took) <= MOST_MEMORY_KIB + 2048


def test_hashes_of_all_systems_are_looked_at_one_at_a_time_on_the_one_thread(monkeypatch):
    threads = []

    def seen(look):
        def looked(*args):
            threads.append(threading.current_thread().name)
            return look(*args)

        return looked

    for scheme, look in ours._SCHEMES.items():
        monkeypatch.setitem(ours._SCHEMES, scheme, seen(look))
    kept = [TAKEN_OVER + read(text) for text in HASHES.values()]
    with ThreadPoolExecutor(8) as pool:
        assert all(right for right, _ in pool.map(lambda one: verify_password(PASSWORD, one), kept))
    assert (len(threads), set(threads)) == (len(kept), {"hashing"})


def test_a_hash_of_bytes_may_have_any_length_that_is_safe():
    # As Keycloak derived them for years: twice as long as the digest.
    derived = passlib.pbkdf2_sha256.using(rounds=1).hash("x")
    assert derived
    with pytest.raises(HashUnknown):
        Pbkdf2("sha256", 1000, b"salt", b"short").kept()
    with pytest.raises(HashUnknown):
        Pbkdf2("md5", 1000, b"salt", b"0" * 16).kept()
    assert Pbkdf2("sha256", 27500, b"0" * 16, b"1" * 64).kept().startswith("pbkdf2$sha256$27500$")
