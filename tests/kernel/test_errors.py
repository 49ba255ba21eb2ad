"""Refusals: each has a code of its own, and says why it exists."""

import re

from doorward.credentials.errors import WrongCode
from doorward.kernel.errors import MustWait, Refusal, all_refusals


def refusals():
    return [refusal for refusal in all_refusals() if refusal is not Refusal]


def test_codes_are_the_names():
    for refusal in refusals():
        assert refusal.code == re.sub(r"(?<!^)(?=[A-Z])", "_", refusal.__name__).lower()
        assert refusal.__doc__


def test_a_refusal_carries_what_its_sentence_needs():
    assert MustWait(30).seconds == 30
    assert MustWait(30).data == {"seconds": 30}
    assert WrongCode(skew_seconds=-90).data == {"skew_seconds": -90}
    assert str(WrongCode()) == "wrong_code"
