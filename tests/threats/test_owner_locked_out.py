"""A stranger, or a thief with the password, keeps the owner out by guessing: they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, MailedLink
from doorward.audit.actor import ClientInfo
from doorward.credentials.errors import RecoveryCodeWrong
from doorward.credentials.models import Factor
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import rules
from tests.kit import codes as kit_codes
from tests.kit import people
from tests.kit.factors import fail, saved_codes, use, verify_code
from tests.kit.passkeys import begin
from tests.kit.people import ask_for_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(clock: Any, owner: Administrator) -> bytes:
    return kit_codes.enable_app(owner)


def password(client: Client, person: Administrator, word: str = people.PASSWORD) -> Any:
    return client.post("/sign-in/", {"email": person.email, "password": word, "next": ""})


def test_who_signed_in_here_before_is_not_kept_waiting_by_a_stranger(client, owner, clock):
    password(client, owner)
    client.post("/sign-out/")
    stranger = Client()
    for _ in range(rules.FREE + 1):
        password(stranger, owner, "wrong")
    assert password(stranger, owner).status_code == 429
    assert password(client, owner).status_code == 303


def test_an_office_behind_one_address_does_not_notice(owner):
    for _ in range(rules.ADDRESS_LIMIT + 10):
        assert password(Client(REMOTE_ADDR="192.0.2.7"), owner).status_code == 303


def test_a_thief_in_an_unknown_browser_does_not_keep_the_owner_waiting(secret, owner):
    fail(begin(owner), owner, rules.FREE)
    with pytest.raises(MustWait):
        verify_code(begin(owner), kit_codes.code(secret), owner)
    verify_code(begin(owner, known_browser=True), kit_codes.code(secret), owner)


def test_a_session_that_is_through_is_counted_as_a_known_browser(secret, owner):
    fail(begin(owner), owner, rules.FREE)
    auth = begin(owner)
    through = replace(auth, browser=replace(auth.browser, signed_in_at=timezone.now()))
    verify_code(through, kit_codes.code(secret), owner)


def test_of_two_apps_only_the_one_that_was_guessed_at_is_counted(secret, owner, clock):
    other = kit_codes.enable_app(owner, name="Tablet")
    for _ in range(rules.DISABLE_AT + 5):
        clock.shift(timedelta(seconds=30))
        verify_code(begin(owner), kit_codes.code(secret), owner)
    assert list(Factor.objects.values_list("failures_in_a_row", flat=True)) == [0, 0]
    clock.shift(timedelta(seconds=30))
    verify_code(begin(owner), kit_codes.code(other), owner)


def test_no_number_of_wrong_ones_takes_the_way_back(owner, clock):
    codes = saved_codes(owner)
    for _ in range(rules.DISABLE_AT + 5):
        with pytest.raises(RecoveryCodeWrong):
            use(begin(owner), "AAAA" * 6, owner)
        clock.shift(timedelta(seconds=rules.LONGEST_WAIT))
    use(begin(owner), codes[0], owner)


def test_who_asks_and_asks_gets_the_same_answer_and_no_further_mail(owner):
    for number in range(rules.FREE + 5):
        # In one browser it would be one press again and again.
        client = ClientInfo(address=f"192.0.2.{number + 1}", browser=f"Browser {number}")
        ask_for_link(owner.email, client=client)
    assert MailedLink.objects.count() == rules.FREE


def test_who_is_invited_is_not_kept_out_by_what_was_tried_before_they_were_there(customer):
    """Strangers may know whom a company is about to invite; or somebody had the e-mail here before."""
    person = people.invite(customer)
    for _ in range(rules.FREE):
        assert password(Client(), person, "wrong").status_code == 422
    browser = Client()
    page = browser.get(people.path_of("invitation", administrator=person))["Location"]
    assert browser.post(page, {"password": people.PASSWORD}).status_code == 303
    assert password(Client(), person).status_code == 303
