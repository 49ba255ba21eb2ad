"""Who takes files along without end: each is a table read whole, and a line of history (OWASP ASVS 5, 2.4.1)."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest

from doorward.audit.events import HISTORY_EXPORTED, PEOPLE_EXPORTED
from doorward.kernel.ratelimit import limits, rules, statements
from doorward.kernel.ratelimit.limits import Rule
from doorward.kernel.ratelimit.rules import Window
from tests.kit import people
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
FEW = 3


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Let it be full sooner."""
    monkeypatch.setitem(limits.WINDOWS, Rule.EXPORT, Window(FEW, rules.EXPORT.seconds))
    statements.spending.cache_clear()
    yield
    statements.spending.cache_clear()


def taken(browser, path):
    """Return the answer, read to its end where a file came."""
    answer = browser.get(path)
    if answer.streaming:
        answer.getvalue()
    return answer


def test_so_many_files_of_whatever_kind_then_one_waits(owner, customer, clock):
    colleague = people.make_administrator(
        customer,
        email="samuel.osei@harbourbakery.example",
        name="Samuel Osei",
        tabs=people.ALL_TABS,
    )
    browser = browser_of(owner)
    paths = ["/activity/export.csv", "/account/adoption.csv"] * FEW
    told = [taken(browser, path) for path in paths]
    assert [one.status_code for one in told] == [200] * FEW + [429] * (len(paths) - FEW)
    assert 0 < int(told[-1]["Retry-After"]) <= rules.EXPORT.seconds
    written = len(people.events(HISTORY_EXPORTED)) + len(people.events(PEOPLE_EXPORTED))
    assert written == FEW
    # The same person in another browser waits as well, a colleague does not.
    assert taken(browser_of(owner), paths[0]).status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert taken(browser_of(colleague), paths[0]).status_code == HTTPStatus.OK
    clock.shift(timedelta(seconds=rules.EXPORT.seconds))
    assert taken(browser_of(owner), paths[0]).status_code == HTTPStatus.OK


def test_a_look_at_the_head_counts_for_nothing(owner):
    browser = browser_of(owner)
    for _ in range(FEW + 1):
        assert browser.head("/activity/export.csv").status_code == HTTPStatus.OK
    assert taken(browser, "/activity/export.csv").status_code == HTTPStatus.OK


def test_fifty_within_a_quarter_of_an_hour_are_enough_for_anybody():
    assert (rules.EXPORT.limit, rules.EXPORT.seconds) == (50, 900)
