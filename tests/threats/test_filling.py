"""Whoever repeats something fills history, tables or folders: the first time is recorded, the rest is a number."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from doorward.accounts.events import CHANGE_REFUSED
from doorward.audit import repeats, sealing, verifying
from doorward.audit.events import EventType, Outcome
from doorward.audit.models import Event, Repeated
from doorward.credentials.models import SetUp
from doorward.gate.requirement import Step
from doorward.kernel.ratelimit import limits, rules, throttle
from doorward.notifications.history_details import details_of
from doorward.notifications.worker import run_once
from doorward.signin.events import MAILBOX_PROOF_FAILED, SIGN_IN_FAILED
from doorward.signin.models import MailboxProof
from tests.kit import browsers, people
from tests.kit.passkeys import ORIGIN
from tests.kit.racing import at_once
from tests.whole.routes import ROUTES, Route, is_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator

HOST = ORIGIN.removeprefix("http://")
HERE = "192.0.2.7"
WRONG = "not the password at all"


def sign_in(email: str, password: str = WRONG, *, address: str = HERE) -> int:
    browser = Client(REMOTE_ADDR=address)
    status: int = browser.post("/sign-in/", {"email": email, "password": password}).status_code
    return status


def rows() -> dict[str, int]:
    """Return how many rows each table has."""
    models = [model for model in apps.get_models() if model.__module__.startswith("doorward")]
    return {model.__name__: model._base_manager.count() for model in models}


def told(event_type: EventType, **fields: Any) -> list[Event]:
    return people.events(event_type, **fields)


# --- at sign-in -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_throttled_sign_ins_are_one_event_and_a_number(owner, clock):
    statuses = [sign_in(owner.email) for _ in range(rules.FREE + 200)]
    assert statuses == [422] * rules.FREE + [429] * 200
    assert len(told(SIGN_IN_FAILED)) == rules.FREE + 1
    assert len(told(SIGN_IN_FAILED, outcome=Outcome.REFUSED)) == 1
    clock.shift(repeats.QUIET + timedelta(seconds=1))
    run_once(timezone.now())
    *_, closing = told(SIGN_IN_FAILED)
    assert closing.details == {"reason": "must_wait", "repeated": 199}
    assert (closing.subject_id, closing.actor_id, closing.address) == (owner.id, None, HERE)
    assert "and 199 more times" in details_of(closing)
    assert not Repeated.objects.exists()
    # It is sealed like any other event, the number with it.
    sealing.seal(now=timezone.now())
    assert verifying.verify().findings == []
    run_once(timezone.now() + timedelta(hours=1))
    assert len(told(SIGN_IN_FAILED)) == rules.FREE + 2


@pytest.mark.django_db
def test_who_is_out_for_good_is_a_number_a_day(owner, clock):
    for _ in range(rules.PASSWORD_KNOWN_ONLY_AT):
        clock.shift(timedelta(hours=1))
        sign_in(owner.email)
    before = len(told(SIGN_IN_FAILED))
    for _ in range(48):
        for _ in range(3):
            assert sign_in(owner.email) == 429
        clock.shift(timedelta(minutes=30))
        repeats.close(now=timezone.now())
    repeats.close(now=timezone.now() + repeats.AT_MOST)
    assert len(told(SIGN_IN_FAILED)) - before <= 4


@pytest.mark.django_db
def test_e_mails_that_nobody_has_are_a_number_too(owner, clock):
    for number in range(60):
        assert sign_in(f"p{number}@nowhere.example") == 422
    assert len(told(SIGN_IN_FAILED)) == 1
    clock.shift(repeats.QUIET + timedelta(seconds=1))
    repeats.close(now=timezone.now())
    assert [event.details.get("repeated") for event in told(SIGN_IN_FAILED)] == [None, 59]


@pytest.mark.django_db
def test_but_each_wrong_password_of_somebody_is_recorded(owner, clock):
    for _ in range(rules.FREE):
        sign_in(owner.email)
    assert len(told(SIGN_IN_FAILED)) == rules.FREE
    clock.shift(repeats.QUIET + timedelta(seconds=1))
    repeats.close(now=timezone.now())
    assert len(told(SIGN_IN_FAILED)) == rules.FREE


@pytest.mark.django_db(transaction=True)
def test_of_many_refused_at_once_one_is_recorded():
    person = people.make_administrator(people.make_customer())
    for _ in range(rules.FREE):
        sign_in(person.email)
    assert at_once([partial(sign_in, person.email)] * 20) == [429] * 20
    assert len(told(SIGN_IN_FAILED, outcome=Outcome.REFUSED)) == 1
    assert Repeated.objects.exclude(event="").get(times__gt=0).times == 19


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_tells_it():
    person = people.make_administrator(people.make_customer())
    for _ in range(rules.FREE + 9):
        sign_in(person.email)
    later = timezone.now() + timedelta(hours=1)
    at_once([partial(repeats.close, now=later)] * 3)
    said = [event.details.get("repeated") for event in told(SIGN_IN_FAILED)]
    assert [one for one in said if one] == [8]


# --- all that strangers can do --------------------------------------------------------------------


def for_strangers(route: Route) -> bool:
    declared = route.declaration
    return is_open(route) or (declared is not None and declared.step is Step.SIGN_IN)


OPEN = [route for route in ROUTES if for_strangers(route)]


# How many rows the code writes is the same on both; what counts at once is asked on each, above and below.
@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize("route", OPEN, ids=lambda route: route.pattern or "/")
def test_nothing_that_a_stranger_repeats_grows_without_end(owner, clock, route: Route):
    here = [limits.address_key(HERE), limits.address_key(HERE, limits.Rule.ASKING)]
    for _ in range(rules.ADDRESS_LIMIT - 5):
        for key in here:
            throttle.spend([key], now=timezone.now())

    def come(number: int) -> None:
        browser = Client(REMOTE_ADDR=HERE, HTTP_HOST=HOST, HTTP_USER_AGENT=f"Browser {number}")
        browser.cookies["browser"] = f"made-up-{number}"
        path = route.path()
        browser.get(path)
        form = {"email": f"p{number}@nowhere.example", "password": WRONG, "code": "000000"}
        browser.post(path, form | {"next": f"/{number}", "credential": "{}"})
        browser.post(path, form)

    for number in range(8):
        come(number)
    before = rows()
    for number in range(8, 24):
        come(number)
    assert rows() == before


@pytest.mark.django_db
def test_nor_over_days_but_for_what_one_address_may_try(owner, clock):
    """A hundred in a quarter of an hour: so many counts, which end; of history two lines."""
    for window in range(2):
        before = Event.objects.count()
        for number in range(rules.ADDRESS_LIMIT + 10):
            sign_in(f"p{window}.{number}@nowhere.example")
        clock.shift(timedelta(seconds=rules.ADDRESS_WINDOW + 1))
        run_once(timezone.now())
        # Failures and refusals, each the first one and a number.
        assert Event.objects.count() - before <= 4


# --- people who are signed in ---------------------------------------------------------------------


def no_right(browser: Client, _person: Administrator) -> None:
    assert browser.get("/administrators/").status_code == 403


def waits_at_proof(browser: Client, _person: Administrator) -> None:
    browser.post("/prove/", {"password": WRONG, "next": "/"})


def too_late_set_up(browser: Client, _person: Administrator) -> None:
    SetUp.objects.all().delete()
    browser.post("/security/2fa/enable/", {"code": "000000", "name": ""})


def wrong_current(browser: Client, _person: Administrator) -> None:
    browser.post("/profile/password/", {"current": WRONG, "password": people.OTHER_PASSWORD})


@pytest.mark.django_db
@pytest.mark.parametrize("act", [no_right, waits_at_proof, too_late_set_up, wrong_current])
def test_nor_does_what_is_refused_to_somebody_signed_in(act: Callable[..., None], colleague, clock):
    browser = browsers.browser_of(colleague)
    assert browser.get("/security/").status_code == 200
    for _ in range(rules.FREE + 1):
        act(browser, colleague)
    before = rows()
    for _ in range(20):
        act(browser, colleague)
    assert rows() == before


@pytest.mark.django_db
def test_nor_a_mailbox_code_that_is_too_old(customer, clock):
    victim = people.make_administrator(customer, require_2fa=True)
    browser = browsers.sign_in(Client(), victim)
    browser.get("/sign-in/mailbox/")
    MailboxProof.objects.update(tries=99)
    for _ in range(20):
        assert browser.post("/sign-in/mailbox/", {"code": "00000000"}).status_code == 422
    assert len(told(MAILBOX_PROOF_FAILED)) == 1


@pytest.mark.django_db
def test_nor_a_change_that_a_rule_refuses(owner, clock):
    browser = browsers.browser_of(owner)
    form = {
        "email": owner.email,
        "first_name": "Ines",
        "last_name": "Moreau",
        "phone": "",
        "status": "active",
        "tabs": "home",
    }
    for _ in range(10):
        answer = browser.post(f"/administrators/{owner.id}/", form)
        assert answer.status_code == 422
    assert len(told(CHANGE_REFUSED)) == 1
