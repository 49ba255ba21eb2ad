"""`prompt=none` past a step: whoever would have to be asked is not asked, and the application gets no code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from doorward.accounts.models import Administrator, PasswordDue
from doorward.applications.models import Application, Grant
from doorward.credentials.recovery_codes import codes as recovery_codes
from tests.kit import people
from tests.kit.applications import (
    Relying,
    answer_of,
    give_tab,
    make_application,
    make_secret,
    take_tab,
)
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app
from tests.kit.factors import require
from tests.kit.people import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
TWO = "urn:doorward:two-factor"


def _password_only(person: Administrator) -> Client:
    enable_app(person)
    browser = Client(HTTP_USER_AGENT=people.CHROME)
    browser.post("/sign-in/", {"email": person.email, "password": PASSWORD})
    return browser


def _then(change: Callable[[Administrator], object]) -> Callable[[Administrator], Client]:
    def browser(person: Administrator) -> Client:
        found = browser_of(person)
        change(person)
        return found

    return browser


def _columns(**columns: object) -> Callable[[Administrator], object]:
    return lambda one: Administrator.objects.of(one.customer_id).filter(id=one.id).update(**columns)


STEPS: dict[str, tuple[Callable[[Administrator], Client], str]] = {
    "nobody is signed in": (lambda _one: Client(), "login_required"),
    "the second step waits": (_password_only, "login_required"),
    "a factor is to be set up": (_then(require), "interaction_required"),
    "a password is to be set": (
        _then(_columns(password_due=PasswordDue.NOT_ME)),
        "interaction_required",
    ),
    "the right was taken": (_then(take_tab), "access_denied"),
    "the person is suspended": (_then(_columns(status="suspended")), "login_required"),
    "more is asked than they have": (
        _then(lambda _one: Application.objects.update(required_acr=TWO)),
        "unmet_authentication_requirements",
    ),
}


@pytest.mark.parametrize("what", STEPS)
def test_there_is_no_code_and_no_page(owner, what):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    browser_for, error = STEPS[what]
    browser = browser_for(people.again(owner))
    for more in ({}, {"acr_values": "urn:doorward:password"}, {"max_age": "86400"}):
        answer = answer_of(relying.ask(browser, prompt="none", **more))
        assert answer["error"] == error, more
        assert "code" not in answer
    assert not Grant.objects.exists()


def test_codes_that_are_not_saved_yet_are_a_step_as_well(owner):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    enable_app(owner)
    browser = sign_in(Client(), owner)
    recovery_codes.make(people.again(owner), now=people.again(owner).added_at)
    answer = answer_of(relying.ask(browser, prompt="none"))
    assert answer["error"] in {"interaction_required", "login_required"}
    assert not Grant.objects.exists()


@pytest.mark.parametrize("prompt", ["none login", "none consent", "login none", "nothing"])
def test_it_is_mixed_with_nothing(owner, prompt):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    answer = answer_of(relying.ask(browser_of(owner), prompt=prompt))
    assert answer["error"] == "invalid_request"
