"""The declared fields: what each takes, how it is stored, and which value is stricter."""

from __future__ import annotations

from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.kernel.errors import ChoiceInvalid, FieldsRefused
from doorward.policy.errors import DayInvalid, NumberOutOfRange, UnknownField
from doorward.policy.fields import (
    DEFAULTS,
    FIELDS,
    LOOSEST,
    Kinds,
    RequiredOf,
    Values,
    changed,
    read,
    stored,
    strictest,
)

VALUES = st.builds(
    Values,
    required_of=st.sampled_from(RequiredOf),
    tabs=st.frozensets(st.sampled_from(["home", "billing", "pbx"])),
    from_day=st.none() | st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    newcomer_days=st.integers(0, 90),
    waves=st.booleans(),
    kinds=st.sampled_from(Kinds),
    trust_days=st.integers(0, 30),
    session_hours=st.integers(1, 24),
    idle_minutes=st.integers(5, 60),
)

# From when somebody is asked is told by the days of each series, and by no value that is the loosest.
COMPARED = [name for name, field in FIELDS.items() if not field.says_when]


def test_every_field_is_declared() -> None:
    assert list(FIELDS) == [one.name for one in fields_of(Values)]
    assert all(one.label and one.history for one in FIELDS.values())


@given(VALUES)
def test_what_is_stored_is_read_again(values: Values) -> None:
    assert read(stored(values)) == values
    assert read(stored(values, base=LOOSEST), base=LOOSEST) == values


@given(VALUES, VALUES, VALUES)
def test_the_strictest_is_the_same_in_any_order(one: Values, other: Values, third: Values) -> None:
    both = strictest([one, other])
    assert both == strictest([other, one])
    assert strictest([both, third]) == strictest([one, strictest([other, third])])
    assert strictest([one, one]) == one
    held = strictest([one, LOOSEST])
    assert all(getattr(held, name) == getattr(one, name) for name in COMPARED)


@given(VALUES, VALUES)
def test_nothing_is_looser_than_itself_or_than_the_loosest(one: Values, other: Values) -> None:
    both = strictest([one, other])
    for name, field in FIELDS.items():
        before, after = getattr(one, name), getattr(both, name)
        assert not field.is_looser(after, before=before)
        assert field.is_looser(before, before=after) == (before != after)
        assert name not in COMPARED or not field.is_looser(before, before=field.loosest)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("required_of", "everyone", RequiredOf.EVERYONE),
        ("tabs", ["pbx", "home"], frozenset({"pbx", "home"})),
        ("tabs", "pbx home", frozenset({"pbx", "home"})),
        ("tabs", None, frozenset()),
        ("from_day", "2026-03-31", date(2026, 3, 31)),
        ("from_day", date(2026, 3, 31), date(2026, 3, 31)),
        ("from_day", " ", None),
        ("waves", "on", True),
        ("waves", "", False),
        ("waves", True, True),
        ("trust_days", " 7 ", 7),
        ("trust_days", 7, 7),
    ],
)
def test_what_a_field_takes(name: str, given: object, value: object) -> None:
    assert FIELDS[name].read(given) == value


@pytest.mark.parametrize(
    ("name", "given", "refusal"),
    [
        ("required_of", "all", ChoiceInvalid),
        ("required_of", "", ChoiceInvalid),
        ("required_of", None, ChoiceInvalid),
        ("required_of", ["everyone"], ChoiceInvalid),
        ("kinds", 1, ChoiceInvalid),
        ("tabs", [1], ChoiceInvalid),
        ("tabs", [""], ChoiceInvalid),
        ("tabs", {"a": 1}, ChoiceInvalid),
        ("tabs", 7, ChoiceInvalid),
        ("from_day", "31.03.2026", DayInvalid),
        ("from_day", "2026-02-30", DayInvalid),
        ("from_day", 7, DayInvalid),
        ("from_day", "0001-01-01", DayInvalid),
        ("from_day", "9999-12-31", DayInvalid),
        ("from_day", "1999-12-31", DayInvalid),
        ("from_day", "10000-01-01", DayInvalid),
        ("from_day", "2026-03-31\x00", DayInvalid),
        ("from_day", True, DayInvalid),
        ("waves", "yes", ChoiceInvalid),
        ("waves", 1, ChoiceInvalid),
        ("waves", ["on"], ChoiceInvalid),
        ("trust_days", "", NumberOutOfRange),
        ("trust_days", "-1", NumberOutOfRange),
        ("trust_days", "31", NumberOutOfRange),
        ("trust_days", "٣", NumberOutOfRange),
        ("trust_days", "7.0", NumberOutOfRange),
        ("trust_days", 7.0, NumberOutOfRange),
        ("trust_days", True, NumberOutOfRange),
        ("trust_days", "9" * 5000, NumberOutOfRange),
        ("session_hours", 0, NumberOutOfRange),
        ("session_hours", 25, NumberOutOfRange),
        ("idle_minutes", 4, NumberOutOfRange),
        ("idle_minutes", 61, NumberOutOfRange),
        ("newcomer_days", 91, NumberOutOfRange),
    ],
)
def test_what_a_field_refuses(name: str, given: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        FIELDS[name].read(given)


def test_all_that_is_wrong_is_said_by_key() -> None:
    with pytest.raises(FieldsRefused) as caught:
        read({"from": "soon", "kinds": "any", "trust_days": "x", "grace_days": 3})
    found = {key: type(one) for key, one in caught.value.fields.items()}
    assert found == {"from": DayInvalid, "trust_days": NumberOutOfRange, "grace_days": UnknownField}


def test_what_is_not_named_stays() -> None:
    base = replace(DEFAULTS, trust_days=9)
    assert read({"idle_minutes": 10}, base=base) == replace(base, idle_minutes=10)
    assert changed(base, replace(base, idle_minutes=10)) == ["idle_minutes"]
