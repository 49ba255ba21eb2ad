"""Refusals: each has a code of its own, and says why it exists."""

import re

from doorward.core import errors


def refusals():
    return [
        thing
        for thing in vars(errors).values()
        if isinstance(thing, type)
        and issubclass(thing, errors.Refusal)
        and thing is not errors.Refusal
    ]


def test_codes_are_the_names():
    for refusal in refusals():
        assert refusal.code == re.sub(r"(?<!^)(?=[A-Z])", "_", refusal.__name__).lower()
        assert refusal.__doc__


def test_a_refusal_carries_what_its_sentence_needs():
    assert errors.MustWait(30).seconds == 30
    assert errors.MustWait(30).data == {"seconds": 30}
    assert errors.WrongCode(skew_seconds=-90).data == {"skew_seconds": -90}
    assert str(errors.WrongCode()) == "wrong_code"
