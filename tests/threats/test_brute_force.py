"""Guessing: over many sessions, addresses and processes it is counted before it is looked at, and waits grow."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.credentials.errors import FactorDisabled, RecoveryCodeWrong, WrongCode
from doorward.credentials.events import FACTOR_LOCKED
from doorward.credentials.models import Factor
from doorward.credentials.password import change
from doorward.kernel.errors import MustWait, OnlyKnownBrowsers
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import limits, rules, throttle
from doorward.kernel.refusals import sentence
from tests.browser.portal import Inside
from tests.kit import codes, people, serving
from tests.kit.factors import (
    WRONG,
    confirm,
    confirm_shown,
    fail,
    saved_codes,
    show,
    use,
    verify_code,
)
from tests.kit.passkeys import begin
from tests.kit.racing import at_once
from tests.kit.wire import Wire

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(clock: Any, owner: Administrator) -> bytes:
    secret = codes.enable_app(owner)
    assert all(codes.code(secret, offset=one) != WRONG for one in (-1, 0, 1))
    return secret


def password(client: Client, person: Administrator, word: str = people.PASSWORD) -> Any:
    return client.post("/sign-in/", {"email": person.email, "password": word, "next": ""})


@pytest.mark.parametrize("known", [True, False])
def test_wrong_passwords_wait_and_say_how_long_for_unknown_emails_too(client, owner, clock, known):
    email = owner.email if known else "nobody@harbourbakery.example"
    for _ in range(rules.FREE):
        assert client.post("/sign-in/", {"email": email, "password": "wrong"}).status_code == 422
    answer = client.post("/sign-in/", {"email": email, "password": people.PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert 'data-waits="30"' in answer.content.decode()
    clock.shift(timedelta(seconds=30))
    answer = client.post("/sign-in/", {"email": email, "password": people.PASSWORD})
    assert answer.status_code == (303 if known else 422)


def test_after_a_hundred_failures_strangers_are_out_until_a_reset_by_mail(owner, clock, client):
    password(client, owner)
    client.post("/sign-out/")
    for number in range(rules.PASSWORD_KNOWN_ONLY_AT):
        clock.shift(timedelta(hours=1))
        stranger = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert password(stranger, owner, "wrong").status_code == 422
    clock.shift(timedelta(days=20))
    answer = password(Client(), owner)
    assert (answer.status_code, answer["Retry-After"]) == (429, str(rules.LONGEST_WAIT))
    # No clock that runs down: no wait helps, and the page says what does.
    assert "data-waits" not in answer.content.decode()
    assert sentence(OnlyKnownBrowsers(seconds=0)) in answer.content.decode()
    assert "/password/forgot/" in answer.content.decode()
    assert password(client, owner).status_code == 303
    change.forget_failures(owner)
    assert password(Client(), owner).status_code == 303


def test_one_address_waits_after_a_hundred_failures_and_others_do_not(owner, clock):
    for number in range(rules.ADDRESS_LIMIT):
        email = f"person{number}@harbourbakery.example"
        Client(REMOTE_ADDR="192.0.2.7").post("/sign-in/", {"email": email, "password": "wrong"})
    assert password(Client(REMOTE_ADDR="192.0.2.7"), owner).status_code == 429
    assert password(Client(REMOTE_ADDR="192.0.2.8"), owner).status_code == 303
    clock.shift(timedelta(seconds=rules.ADDRESS_WINDOW))
    assert password(Client(REMOTE_ADDR="192.0.2.7"), owner).status_code == 303


def test_wrong_codes_wait_over_all_sessions(owner, clock):
    codes.enable_app(owner)
    for _ in range(rules.FREE):
        client = Client()
        password(client, owner)
        assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    client = Client()
    password(client, owner)
    answer = client.post("/sign-in/code/", {"code": codes.next_code(owner)})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")


def test_five_are_free_then_waits_double_over_all_sessions(secret, owner, clock):
    fail(begin(owner), owner, rules.FREE)
    for seconds in (30, 60, 120):
        with pytest.raises(MustWait) as refused:
            verify_code(begin(owner), codes.code(secret), owner)
        assert refused.value.seconds == seconds
        clock.shift(timedelta(seconds=seconds))
        fail(begin(owner), owner, 1)


def test_a_try_that_had_to_wait_is_not_looked_at(secret, owner, clock):
    fail(begin(owner), owner, rules.FREE)
    with pytest.raises(MustWait):
        verify_code(begin(owner), codes.code(secret), owner)
    clock.shift(timedelta(seconds=30))
    verify_code(begin(owner), codes.code(secret), owner)


def test_fifty_in_a_row_disable_the_app_until_it_is_set_up_anew(secret, owner, clock):
    for _ in range(rules.DISABLE_AT):
        clock.shift(timedelta(seconds=rules.LONGEST_WAIT))
        fail(begin(owner), owner, 1)
    clock.shift(timedelta(seconds=rules.LONGEST_WAIT))
    with pytest.raises(FactorDisabled):
        verify_code(begin(owner, known_browser=True), codes.code(secret), owner)
    assert len(people.events(FACTOR_LOCKED)) == 1
    assert Factor.objects.get().locked_at is not None


def test_fifty_are_counted_over_known_and_unknown_browsers_and_others_go_on(secret, owner, clock):
    Factor.objects.update(failures_in_a_row=rules.DISABLE_AT - 2)
    other = codes.enable_app(owner, name="Tablet")
    fail(begin(owner), owner, 1)
    fail(begin(owner, known_browser=True), owner, 1)
    locked = {one.name: one.locked_at is not None for one in Factor.objects.all()}
    assert locked == {"Pixel 9": True, "Tablet": False}
    with pytest.raises(WrongCode):
        verify_code(begin(owner, known_browser=True), codes.code(secret), owner)
    verify_code(begin(owner, known_browser=True), codes.code(other), owner)


def test_an_app_whose_last_try_was_counted_by_who_then_died_is_disabled_all_the_same(secret, owner):
    Factor.objects.update(failures_in_a_row=rules.DISABLE_AT)
    with pytest.raises(FactorDisabled):
        verify_code(begin(owner), codes.code(secret), owner)
    assert Factor.objects.get().locked_at is not None
    assert len(people.events(FACTOR_LOCKED)) == 1


def test_wrong_codes_count_for_their_address_and_an_address_that_waits_is_not_looked_at(
    secret, owner
):
    here = limits.address_key(people.actor(owner).client.address)
    fail(begin(owner), owner, 1)
    assert Attempt.objects.get(key=here.hash).failures == 1
    for _ in range(rules.ADDRESS_LIMIT):
        throttle.count_failure("192.0.2.10", now=timezone.now())
    with pytest.raises(MustWait) as refused:
        verify_code(begin(owner), codes.code(secret), owner)
    assert refused.value.seconds == rules.ADDRESS_WINDOW
    assert Factor.objects.get().failures_in_a_row == 1


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_free_tries_are_looked_at_however_many_come_at_once():
    person = people.make_administrator(people.make_customer())
    codes.enable_app(person)
    auth = begin(person)
    found = at_once([lambda: verify_code(auth, WRONG, person)] * 20)
    looked_at = sum(isinstance(one, WrongCode) for one in found)
    assert looked_at == rules.FREE, found
    assert sum(isinstance(one, MustWait) for one in found) == 20 - rules.FREE


def test_guessing_is_counted(owner, clock):
    saved_codes(owner)
    for _ in range(rules.FREE):
        with pytest.raises(RecoveryCodeWrong):
            use(begin(owner), "AAAA" * 6, owner)
    with pytest.raises(MustWait):
        use(begin(owner), "AAAA" * 6, owner)


def test_five_codes_are_free_then_they_wait_like_any_others_in_this_session_alone(owner, clock):
    auth, other = begin(owner), begin(owner)
    code = codes.code(show(auth))
    for _ in range(rules.FREE):
        with pytest.raises(WrongCode):
            confirm(auth, "000000", owner)
    with pytest.raises(MustWait) as refused:
        confirm(auth, code, owner)
    assert refused.value.seconds == rules.FIRST_WAIT
    with pytest.raises(WrongCode):
        confirm_shown(other, owner, "000000")
    clock.shift(timedelta(seconds=rules.FIRST_WAIT))
    confirm(auth, code, owner)


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_free_codes_are_looked_at_however_many_come_at_once():
    person = people.make_administrator(people.make_customer())
    auth = begin(person)
    show(auth)
    found = at_once([partial(confirm, auth, "000000", person)] * 20)
    assert sum(isinstance(one, WrongCode) for one in found) == rules.FREE, found
    assert sum(isinstance(one, MustWait) for one in found) == 20 - rules.FREE


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
def test_many_at_once_over_several_processes_are_one_count(tmp_path):
    """A real server, its processes and the shell's: forty browsers guess at the same moment."""
    folder = serving.made_before(tmp_path / "data")
    server = serving.start(folder)
    inside = Inside(folder)
    try:
        customer = inside.ask("make_customer", name="Harbour Bakery")
        email = "nora@harbourbakery.example"
        inside.ask("make_person", customer=customer, email=email, tabs=["home"])
        browsers = [Wire(server.port, server.address) for _ in range(40)]
        for browser in browsers:
            browser.get("/sign-in/")
        guesses = [partial(one.post, "/sign-in/", email=email, password=WRONG) for one in browsers]
        answers = at_once(guesses)
        statuses = sorted(one.status for one in answers if not isinstance(one, Exception))
        assert statuses == [422] * rules.FREE + [429] * (len(browsers) - rules.FREE)
        right = browsers[0].post("/sign-in/", email=email, password=people.PASSWORD)
        assert right.status == 429
    finally:
        inside.stop()
        server.stop()
