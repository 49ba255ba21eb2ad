"""Waiting: every number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.kernel.ratelimit import rules

ADDRESSES = [
    ("192.0.2.7", "192.0.2.7"),
    (" 192.0.2.7 ", "192.0.2.7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
    ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ("fe80::1%eth0", "fe80::/64"),
    ("::1", "::/64"),
    ("", "unknown"),
    ("unix", "unknown"),
    ("192.0.2.7:443", "unknown"),
    ("192.0.2", "unknown"),
    ("192.0.2.007", "unknown"),
    ("1.2.3.4, 5.6.7.8", "unknown"),
    ("1.2.3.4%eth0", "unknown"),
]


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        *((failures, 0) for failures in range(5)),
        (5, 30),
        (6, 60),
        (7, 120),
        (8, 240),
        (9, 480),
        (10, 960),
        (11, 1920),
        *((failures, 3600) for failures in (12, 13, 50, 100, 10**6)),
    ],
)
def test_five_tries_are_free_then_the_wait_doubles_up_to_an_hour(failures, seconds):
    assert rules.wait_after(failures) == seconds


def test_the_table_for_sql_says_the_same():
    table = rules.waits()
    assert table == (
        (5, 30),
        (6, 60),
        (7, 120),
        (8, 240),
        (9, 480),
        (10, 960),
        (11, 1920),
        (12, 3600),
    )
    for failures in range(200):
        due = [seconds for least, seconds in table if failures >= least]
        assert rules.wait_after(failures) == (due[-1] if due else 0)


def test_the_limits_are_within_the_standard():
    """NIST SP 800-63B-4, 3.2.2: at most 100 in a row; 8.1.1: no hard end below 10."""
    assert rules.DISABLE_AT == 50
    assert rules.PASSWORD_KNOWN_ONLY_AT == 100
    assert (rules.ADDRESS_LIMIT, rules.ADDRESS_WINDOW) == (100, 15 * 60)


@pytest.mark.parametrize(("address", "bucket"), ADDRESSES)
def test_what_an_address_is_counted_under(address, bucket):
    assert rules.address_bucket(address) == bucket


@given(address=st.ip_addresses(v=6))
def test_a_whole_ipv6_network_is_one(address):
    bucket = rules.address_bucket(str(address))
    if address.ipv4_mapped is None:
        sibling = type(address)(int(address) ^ 1)
        assert bucket == rules.address_bucket(str(sibling))


@given(address=st.text(max_size=50))
def test_anything_may_stand_in_a_header(address):
    assert rules.address_bucket(address)
