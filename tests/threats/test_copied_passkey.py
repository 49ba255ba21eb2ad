"""A counter that goes back may mean a copy: it is recorded and told, and nobody is shut out for it."""

from __future__ import annotations

from functools import partial

import pytest

from doorward.credentials.events import PASSKEY_COUNTER
from doorward.credentials.models import Passkey
from tests.kit import passkeys, people
from tests.kit.passkeys import ORIGIN, asked_alone, begin, reload, send_alone, verify_second_step
from tests.kit.racing import at_once
from tests.kit.softkey import SoftKey

pytestmark = pytest.mark.django_db


def only() -> Passkey:
    return Passkey.objects.get()


def test_a_counter_that_goes_back_is_told_and_no_dead_end(owner):
    key = passkeys.add(owner)
    auth = reload(verify_second_step(begin(owner), key, count=9))
    assert not people.events(PASSKEY_COUNTER)
    verify_second_step(begin(owner), key, count=5)
    assert people.events(PASSKEY_COUNTER)[0].typed == {"factor": "Laptop"}
    assert only().sign_count == 9
    assert auth.facts.session is not None


def test_nor_is_it_one_in_place_of_the_password(owner):
    key = passkeys.add(owner)
    passkeys.sign_in_alone(key, count=9)
    passkeys.sign_in_alone(key, count=9)
    (told,) = people.events(PASSKEY_COUNTER)
    assert (told.actor_id, told.typed) == (owner.id, {"factor": "Laptop"})


def test_authenticators_that_do_not_count_are_no_alarm(owner):
    key = passkeys.add(owner, SoftKey(counts=False))
    for _ in range(2):
        verify_second_step(begin(owner), key)
    assert not people.events(PASSKEY_COUNTER)


@pytest.mark.django_db(transaction=True)
def test_of_two_sign_ins_at_once_the_higher_count_stays():
    person = people.make_administrator(people.make_customer())
    key = passkeys.add(person)
    calls = []
    for count in (8, 7, 9, 6):
        options = asked_alone()
        calls.append(partial(send_alone, key.get(options, ORIGIN, count=count)))
    at_once(calls)
    assert only().sign_count == 9
