"""The words of a set-up pass: how many, how they are forgiven, and the same as digits."""

import secrets
from math import log2

import pytest

from doorward.recovery import set_up_words


def new_words():
    return set_up_words.words_of(secrets.randbits(256))


def test_it_is_eight_words_of_effs_long_list():
    chosen = new_words()
    assert len(chosen) == set_up_words.WORDS
    assert set_up_words.WORDS * log2(7776) > 64 + 32
    assert len({new_words() for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "write",
    [
        " ".join,
        "-".join,
        "".join,
        lambda chosen: "  ".join(chosen).upper(),
        lambda chosen: "\n".join(word.title() for word in chosen),
        set_up_words.as_digits,
        lambda chosen: set_up_words.as_digits(chosen).replace(" ", ""),
        lambda chosen: set_up_words.as_digits(chosen).replace(" ", "-"),
    ],
)
def test_case_spaces_and_dashes_are_forgiven_and_digits_are_the_same(write):
    for _ in range(20):
        chosen = new_words()
        assert set_up_words.normalise(write(chosen)) == set_up_words.normalise(" ".join(chosen))


@pytest.mark.parametrize("typed", ["", " - ", "9999" * 8, "0001", "0001" * 9, "x" * 5000, "٠" * 32])
def test_what_cannot_be_one_is_none(typed):
    assert set_up_words.normalise(typed) != set_up_words.normalise(" ".join(new_words()))
