"""The clock doctor: how far a phone's clock is off, by one code or by two in a row."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import constant_time
from hypothesis import given
from hypothesis import strategies as st

from doorward.credentials.totp import clock_rules, rules

VECTORS = json.loads(
    (Path(__file__).parents[1] / "data" / "otp_vectors.json").read_text(encoding="utf-8")
)
SEED = VECTORS["seeds"]["SHA1"].encode()
NOON = datetime(2026, 3, 4, 12, 0, 7, tzinfo=UTC)
STEP = rules.step_at(NOON)
# With this seed the code of this step is that of the step after next too: one in a million, found by trying.
TWIN_STEP = 40_515_428
FAR_TWIN_STEP = 40_214_232  # and here that of the fourth step after it

moments = st.datetimes(datetime(1971, 1, 1), datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
secrets = st.binary(min_size=20, max_size=20)
off = [(-20, -600), (-8, -240), (-3, -90), (-2, -60), (2, 60), (7, 210), (20, 600)]


def at(step: int) -> datetime:
    return datetime.fromtimestamp(step * rules.STEP_SECONDS, tz=UTC)


def by_two(secret: bytes, step: int, *, now: datetime) -> int | None:
    first, second = rules.code_at(secret, step - 1), rules.code_at(secret, step)
    return clock_rules.off_by_two_codes(secret, first, second, now=now)


@pytest.mark.parametrize(("shift", "seconds"), off)
def test_one_code_says_how_far_a_phone_is_off(shift, seconds):
    assert clock_rules.off_by_one_code(SEED, rules.code_at(SEED, STEP + shift), now=NOON) == seconds


@pytest.mark.parametrize("shift", [-21, -1, 0, 1, 21])
def test_one_code_says_nothing_within_the_window_and_out_of_reach(shift):
    assert clock_rules.off_by_one_code(SEED, rules.code_at(SEED, STEP + shift), now=NOON) is None


def test_one_code_takes_the_nearer_of_two():
    code = rules.code_at(SEED, TWIN_STEP)
    assert clock_rules.off_by_one_code(SEED, code, now=at(TWIN_STEP + 1)) is None
    assert clock_rules.off_by_one_code(SEED, code, now=at(TWIN_STEP - 5)) == 150


def test_one_code_does_not_choose_between_two_equally_near():
    code = rules.code_at(SEED, FAR_TWIN_STEP)
    assert code == rules.code_at(SEED, FAR_TWIN_STEP + 4)
    assert clock_rules.off_by_one_code(SEED, code, now=at(FAR_TWIN_STEP + 2)) is None
    assert clock_rules.off_by_one_code(SEED, code, now=at(FAR_TWIN_STEP + 7)) == -90


def test_it_works_in_the_first_minutes_of_1970():
    assert clock_rules.off_by_one_code(SEED, rules.code_at(SEED, 5), now=at(0)) == 150
    assert by_two(SEED, 5, now=at(0)) == 150


@pytest.mark.parametrize(("shift", "seconds"), [*off, (-1, 0), (0, 0), (1, 0)])
def test_two_codes_in_a_row_say_it_too_and_that_the_clock_is_right(shift, seconds):
    assert by_two(SEED, STEP + shift, now=NOON) == seconds


@pytest.mark.parametrize("shift", [-21, 21, 500])
def test_two_codes_out_of_reach_say_nothing(shift):
    assert by_two(SEED, STEP + shift, now=NOON) is None


@pytest.mark.parametrize(
    ("first", "second"), [(5, 5), (5, 4), (3, 5), (-20, 20), (0, 5), (-1, -1), (0, 0), (0, -1)]
)
def test_two_codes_that_are_no_neighbours_say_nothing(first, second):
    codes = [rules.code_at(SEED, STEP + shift) for shift in (first, second)]
    assert clock_rules.off_by_two_codes(SEED, *codes, now=NOON) is None


def test_a_right_code_beside_a_wrong_one_says_nothing():
    right = [rules.code_at(SEED, STEP + shift) for shift in range(-20, 21)]
    wrong = next(code for code in (f"{n:06}" for n in range(100)) if code not in right)
    for code in right:
        assert clock_rules.off_by_two_codes(SEED, code, wrong, now=NOON) is None
        assert clock_rules.off_by_two_codes(SEED, wrong, code, now=NOON) is None


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804")])
def test_the_codes_of_rfc_6238_are_recognised_later(seconds, code):
    step = seconds // rules.STEP_SECONDS
    assert clock_rules.off_by_one_code(SEED, code, now=at(step + 9)) == -270
    before = rules.code_at(SEED, step - 1)
    assert clock_rules.off_by_two_codes(SEED, before, code, now=at(step + 9)) == -270


@given(secret=secrets, now=moments, shift=st.integers(-20, 20))
def test_whatever_the_secret_the_sign_and_the_minutes_are_right(secret, now, shift):
    told = by_two(secret, rules.step_at(now) + shift, now=now)
    assert told == (0 if abs(shift) <= 1 else shift * rules.STEP_SECONDS)


@given(first=st.text(max_size=80), second=st.text(max_size=80), now=moments)
def test_anything_may_be_typed(first, second, now):
    assert clock_rules.off_by_one_code(SEED, first, now=now) in {None, *range(-600, 601, 30)}
    assert clock_rules.off_by_two_codes(SEED, first, second, now=now) in {
        None,
        *range(-600, 601, 30),
    }


def test_as_much_is_compared_whether_something_matches_or_not(monkeypatch):
    compared = []
    real = constant_time.bytes_eq

    def count(a: bytes, b: bytes) -> bool:
        compared.append(a)
        return real(a, b)

    monkeypatch.setattr(constant_time, "bytes_eq", count)
    by_two(SEED, STEP + 5, now=NOON)
    clock_rules.off_by_two_codes(SEED, "000000", "000000", now=NOON)
    assert len(compared) == 2 * 2 * (2 * clock_rules.REACH + 1)
