"""Passwords are hashed under a key, one at a time; hashes from before go on working, and are renewed."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import make_password, verify_password
from django.test import Client

from doorward.accounts.models import Administrator
from doorward.credentials.password.hashers import Argon2id
from doorward.kernel.crypto import sealing
from doorward.kernel.models import SealedKey
from doorward.settings import django as real
from tests.kit import browsers, people


@pytest.fixture
def hashed_before(settings, owner):
    """Return somebody whose password was hashed without a key."""
    settings.PASSWORD_HASHERS = [
        *settings.PASSWORD_HASHERS,
        "doorward.credentials.password.hashers.Argon2id",
    ]
    encoded = Argon2id().encode(people.PASSWORD, "a salt of old times")
    Administrator.objects.everywhere().filter(id=owner.id).update(password=encoded)
    return people.again(owner)


def test_a_hash_without_a_key_is_renewed_at_the_next_sign_in(hashed_before):
    browsers.sign_in(Client(), hashed_before)
    renewed = people.again(hashed_before).password
    assert renewed.startswith("keyed_argon2$argon2id$")
    assert verify_password(people.PASSWORD, renewed) == (True, False)
    browsers.sign_in(Client(), hashed_before)


@pytest.mark.parametrize("other", [{"time_cost": 2}, {"memory_cost": 80}, {"parallelism": 2}])
def test_a_hash_with_other_parameters_is_renewed_and_one_with_these_is_not(other):
    today = type("Today", (Argon2id,), {"time_cost": 1, "memory_cost": 64})()
    before = type("Before", (Argon2id,), {"time_cost": 1, "memory_cost": 64} | other)()
    assert today.must_update(before.encode(people.PASSWORD, before.salt()))
    assert not today.must_update(today.encode(people.PASSWORD, today.salt()))


def test_a_hash_is_of_its_installation_alone(owner):
    encoded = owner.password
    assert verify_password(people.PASSWORD, encoded)[0]
    SealedKey.objects.all().delete()
    sealing._hash_key.cache_clear()
    assert not verify_password(people.PASSWORD, encoded)[0]


class Seen(Argon2id):
    """Notes on which threads it hashed."""

    time_cost = 1
    memory_cost = 64

    def __init__(self) -> None:
        self.threads: list[str] = []

    def params(self):
        self.threads.append(threading.current_thread().name)
        return super().params()  # type: ignore[misc]  # not in the stubs


def test_many_at_once_are_hashed_on_one_thread():
    hasher = Seen()
    with ThreadPoolExecutor(20) as pool:
        encoded = list(pool.map(lambda _: hasher.encode("seven bridges", "salt" * 4), range(20)))
    assert len(set(encoded)) == 1
    assert len(hasher.threads) == 20
    assert set(hasher.threads) == {"hashing"}


def test_the_cost_is_what_owasp_asks_for_at_least(db, settings):
    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    encoded = make_password("seven bridges over a quiet river")
    found = re.search(r"argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", encoded)
    assert found, encoded
    memory, time, lanes = map(int, found.groups())
    assert (memory, time, lanes) >= (19456, 2, 1)
    assert settings.PASSWORD_HASHERS[0].startswith("doorward.")
