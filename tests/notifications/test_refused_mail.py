"""Mailboxes that do not take mail, messages that cannot be made, and passwords of mail servers beyond ASCII."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.events import MAIL_REFUSED
from doorward.accounts.models import Administrator, MailProblem, Status
from doorward.audit.actor import CONSOLE
from doorward.credentials.password import change
from doorward.environment import MailServer
from doorward.notifications import delivery as delivering
from doorward.notifications.mail import refused_for_good
from doorward.notifications.models import Delivery, State
from doorward.notifications.worker import run_once
from tests.kit import browsers
from tests.kit import people as kit_people
from tests.kit.email_changes import ask_email
from tests.kit.people import actor
from tests.notifications import servers
from tests.notifications.mails import send_to

SAYS = "Mail to %s was refused: no such mailbox."


def at(port: int, **fields: Any) -> MailServer:
    return MailServer(kind="smtp", host="127.0.0.1", port=port, security="none", **fields)


def ask_for_link(person: Administrator) -> Delivery:
    """Have one message made about a person and let the worker try to send it."""
    with transaction.atomic():
        change.send_link(person=person, actor=CONSOLE, now=timezone.now())
    run_once(timezone.now())
    return Delivery.objects.latest("id")


def problem_of(person: Administrator) -> str:
    return kit_people.again(person).mail_problem


# --- a mailbox that refuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("550 5.1.1 <x>: no such user", MailProblem.NO_MAILBOX),
        ("550 who is that", MailProblem.NO_MAILBOX),
        ("551 not here", MailProblem.NO_MAILBOX),
        ("553 5.1.3 odd name", MailProblem.NO_MAILBOX),
        ("554 5.1.10 null mx", MailProblem.NO_MAILBOX),
        ("552 5.2.2 over quota", MailProblem.FULL),
        ("554 5.2.2 over quota", MailProblem.FULL),
        ("550 5.2.1 disabled", MailProblem.REFUSED),
        ("550 5.7.1 not from you", MailProblem.REFUSED),
        ("554 no", MailProblem.REFUSED),
    ],
)
def test_a_mailbox_that_refuses_for_good_is_given_up_at_once(
    answer: str, problem: MailProblem, colleague: Administrator, monkeypatch: Any
) -> None:
    with servers.serve() as box:
        box.refuse_recipient = answer
        send_to(monkeypatch, at(box.port))
        row = ask_for_link(colleague)
        run_once(timezone.now() + timedelta(hours=1))
        assert box.recipients == [colleague.email]
    assert (row.state, row.attempts) == (State.GIVEN_UP, 1)
    assert problem_of(colleague) == problem
    (event,) = kit_people.events(MAIL_REFUSED)
    assert event.subject_id == colleague.id
    assert event.details == {"mail": problem.value, "other_address": False}


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.2.1 greylisted",
        "451 later",
        "452 4.2.2 full for now",
        "421 4.3.2 going down",
        "530 5.7.0 log in first",
        "503 bad sequence",
        "550 5.4.5 you have sent enough today",
        "550 5.3.2 we are being repaired",
        "554 5.5.1 protocol",
    ],
)
def test_what_may_pass_goes_on_being_tried(
    answer: str, colleague: Administrator, monkeypatch: Any
) -> None:
    with servers.serve() as box:
        box.refuse_recipient = answer
        send_to(monkeypatch, at(box.port))
        row = ask_for_link(colleague)
        assert (row.state, row.attempts) == (State.DUE, 1)
        assert problem_of(colleague) == ""
        box.refuse_recipient = ""
        assert run_once(row.next_at) == 1


def test_what_the_server_says_of_us_is_no_matter_of_the_mailbox() -> None:
    for error in (
        smtplib.SMTPSenderRefused(550, b"5.1.8 not you", "x@y.example"),
        smtplib.SMTPAuthenticationError(535, b"5.7.8 wrong"),
        smtplib.SMTPConnectError(554, b"no service"),
        smtplib.SMTPHeloError(550, b"what a name"),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPRecipientsRefused({}),
        ConnectionRefusedError(),
    ):
        assert refused_for_good(error) == MailProblem.NO


def test_a_message_is_enough_to_know_better(colleague: Administrator, monkeypatch: Any) -> None:
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        box.refuse_recipient = "550 5.1.1 no"
        for _ in range(2):
            ask_for_link(colleague)
        assert len(kit_people.events(MAIL_REFUSED)) == 1
        box.refuse_recipient = ""
        ask_for_link(colleague)
        assert problem_of(colleague) == ""
        # One connection for all: a refused recipient is no reason to hang up within a round.
        assert len(box.envelopes) == 1


def test_another_address_says_nothing_of_the_present_one(
    colleague: Administrator, owner: Administrator, monkeypatch: Any
) -> None:
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        box.refuse_recipient = "550 5.1.1 no"
        with transaction.atomic():
            ask_email(colleague, "typo@nowhere.example", actor=actor(owner), now=timezone.now())
        box.refuse_recipient = "550 5.1.1 no"
        run_once(timezone.now())
        assert set(box.recipients) == {"typo@nowhere.example", colleague.email}
    events = [event.details["other_address"] for event in kit_people.events(MAIL_REFUSED)]
    assert sorted(events) == [False, True]
    assert problem_of(colleague) == MailProblem.NO_MAILBOX


def test_a_new_address_begins_without_a_problem(
    colleague: Administrator, owner: Administrator
) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    people.update(mail_problem="no_mailbox", status=Status.INVITED)
    services.change(
        colleague.id,
        services.Change(email="right@example.com", reauthenticated=True),
        customer_id=colleague.customer_id,
        actor=actor(owner),
        now=timezone.now(),
    )
    assert (kit_people.again(colleague).email, problem_of(colleague)) == ("right@example.com", "")


def test_after_three_days_it_is_said_too(colleague: Administrator, monkeypatch: Any) -> None:
    with servers.serve() as box:
        box.refuse_recipient = "450 later"
        send_to(monkeypatch, at(box.port))
        row = ask_for_link(colleague)
        Delivery.objects.update(template="password_changed", attempts=77)
        run_once(row.next_at)
    assert problem_of(colleague) == MailProblem.TOO_LONG


# --- what people see ------------------------------------------------------------------------------


def test_whoever_has_the_tab_sees_it_at_the_person_and_in_the_list(
    owner: Administrator, colleague: Administrator
) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    client = browsers.browser_of(owner)
    says = SAYS % colleague.email
    assert says not in client.get(f"/administrators/{colleague.id}/").content.decode()
    assert "Mail refused" not in client.get("/administrators/").content.decode()
    people.update(mail_problem=MailProblem.NO_MAILBOX)
    assert says in client.get(f"/administrators/{colleague.id}/").content.decode()
    assert "Mail refused" in client.get("/administrators/").content.decode()


def test_the_provider_who_invited_sees_it_at_the_customer(owner: Administrator) -> None:
    staff = kit_people.make_administrator(
        kit_people.provider(), email="ada@provider.example", tabs={"home", "customers"}
    )
    Administrator.objects.everywhere().filter(id=owner.id).update(mail_problem="no_mailbox")
    page = browsers.browser_of(staff).get(f"/customers/{owner.customer_id}/").content.decode()
    assert SAYS % owner.email in page


# --- what cannot be made --------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["no address at all", "two@@signs", "a b@example.com"])
def test_a_message_that_can_never_be_made_is_given_up_at_once(
    email: str, colleague: Administrator, monkeypatch: Any
) -> None:
    Administrator.objects.everywhere().filter(id=colleague.id).update(email=email)
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        row = ask_for_link(kit_people.again(colleague))
        assert box.recipients == []
    assert (row.state, row.attempts) == (State.GIVEN_UP, 1)
    assert problem_of(colleague) == MailProblem.NOT_MADE


def test_a_template_that_fails_is_tried_once(colleague: Administrator, monkeypatch: Any) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise KeyError("no such word")

    monkeypatch.setattr("doorward.notifications.letter.render", broken)
    row = ask_for_link(colleague)
    assert (row.state, row.attempts, row.last_error) == (State.GIVEN_UP, 1, "KeyError")
    assert problem_of(colleague) == MailProblem.NOT_MADE


def test_a_database_that_stumbles_is_asked_again(
    colleague: Administrator, monkeypatch: Any
) -> None:
    def busy(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "write", busy)
        row = ask_for_link(colleague)
    assert (row.state, row.last_error) == (State.DUE, "OperationalError")
    assert run_once(row.next_at) == 1


# --- the password of the server -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "password"), [("portal", "pässwörd-☃"), ("büro", "secret"), ("büro", "п ароль")]
)
def test_a_password_beyond_ascii_is_sent_in_utf8(
    user: str, password: str, colleague: Administrator, monkeypatch: Any
) -> None:
    knows = servers.password_is(user, password)
    with servers.serve(auth_require_tls=False, authenticator=knows) as box:
        send_to(monkeypatch, at(box.port, user=user, password=password))
        assert ask_for_link(colleague).state == State.SENT
        send_to(monkeypatch, at(box.port, user=user, password=password + "ä"))
        row = ask_for_link(colleague)
    assert (row.state, row.last_error) == (State.DUE, "SMTPAuthenticationError 535")


def test_where_the_server_has_no_plain_it_says_so(
    colleague: Administrator, monkeypatch: Any
) -> None:
    with servers.serve(auth_require_tls=False, auth_exclude_mechanism=["PLAIN"]) as box:
        send_to(monkeypatch, at(box.port, user="portal", password="wört"))
        row = ask_for_link(colleague)
    assert (row.state, row.last_error) == (State.DUE, "SMTPNotSupportedError")
