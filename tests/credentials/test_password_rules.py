"""What a new password must be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.credentials.errors import (
    PasswordBreached,
    PasswordCommon,
    PasswordMissing,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
)
from doorward.credentials.password import rules
from doorward.kernel.errors import Refusal, TextInvalid

COMMON = frozenset({"password", "iloveyou", "correcthorsebatterystaple", "letmein12345678"})
BREACHED = frozenset({"seventeen wet umbrellas"})
PERSONAL = ("Zoë", "Lindqvist", "zoe.lindqvist@example.com", "zoe.lindqvist", "Blue Harbour")
GOOD = "quiet tin violin roof"


def check(password, *, two_factors=False, personal=PERSONAL):
    return rules.check(
        password, two_factors=two_factors, personal=personal, common=COMMON, breached=BREACHED
    )


@pytest.mark.parametrize(("two_factors", "least"), [(True, 12), (False, 15)])
def test_the_shortest_and_the_longest(two_factors, least):
    text = "q7Kw9xZr2mTv5bNc"[:least]
    assert rules.minimum(two_factors=two_factors) == least
    assert check(text, two_factors=two_factors) == text
    with pytest.raises(PasswordTooShort) as refused:
        check(text[:-1], two_factors=two_factors)
    assert refused.value.data == {"minimum": least}


def test_at_most_128_code_points():
    longest = "".join(chr(0x4E00 + number) for number in range(0, 256, 2))
    assert len(longest) == 128
    assert check(longest) == longest
    with pytest.raises(PasswordTooLong) as refused:
        check(longest + "x")
    assert refused.value.data == {"maximum": 128}


def test_length_is_counted_in_code_points_after_nfc():
    composed = "éàüöñçîêôûâëïœ"
    assert len(composed) == 14
    for text in (composed, unicodedata.normalize("NFD", composed)):
        with pytest.raises(PasswordTooShort):
            check(text)
        assert not rules.is_long(text)
    assert check("🦊🐢🦉🐝🦋🐙🦀🐳🦓🦒🐘🦔🐿🦚🦜")


def test_the_same_keys_on_two_systems_are_one_password():
    text = "bücherwürmer schlafen"
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert check(decomposed) == check(text) == text


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "all lowercase letters here",
        "83920174650129",
        "               x               ",
        " leading and trailing ",
        "ALL CAPITAL LETTERS HERE",
        "my password is a long one",
        "纸鹤飞过静静的湖面在春天的夜里",
    ],
)
def test_no_composition_rules_and_nothing_is_altered(password):
    assert check(password, two_factors=True) == password


def test_nothing():
    with pytest.raises(PasswordMissing):
        check("")


def test_text_without_utf_8_is_refused_by_name():
    with pytest.raises(TextInvalid):
        check("quiet tin violin \udc80 roof")


@pytest.mark.parametrize(
    "password",
    [
        "correcthorsebatterystaple",
        "CorrectHorseBatteryStaple",
        "letmein12345678",
        "passwordpassword",
        "PasswordPasswordPassw",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcabcabcabcabca",
        "abcdefghijklmnop",
        "ponmlkjihgfedcba",
        "1234567890123456",
        "9876543210987654",
        "12345678123456781234",
    ],
)
def test_common_and_monotonous_ones(password):
    with pytest.raises(PasswordCommon):
        check(password)


def test_a_common_word_within_a_phrase_is_no_fault():
    """NIST SP 800-63B-4, 3.1.1.2: the whole password is compared, not its parts."""
    assert check("iloveyou but not mondays")


def test_one_that_is_known_from_a_break_in():
    with pytest.raises(PasswordBreached):
        check("seventeen wet umbrellas")
    assert check("Seventeen wet umbrellas")


@pytest.mark.parametrize(
    "password",
    [
        "lindqvist is my name",
        "xx LINDQVIST xx 2026",
        "zoe.lindqvist@example.com",
        "blue harbour forever",
        "blueharbour-forever",
        "l.i.n.d.q.v.i.s.t 2026",
        unicodedata.normalize("NFD", "Zoë Zoë Zoë Zoë"),
        "zoëzoëzoëzoëzoë",
    ],
)
def test_the_person_and_the_brand_are_not_in_it(password):
    with pytest.raises(PasswordPersonal):
        check(password)


@pytest.mark.parametrize("personal", [(), ("",), ("  ",), ("-",), ("Zoë",), ("Li", "Wu")])
def test_short_names_may_occur(personal):
    assert check("zoë likes wu in winter", personal=personal)


def test_one_more_repeat_of_a_short_name_is_refused():
    with pytest.raises(PasswordPersonal):
        check("Wu wu WU wu-wu wu wu wu", personal=("Wu",))


@given(password=st.text(max_size=140), two_factors=st.booleans())
def test_anything_gives_the_password_or_a_named_refusal(password, two_factors):
    try:
        chosen = check(password, two_factors=two_factors)
    except Refusal:
        return
    assert chosen == unicodedata.normalize("NFC", password)
    assert rules.minimum(two_factors=two_factors) <= len(chosen) <= 128


@pytest.mark.parametrize(
    ("password", "long"), [("x" * 14, False), ("x" * 15, True), ("é" * 15, True)]
)
def test_whether_it_may_stand_alone(password, long):
    assert rules.is_long(password) is long
    assert rules.is_long(unicodedata.normalize("NFD", password)) is long
