"""The words of a set-up pass: how many, how they are forgiven, and the same as digits."""

from math import log2

import pytest

from doorward.recovery import words


def test_it_is_eight_words_of_effs_long_list():
    chosen = words.new_words()
    assert len(chosen) == words.WORDS
    assert words.WORDS * log2(7776) > 64 + 32
    assert len({words.new_words() for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "write",
    [
        " ".join,
        "-".join,
        "".join,
        lambda chosen: "  ".join(chosen).upper(),
        lambda chosen: "\n".join(word.title() for word in chosen),
        words.as_digits,
        lambda chosen: words.as_digits(chosen).replace(" ", ""),
        lambda chosen: words.as_digits(chosen).replace(" ", "-"),
    ],
)
def test_case_spaces_and_dashes_are_forgiven_and_digits_are_the_same(write):
    for _ in range(20):
        chosen = words.new_words()
        assert words.normalise(write(chosen)) == words.normalise(" ".join(chosen))


@pytest.mark.parametrize("typed", ["", " - ", "9999" * 8, "0001", "0001" * 9, "x" * 5000, "٠" * 32])
def test_what_cannot_be_one_is_none(typed):
    assert words.normalise(typed) != words.normalise(" ".join(words.new_words()))
