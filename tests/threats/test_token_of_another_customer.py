"""Somebody of customer A at the application of customer B: no code, and what they have elsewhere is nothing there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from doorward.applications import clients
from doorward.applications.models import Grant
from doorward.audit.actor import CONSOLE
from doorward.customers import cached, own_tabs
from tests.kit.applications import (
    AFTER,
    CALLBACK,
    Relying,
    answer_of,
    give_tab,
    make_application,
    make_secret,
    said,
)
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
TAB = own_tabs.TabDetails(title="Project", url="https://project.example/", audience="customers")


@pytest.fixture
def tab(owner, outsider):
    """Be a tab of the outsider's company alone; the owner has the right to it in their row, left from earlier."""
    made = own_tabs.add("project", replace(TAB, customers=outsider.customer.name), actor=CONSOLE)
    for person in (owner, outsider):
        give_tab(person, "project")
    cached.forget()
    return made


@pytest.fixture
def theirs(tab):
    details = clients.ApplicationDetails(redirect_uris=CALLBACK, logout_uris=AFTER)
    made = clients.add(tab.id, details, actor=CONSOLE, now=timezone.now())
    return Relying(made, make_secret(made))


@pytest.fixture
def ours(owner):
    give_tab(owner)
    made = make_application()
    return Relying(made, make_secret(made))


def test_a_right_that_is_left_in_the_row_gives_no_code(owner, outsider, theirs):
    assert theirs.tokens(browser_of(outsider))["id_token"]
    browser = browser_of(owner)
    assert answer_of(theirs.ask(browser, prompt="none"))["error"] == "access_denied"
    assert theirs.ask(browser).status_code == 403
    assert Grant.objects.get().administrator_id == outsider.id


def test_tokens_of_one_tab_are_nothing_at_the_other(owner, outsider, ours, theirs):
    browser = browser_of(owner)
    mine, code = ours.tokens(browser), ours.code(browser)
    assert not theirs.is_active(mine["access_token"])
    assert not theirs.is_active(mine["refresh_token"])
    assert theirs.refresh(mine["refresh_token"]).json()["error"] == "invalid_grant"
    theirs.verifier = ours.verifier
    assert theirs.exchange(code).json()["error"] == "invalid_grant"
    hint = answer_of(
        theirs.ask(browser_of(outsider), id_token_hint=mine["id_token"], prompt="none")
    )
    assert hint["error"] == "login_required"
    # All that userinfo tells is about whom the token is of.
    assert ours.userinfo(mine["access_token"]).json()["email"] == owner.email
    assert said(mine["id_token"])["aud"] == ours.application.client_id


def test_a_tab_that_is_for_others_from_now_on_ends_what_was_given(owner, outsider, tab, theirs):
    both = f"{owner.customer.name}\n{outsider.customer.name}"
    own_tabs.change(tab.id, replace(TAB, customers=both), actor=CONSOLE)
    cached.forget()
    tokens = theirs.tokens(browser_of(owner))
    assert theirs.is_active(tokens["access_token"])
    own_tabs.change(tab.id, replace(TAB, customers=outsider.customer.name), actor=CONSOLE)
    cached.forget()
    assert theirs.userinfo(tokens["access_token"]).status_code == 401
    assert theirs.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
