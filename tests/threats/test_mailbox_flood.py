"""Who has the password begins session after session: the mailbox code is not guessed, the mailbox not flooded."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import MailedLink
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit.mail_budget import MAILBOX_CODE
from doorward.sessions import issuing
from doorward.signin import mailbox
from doorward.signin.events import MAILBOX_PROOF_SENT
from doorward.signin.models import MailboxProof
from tests.kit import people
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db


def begin(person):
    browser = Client()
    browser.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    return browser, browser.get("/sign-in/mailbox/")


@pytest.fixture
def victim(customer):
    return people.make_administrator(customer, require_2fa=True)


def test_new_sessions_bring_no_new_tries_without_end(victim, clock):
    answers = [begin(victim)[1].status_code for _ in range(MAILBOX_CODE.in_hour + 3)]
    assert answers == [200] * MAILBOX_CODE.in_hour + [429] * 3
    assert MailboxProof.objects.count() == MAILBOX_CODE.in_hour
    assert len(people.events(MAILBOX_PROOF_SENT)) == MAILBOX_CODE.in_hour
    clock.shift(timedelta(hours=1, seconds=1))
    assert begin(victim)[1].status_code == 200


def test_asking_again_counts_the_same(victim, clock):
    browser = Client()
    for _ in range(MAILBOX_CODE.in_hour // 2):
        browser, _answer = begin(victim)
        clock.shift(timedelta(seconds=31))
        assert browser.post("/sign-in/mailbox/", {"resend": ""}).status_code == 303
    clock.shift(timedelta(seconds=31))
    answer = browser.post("/sign-in/mailbox/", {"resend": ""})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 3000


def test_the_owner_gets_in_by_a_reset_link_all_the_same(victim):
    for _ in range(MAILBOX_CODE.in_hour):
        begin(victim)
    browser = Client()
    browser.post("/password/forgot/", {"email": victim.email})
    people.answer_asked()
    browser.get(reset_link(victim))
    browser.post("/password/reset/", {"password": people.OTHER_PASSWORD})
    assert browser.get("/security/")["Location"] == "/sign-in/set-up/"


def reset_link(person):
    return mailed_links.path(MailedLink.objects.get(administrator=person))


def test_another_person_is_not_kept_waiting(victim, customer):
    for _ in range(MAILBOX_CODE.in_hour):
        begin(victim)
    other = people.make_administrator(
        customer, email="samuel.osei@harbourbakery.example", require_2fa=True
    )
    assert begin(other)[1].status_code == 200


@pytest.mark.django_db(transaction=True)
def test_nor_do_sessions_that_ask_at_the_same_moment(victim):
    now = timezone.now()
    started = [
        issuing.begin(victim, actor=people.actor(victim), now=now, password_at=now).session_id
        for _ in range(MAILBOX_CODE.in_hour + 6)
    ]
    calls = [
        partial(mailbox.send, session_id=one, actor=people.actor(victim), now=now)
        for one in started
    ]
    refused = [one for one in at_once(calls) if isinstance(one, MustWait)]
    assert len(refused) == 6
    assert MailboxProof.objects.count() == MAILBOX_CODE.in_hour
