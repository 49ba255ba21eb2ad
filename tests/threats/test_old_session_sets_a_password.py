"""A due password is set after a recent proof, by a factor where there is one, and tells nobody the old one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, LinkPurpose
from doorward.credentials.models import Factor
from doorward.credentials.password import change
from doorward.sessions.errors import StaleRequest
from tests.kit import browsers, codes, people, policies
from tests.kit.racing import at_once
from tests.threats.thief import enable, follow, path_of
from tests.threats.trusting import give_password, trusting

pytestmark = pytest.mark.django_db

PAGE = "/sign-in/password/"
SHORT = "twelve chars"
NEW = people.OTHER_PASSWORD


def column(person, **columns):
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**columns)


def has(person, password) -> bool:
    return people.again(person).check_password(password)


def test_a_policy_that_is_lifted_under_an_old_session(owner, customer):
    """A short password is due as soon as nothing guards it any more."""
    column(owner, password_long=False)
    in_two_weeks = (timezone.now() + timedelta(days=14)).date()
    policies.require(customer.id, from_day=in_two_weeks)
    browser = Client()
    give_password(browser, owner)
    browser.post("/sign-in/set-up/", {"later": "on"})
    assert browser.get("/security/").status_code == 200
    browsers.age_proofs(owner)
    policies.lift(customer.id)
    assert browser.get("/security/")["Location"] == "/prove/"
    assert browser.get(PAGE)["Location"] == "/prove/"
    assert browser.post(PAGE, {"password": NEW})["Location"] == "/prove/"
    assert has(owner, people.PASSWORD)
    assert browser.post("/prove/", {"password": people.PASSWORD}).status_code == 303
    assert browser.post(PAGE, {"password": NEW}).status_code == 303
    assert has(owner, NEW)


def test_a_trusted_browser_with_a_password_from_a_break_in(owner):
    thief = trusting(owner)
    column(owner, password_due="breached")
    assert give_password(thief, owner) == "/sign-in/code/"
    assert thief.post(PAGE, {"password": NEW})["Location"] == "/sign-in/code/"
    assert has(owner, people.PASSWORD)
    assert thief.post("/sign-in/code/", {"code": codes.next_code(owner)}).status_code == 303
    assert thief.post(PAGE, {"password": NEW}).status_code == 303
    assert has(owner, NEW)


@pytest.mark.parametrize("due", ["breached", "not_me", "too_short"])
def test_a_factor_that_was_proved_long_ago(owner, due):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    column(owner, password_due=due)
    browsers.age_proofs(owner)
    assert browser.post(PAGE, {"password": NEW})["Location"] == "/sign-in/code/"
    assert browser.post("/prove/", {"password": people.PASSWORD})["Location"] == "/sign-in/code/"
    assert has(owner, people.PASSWORD)


def test_a_recovery_code_serves_for_its_ten_minutes(owner, clock):
    codes.enable_app(owner)
    one, two, *_rest = codes.saved_codes(owner)
    column(owner, password_due="breached")
    browser = Client()
    give_password(browser, owner)
    assert browser.post("/sign-in/recovery/", {"code": one}).status_code == 303
    assert browser.get(PAGE).status_code == 200
    clock.shift(timedelta(minutes=10))
    assert browser.post(PAGE, {"password": NEW})["Location"] == "/sign-in/code/"
    assert browser.post("/sign-in/recovery/", {"code": two}).status_code == 303
    assert browser.post(PAGE, {"password": NEW}).status_code == 303


def test_the_form_says_nothing_of_a_wrong_guess_that_breaks_a_rule(owner):
    """Were the current password compared first, whoever is there could try a list of common ones."""
    owner.set_password(SHORT)
    column(owner, password=owner.password, password_due="too_short", password_long=False)
    codes.enable_app(owner)
    browser = browsers.browser_of(owner, SHORT)
    Factor.objects.filter(administrator=owner).delete()
    column(owner, password_due="not_me")
    browser = Client()
    give_password(browser, owner, SHORT)
    right = browser.post(PAGE, {"password": SHORT})
    wrong = browser.post(PAGE, {"password": "other chars!"})
    assert (right.status_code, wrong.status_code) == (422, 422)
    said = [_without_tokens(answer.content.decode()) for answer in (right, wrong)]
    assert said[0] == said[1]


def test_a_guess_that_breaks_none_becomes_the_password(owner):
    column(owner, password_due="not_me")
    browser = Client()
    give_password(browser, owner)
    assert browser.post(PAGE, {"password": people.PASSWORD}).status_code == 422
    assert browser.post(PAGE, {"password": NEW}).status_code == 303
    assert has(owner, NEW)


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_one_guess(owner):
    """Of many at once the first that is wrong becomes the password, and all others have to look again."""
    column(owner, password_due="not_me")
    guesses = [people.PASSWORD, *(f"guess number {n} of a long list" for n in range(5))]
    actor, now = people.actor(owner), timezone.now()
    set_due = partial(change.set_due, administrator_id=owner.id, actor=actor, now=now)
    outcomes = at_once([partial(set_due, password=guess) for guess in guesses])
    assert outcomes.count(None) == 1
    assert all(isinstance(one, StaleRequest) for one in outcomes[1:] if one is not None)
    assert not has(owner, people.PASSWORD)


@pytest.mark.parametrize("due", ["breached", "alone"])
def test_what_was_due_once_is_set_once(owner, due):
    """It asks for no current password: who comes a moment later, with the form of before, sets nothing."""
    if due == "alone":
        column(owner, password_long=False)
    else:
        column(owner, password_due=due)
    actor, now = people.actor(owner), timezone.now()
    set_due = partial(change.set_due, administrator_id=owner.id, actor=actor, now=now)
    set_due(password=NEW)
    with pytest.raises(StaleRequest):
        set_due(password=people.OTHER_PASSWORD)
    assert has(owner, NEW)


def test_who_takes_an_account_back_chooses_another_password_than_the_thief_knows(owner):
    enable(browsers.browser_of(owner))
    link = path_of(owner, LinkPurpose.NOT_ME)
    browser = Client()
    assert follow(browser, link, {"password": people.PASSWORD}).status_code == 422
    assert owner.factors.exists()
    assert follow(browser, link, {"password": NEW}).status_code == 303
    assert not owner.factors.exists()


def _without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrf" not in line and "nonce" not in line]
