"""A counter that goes back may mean a copy: it is recorded and told, and nobody is shut out for it."""

from __future__ import annotations

from functools import partial

import pytest

from doorward.audit.events import Kind
from doorward.mfa.models import Passkey
from tests import passkeys, support
from tests.passkeys import ORIGIN, asked_alone, begin, prove_second_step, reload, send_alone
from tests.racing import at_once
from tests.softkey import SoftKey

pytestmark = pytest.mark.django_db


def only() -> Passkey:
    return Passkey.objects.get()


def test_a_counter_that_goes_back_is_told_and_no_dead_end(owner):
    key = passkeys.add(owner)
    loaded = reload(prove_second_step(begin(owner), key, count=9))
    assert not support.events(Kind.PASSKEY_COUNTER)
    prove_second_step(begin(owner), key, count=5)
    assert support.events(Kind.PASSKEY_COUNTER)[0].typed == {"factor": "Laptop"}
    assert only().sign_count == 9
    assert loaded.facts.session is not None


def test_nor_is_it_one_in_place_of_the_password(owner):
    key = passkeys.add(owner)
    passkeys.sign_in_alone(key, count=9)
    passkeys.sign_in_alone(key, count=9)
    (told,) = support.events(Kind.PASSKEY_COUNTER)
    assert (told.actor_id, told.typed) == (owner.id, {"factor": "Laptop"})


def test_authenticators_that_do_not_count_are_no_alarm(owner):
    key = passkeys.add(owner, SoftKey(counts=False))
    for _ in range(2):
        prove_second_step(begin(owner), key)
    assert not support.events(Kind.PASSKEY_COUNTER)


@pytest.mark.django_db(transaction=True)
def test_of_two_sign_ins_at_once_the_higher_count_stays():
    person = support.make_administrator(support.make_customer())
    key = passkeys.add(person)
    calls = []
    for count in (8, 7, 9, 6):
        options = asked_alone()
        calls.append(partial(send_alone, key.get(options, ORIGIN, count=count)))
    at_once(calls)
    assert only().sign_count == 9
