"""Recovery codes: 120 bits, and read whatever way people write them down."""

import math
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.credentials.recovery_codes import rules

codes = st.binary(min_size=15, max_size=15).map(lambda raw: rules.new_codes(lambda _: raw, 1)[0])


def test_ten_codes_of_six_groups_each_from_bytes_of_its_own():
    stream = iter(range(256))
    made = rules.new_codes(lambda size: bytes(next(stream) for _ in range(size)))
    assert len(made) == len(set(made)) == 10
    assert made[0] == "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO"
    for code in made:
        assert [len(group) for group in code.split("-")] == [4] * 6


def test_a_code_is_stronger_than_what_a_plain_keyed_hash_may_store():
    """NIST SP 800-63B-4, 3.1.2.2, and ASVS 6.5.2: 112 bits; both count the bits of the generator."""
    assert rules.CODE_BYTES * 8 >= 112
    assert rules.CODE_CHARACTERS * math.log2(32) == rules.CODE_BYTES * 8


@given(code=codes)
def test_a_code_is_read_back(code):
    assert rules.normalise(code) == code.replace("-", "")


@settings(max_examples=30)
@given(code=codes, random=st.randoms(use_true_random=False))
def test_a_code_is_read_back_however_it_is_written(code, random):
    confused = {"O": "O0o", "I": "I1i", "B": "B8b"}
    between = ["", " ", "-", "\N{EN DASH}", "\N{NO-BREAK SPACE}", "\n", "\N{ZERO WIDTH SPACE}"]
    written = "".join(
        random.choice(confused.get(character, character + character.lower()))
        + random.choice(between)
        for character in code
        if character != "-"
    )
    assert rules.normalise(written) == code.replace("-", "")


def test_full_width_letters_are_read():
    wide = "".join(chr(ord(character) + 0xFEE0) for character in "abcd2345efgh2345ijkl2345")
    assert rules.normalise(wide) == "ABCD2345EFGH2345IJKL2345"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "287082",
        "ABCD-EFGH",
        "A" * 23,
        "A" * 25,
        "A" * 23 + "9",
        "A" * 23 + "Ä",
        "A" * 23 + "_",
        "A" * 24 + " " * 200,
        "otpauth://totp/x",
    ],
)
def test_what_cannot_be_a_code(text):
    assert rules.normalise(text) is None


@given(text=st.text(max_size=300))
def test_anything_may_be_typed(text):
    code = rules.normalise(text)
    assert code is None or (len(code) == 24 and set(code) <= set(string.ascii_uppercase + "234567"))


@pytest.mark.parametrize(
    ("left", "few"), [(10, False), (4, False), (3, True), (1, True), (0, True)]
)
def test_a_warning_at_three(left, few):
    assert rules.few_left(left) is few
