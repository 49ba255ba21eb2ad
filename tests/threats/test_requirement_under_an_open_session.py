"""Two factors become required, or no longer are, while a session is open: the next click obeys."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from doorward.accounts.models import Administrator
from doorward.policy.fields import Kinds
from tests.kit import browsers, codes, people, policies
from tests.kit.browsers import browser_of
from tests.kit.factors import require
from tests.kit.pages import form as form_of
from tests.kit.pages import page
from tests.whole.routes import METHODS
from tests.whole.rows import state

pytestmark = pytest.mark.django_db


def password(
    client: Client, person: Administrator, word: str = people.PASSWORD, **more: str
) -> Any:
    form = {"email": person.email, "password": word, "next": ""}
    return client.post("/sign-in/", form | more)


def test_it_takes_hold_of_what_is_sent_too(client, owner):
    password(client, owner)
    assert client.get("/prove/").status_code == 200
    require(owner)
    assert client.get("/prove/")["Location"] == "/sign-in/mailbox/"
    assert client.post("/prove/", {"password": people.PASSWORD})["Location"] == "/sign-in/mailbox/"


def test_ticking_takes_hold_of_an_open_session_at_its_next_click(owner, colleague):
    theirs = browser_of(colleague)
    assert theirs.get("/security/").status_code == 200
    mine = browser_of(owner)
    mine.post(page(colleague), form_of(colleague, require_2fa="on"))
    assert theirs.get("/security/")["Location"] == "/sign-in/mailbox/"
    mine.post(page(colleague), form_of(people.again(colleague), require_2fa=None))
    assert theirs.get("/security/").status_code == 200


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("holds", ["tick", "policy", "minimum", "brand"])
def test_whoever_requires_it_nothing_is_done_from_then_on(owner, colleague, holds, method):
    theirs = browsers.browser_of(owner)
    assert theirs.get("/administrators/").status_code == 200
    match holds:
        case "tick":
            require(owner)
        case "policy":
            policies.require(owner.customer_id)
        case "minimum":
            policies.require_by_minimum(owner.customer_id)
        case _:
            policies.require_by_brand(owner.customer.brand_id)
    before = state()
    form = urlencode({"action": "require_2fa", "selected": str(colleague.id)})
    kind = "application/x-www-form-urlencoded"
    answer = theirs.generic(method, "/administrators/", form, kind)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/mailbox/")
    assert not answer.content
    assert state() == before


def test_no_longer_required_opens_nothing_that_a_factor_guards(owner):
    codes.enable_app(owner)
    require(owner)
    browser = Client()
    password(browser, owner)
    Administrator.objects.of(owner.customer_id).update(require_2fa=False)
    assert browser.get("/security/")["Location"] == "/sign-in/code/"


def test_a_kind_that_is_no_longer_allowed_does_not_let_through(owner, clock):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    assert browser.get("/security/").status_code == 200
    policies.require(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    assert browser.get("/security/")["Location"] == "/sign-in/set-up/"
