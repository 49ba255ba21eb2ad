"""The throttle: counted before anything is looked at, by whatever is counted, however many come at once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial
from threading import Lock

import pytest
from django.utils import timezone

from doorward.credentials.models import Factor
from doorward.kernel.errors import MustWait
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import limits, mail_budget, rules, throttle
from tests.kit import codes
from tests.kit import people as kit_people
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db

HERE = "192.0.2.10"
EMAIL = "ines.moreau@harbourbakery.example"


BROWSER = b"\x01" * 32


def count(*keys: limits.Key) -> None:
    """Try, and be wrong."""
    throttle.reserve(keys, now=timezone.now())
    throttle.was_wrong(keys, now=timezone.now())


def of_email(*, known: bool, email: str = EMAIL) -> limits.Key:
    return limits.password_key(email, browser=BROWSER if known else b"")


def waits(*keys: limits.Key) -> int:
    """Return how long a try has to wait; 0: it was counted."""
    try:
        count(*keys)
    except MustWait as refusal:
        return refusal.seconds
    return 0


def rows_of(key):
    return Factor.objects.filter(id=key)


def count_row(key, *, known=False, address=HERE):
    return throttle.count_row(rows_of, key, known=known, address=address, now=timezone.now())


# --- passwords ------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_five_are_free_then_the_wait_doubles_up_to_an_hour(clock, known):
    key = of_email(known=known)
    assert [waits(key) for _ in range(rules.FREE)] == [0] * rules.FREE
    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        assert waits(key) == seconds
        clock.shift(timedelta(seconds=seconds - 1))
        assert waits(key) == 1
        clock.shift(timedelta(seconds=1))
        assert waits(key) == 0


def test_known_and_unknown_browsers_and_people_are_counted_apart(clock):
    stranger = of_email(known=False)
    for _ in range(rules.FREE):
        count(stranger)
    assert waits(stranger)
    assert not waits(of_email(known=True))
    assert not waits(of_email(known=False, email="sam@harbourbakery.example"))


def test_a_hundred_from_unknown_browsers_keep_them_out_for_good(clock):
    stranger, owner = (of_email(known=known) for known in (False, True))
    for _ in range(rules.PASSWORD_KNOWN_ONLY_AT):
        clock.shift(timedelta(hours=1))
        count(stranger)
    for days in (1, 40, 3000):
        clock.shift(timedelta(days=days))
        throttle.forget(now=timezone.now())
        assert waits(stranger)
        assert not waits(owner)
    throttle.reset([stranger, owner])
    assert not waits(stranger)


def test_a_hundred_from_known_browsers_go_on_waiting_an_hour_each(clock):
    owner = of_email(known=True)
    for _ in range(rules.PASSWORD_KNOWN_ONLY_AT + 5):
        clock.shift(timedelta(hours=1))
        count(owner)
    assert waits(owner) == rules.LONGEST_WAIT


def test_failures_of_long_ago_no_longer_count(clock):
    key = of_email(known=False)
    for _ in range(rules.FREE):
        count(key)
    clock.shift(timedelta(days=31))
    assert [waits(key) for _ in range(rules.FREE)] == [0] * rules.FREE
    assert waits(key)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_at_once_five_are_looked_at():
    kit_people.provider()
    key = of_email(known=False)
    found = at_once([partial(count, key)] * 30)
    assert found.count(None) == rules.FREE, found
    assert sum(isinstance(one, MustWait) for one in found) == 30 - rules.FREE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [0, rules.FREE - 1, rules.FREE])
def test_forty_right_ones_at_once_are_all_looked_at_and_none_waits(failures):
    kit_people.provider()
    key = of_email(known=False)
    for _ in range(failures):
        count(key)
    Attempt.objects.update(wait_until=0)
    beside = Beside()

    def be_right() -> None:
        throttle.reserve([key], now=timezone.now())
        beside.look()
        throttle.was_right([key])

    assert at_once([be_right] * 40) == [None] * 40
    assert 1 <= beside.most <= rules.FREE
    row = Attempt.objects.get()
    assert (row.failures, row.in_flight, row.wait_until) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_of_forty_wrong_ones_at_once_no_more_are_looked_at_than_are_free():
    kit_people.provider()
    key, beside = of_email(known=False), Beside()

    def be_wrong() -> None:
        throttle.reserve([key], now=timezone.now())
        beside.look()
        throttle.was_wrong([key], now=timezone.now())

    found = at_once([be_wrong] * 40)
    assert found.count(None) == beside.all == rules.FREE, found
    assert sum(isinstance(one, MustWait) for one in found) == 40 - rules.FREE
    assert Attempt.objects.get().failures == rules.FREE


class Beside:
    """Counts how many are looked at at the same moment, and in all."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.all = Lock(), 0, 0, 0

    def look(self) -> None:
        with self.lock:
            self.now, self.all = self.now + 1, self.all + 1
            self.most = max(self.most, self.now)
        # As a hash takes its time: others come meanwhile.
        hashlib.pbkdf2_hmac("sha256", b"", b"", 20_000)
        with self.lock:
            self.now -= 1


def test_what_a_process_left_behind_that_died_is_a_failure_after_half_a_minute(clock, monkeypatch):
    monkeypatch.setattr(throttle, "_ROUNDS", 3)
    key = of_email(known=False)
    for _ in range(rules.FREE):
        throttle.reserve([key], now=timezone.now())
    with pytest.raises(MustWait) as refused:
        throttle.reserve([key], now=timezone.now())
    assert refused.value.seconds == 1
    clock.shift(timedelta(seconds=31))
    assert not waits(key)
    assert Attempt.objects.get().failures == rules.FREE + 1
    assert waits(key) == 60


def test_what_was_refused_by_another_key_is_not_held(clock):
    full, own = limits.address_key(HERE), of_email(known=False)
    for _ in range(rules.ADDRESS_LIMIT):
        count(full)
    for _ in range(rules.FREE * 2):
        assert waits(own, full)
    assert not waits(own)


# --- what is asked for ----------------------------------------------------------------------------


def test_what_has_a_window_is_spent_until_it_is_full_and_is_whole_again_after(clock):
    here = limits.address_key(HERE, limits.Rule.ASKING)
    for _ in range(rules.ASKING.limit):
        throttle.spend([here], now=timezone.now())
    with pytest.raises(MustWait) as refused:
        throttle.spend([here], now=timezone.now())
    assert refused.value.seconds == rules.ASKING.seconds
    assert not waits(limits.address_key(HERE))
    clock.shift(timedelta(seconds=rules.ASKING.seconds))
    throttle.spend([here], now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_many_spent_at_once_no_more_than_the_window_has():
    kit_people.provider()
    keys = limits.mail_keys(limits.Mail.RECEIVER, EMAIL)
    found = at_once([partial(throttle.spend, keys, now=timezone.now())] * 30)
    assert found.count(None) == mail_budget.RECEIVER.in_hour, found
    # What the day's window counted is taken back where the hour's refused.
    assert set(Attempt.objects.values_list("failures", flat=True)) == {mail_budget.RECEIVER.in_hour}


# --- no more rows than it takes -------------------------------------------------------------------


def test_who_invents_emails_fills_no_more_than_a_table_of_a_fixed_size(clock, monkeypatch):
    monkeypatch.setattr(throttle, "MOST_ROWS", 20)
    guessed = of_email(known=False)
    for _ in range(rules.FREE):
        count(guessed)
    for number in range(60):
        count(of_email(known=False, email=f"{number}@harbourbakery.example"))
    throttle.forget(now=timezone.now())
    assert Attempt.objects.count() == 20
    assert waits(guessed)


# --- addresses ------------------------------------------------------------------------------------


def test_an_ipv6_network_is_one_address_and_an_ipv4_one_in_ipv6_is_itself(clock):
    for number in range(rules.ADDRESS_LIMIT):
        count(limits.address_key(f"2001:db8:1:2::{number:x}"))
        count(limits.address_key("192.0.2.7" if number % 2 else "::ffff:192.0.2.7"))
    assert waits(limits.address_key("2001:db8:1:2:ffff::1")) == rules.ADDRESS_WINDOW
    assert waits(limits.address_key("192.0.2.7")) == rules.ADDRESS_WINDOW
    assert not waits(limits.address_key("2001:db8:1:3::1"))
    clock.shift(timedelta(seconds=rules.ADDRESS_WINDOW))
    assert not waits(limits.address_key("2001:db8:1:2::1"))


def test_what_was_right_is_given_back_to_the_address(clock):
    key = limits.address_key(HERE)
    for _ in range(rules.ADDRESS_LIMIT + 5):
        throttle.reserve([key], now=timezone.now())
        throttle.was_right([key])
    for _ in range(rules.ADDRESS_LIMIT):
        count(key)
    assert waits(key)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_at_once_no_more_than_the_limit_are_looked_at():
    kit_people.provider()
    key = limits.address_key(HERE)
    count(key)
    Attempt.objects.filter(key=key.hash).update(failures=rules.ADDRESS_LIMIT - 10)
    people = [of_email(known=False, email=f"{one}@harbourbakery.example") for one in range(30)]
    found = at_once([partial(count, key, one) for one in people])
    assert found.count(None) == 10, found


# --- rows -----------------------------------------------------------------------------------------


def test_a_row_is_not_counted_from_an_address_that_waits(owner, clock):
    codes.enable_app(owner)
    row = Factor.objects.get()
    for _ in range(rules.ADDRESS_LIMIT):
        throttle.count_failure(HERE, now=timezone.now())
    assert count_row(row.id) == 0
    left = throttle.seconds_left([row], known=False, address=HERE, now=timezone.now())
    assert left == rules.ADDRESS_WINDOW
    assert count_row(row.id, address="192.0.2.11") == 1
    assert count_row(row.id, known=True) == 1
    clock.shift(timedelta(seconds=rules.ADDRESS_WINDOW))
    assert count_row(row.id) == 1


def test_a_row_waits_up_to_an_hour_for_each_kind_of_browser_apart(owner, clock):
    codes.enable_app(owner)
    key = Factor.objects.get().id
    assert [count_row(key) for _ in range(rules.FREE)] == [1] * rules.FREE
    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        assert count_row(key) == 0
        clock.shift(timedelta(seconds=seconds))
        assert count_row(key) == 1
    assert count_row(key) == 0
    assert count_row(key, known=True) == 1
    assert Factor.objects.get().failures_in_a_row == rules.FREE + 10
