"""Which pattern of a browser is looked at: never one too few, and the same is found as by looking at all of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ua_parser.loaders import load_lazy_builtins

from doorward.audit import browser_patterns
from doorward.audit.browser_patterns import words_of
from doorward.web.server.preloading import USUAL

BROWSERS: Any
SYSTEMS: Any
BROWSERS, SYSTEMS, _ = load_lazy_builtins()
PATTERNS = sorted({one.regex for one in (*BROWSERS, *SYSTEMS)})


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(Firefox)/(\\d+)", {"Firefox"}),
        ("Chrome|Chromium", {"Chrome", "Chromium"}),
        ("Chrome|", set()),
        ("(?:Mobile|Tablet) Safari", {" Safari"}),
        ("(Opera Mini|icab)(\\d)", {"Opera Mini", "icab"}),
        ("Maybe?", {"Mayb"}),
        ("(Maybe)?x", {"x"}),
        ("(Maybe|)x", {"x"}),
        ("(?!Never)x", {"x"}),
        ("a{0,3}bc", {"bc"}),
        ("[]a]bc", {"bc"}),
        ("[^\\]a|]bc", {"bc"}),
        ("a\\.b", {"a.b"}),
        ("\\bab", {"ab"}),
        ("^ab$", {"ab"}),
        ("[ab]+", set()),
    ],
)
def test_the_words_of_a_pattern(pattern, words):
    assert set(words_of(pattern)) == words


def test_nearly_every_pattern_has_such_words():
    without = [one for one in PATTERNS if not words_of(one)]
    assert len(without) < 3  # each is looked at with every browser that is new


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_matches_has_one_of_the_words(data):
    pattern = data.draw(st.sampled_from(PATTERNS))
    text = data.draw(st.from_regex(re.compile(pattern)))
    words = words_of(pattern)
    assert not words or any(word in text for word in words)


def test_the_same_is_found_as_by_looking_at_all_patterns_in_their_order():
    """With texts that many patterns match, so that their order counts."""
    mixed = [
        f"{one} {other}" for one in USUAL for other in ("Vivaldi/6.1", "curl/8.1", "Bot/1", "")
    ]
    for matchers, families in (
        (BROWSERS, browser_patterns.browsers()),
        (SYSTEMS, browser_patterns.systems()),
    ):
        for text in [*mixed, "", "curl/8.5.0", "Wget/1.21", "nobody"]:
            first = next((found for one in matchers if (found := one(text))), None)
            found = families.find(text)
            assert (found.family if found else None) == (first.family if first else None), text
