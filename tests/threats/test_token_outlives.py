"""Tokens after what they came of is over: the gate is asked each time, so they are worth nothing at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doorward.applications import clients
from doorward.audit.actor import CONSOLE
from tests.kit import endings
from tests.kit.applications import (
    Relying,
    answer_of,
    give_tab,
    make_application,
    make_secret,
    take_tab,
)
from tests.kit.browsers import browser_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


OVER: dict[str, Callable[[Administrator], object]] = {
    **endings.OVER,
    "the right to the tab was taken": take_tab,
}


@pytest.mark.parametrize("what", OVER)
def test_nothing_is_worth_anything_any_more(owner, what):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    browser = browser_of(owner)
    tokens, code = relying.tokens(browser), relying.code(browser)
    assert relying.is_active(tokens["access_token"])

    OVER[what](owner)

    assert relying.userinfo(tokens["access_token"]).status_code == 401
    assert not relying.is_active(tokens["access_token"])
    assert not relying.is_active(tokens["refresh_token"])
    assert relying.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert relying.exchange(code).json()["error"] == "invalid_grant"
    silent = answer_of(relying.ask(browser, prompt="none"))
    assert "code" not in silent


def test_a_colleague_s_tab_is_nobody_else_s(owner, colleague, outsider):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    for person in (colleague, outsider):
        answer = answer_of(relying.ask(browser_of(person), prompt="none"))
        assert answer["error"] == "access_denied"


def test_an_application_that_is_removed_has_nothing_any_more(owner):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    tokens = relying.tokens(browser_of(owner))
    clients.remove(application.id, actor=CONSOLE)
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    assert relying.refresh(tokens["refresh_token"]).status_code == 401
