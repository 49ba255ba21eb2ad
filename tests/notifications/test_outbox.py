from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.accounts import email_change, mailed_links
from doorward.accounts.events import EMAIL_CHANGE_ASKED, EMAIL_CHANGED
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.events import PASSWORD_CHANGED, TWO_FACTOR_ENABLED
from doorward.credentials.password import change
from doorward.environment import MailServer
from doorward.kernel.ratelimit import mail_budget
from doorward.notifications import outbox, retries
from doorward.notifications.delivery import deliver_due
from doorward.notifications.events import ALL
from doorward.notifications.mailboxes import deliveries_of
from doorward.notifications.messages import Message
from doorward.notifications.models import Delivery, State
from doorward.notifications.worker import run_once
from doorward.signin.events import MAILBOX_PROOF_SENT, PASSWORD_LINK_ASKED
from tests.kit import people as kit_people
from tests.kit.racing import at_once
from tests.notifications.happenings import HAPPENINGS, Stage, email_asked_by_colleague
from tests.notifications.mails import Folder, part, send_to

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.customers.models import Customer


def ask_for_link(person: Administrator) -> None:
    with transaction.atomic():
        change.send_link(person=person, actor=CONSOLE, now=timezone.now())


class ChangedTheirMind(Exception):
    pass


def test_what_was_rolled_back_is_told_to_nobody(colleague: Administrator, folder: Folder) -> None:
    def change_and_fail() -> None:
        with transaction.atomic():
            ask_for_link(colleague)
            raise ChangedTheirMind

    with pytest.raises(ChangedTheirMind):
        change_and_fail()
    assert folder.new() == []
    assert not Delivery.objects.exists()


def test_an_event_is_looked_at_once(colleague: Administrator, folder: Folder) -> None:
    ask_for_link(colleague)
    assert len(folder.new()) == 1
    assert folder.new() == []
    assert Delivery.objects.get().attempts == 1


def test_many_events_are_all_looked_at_in_one_round(
    colleague: Administrator, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "EVENTS_AT_ONCE", 10)
    # So many people that none is told the same so often that it is told at once.
    people = [
        kit_people.make_administrator(colleague.customer, email=f"p{number}@harbourbakery.example")
        for number in range(outbox.EVENTS_AT_ONCE * 2 // mail_budget.SAME.limit + 1)
    ]
    with transaction.atomic():
        for number in range(outbox.EVENTS_AT_ONCE * 2 + 1):
            subject = people[number % len(people)].who()
            record(PASSWORD_CHANGED, actor=CONSOLE, subject=subject)
    assert len(folder.new()) == outbox.EVENTS_AT_ONCE * 2 + 1


def test_a_kind_of_a_newer_release_is_passed_over(colleague: Administrator, folder: Folder) -> None:
    with transaction.atomic():
        record(PASSWORD_CHANGED, actor=CONSOLE, subject=colleague.who())
    event = Event.objects.latest("id")
    Event.rewritable.filter(id=event.id).update(type="moon_landed")
    assert folder.new() == []
    assert not Event.objects.filter(dispatched_at__isnull=True).exists()


_DETAIL = st.one_of(
    st.text(max_size=9), st.integers(-9, 9), st.booleans(), st.none(), st.lists(st.text(max_size=9))
)


@given(
    event_type=st.sampled_from(sorted(ALL)),
    details=st.dictionaries(
        st.sampled_from(["change", "changed", "new_browser", "at_adding", "link", "proof"]), _DETAIL
    ),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_details_keep_an_event_from_being_looked_at(
    event_type: str, details: dict[str, Any], colleague: Administrator
) -> None:
    event = Event(
        id=1,
        type=event_type,
        outcome="ok",
        details=details,
        subject_id=colleague.id,
        customer_id=colleague.customer_id,
        credential="session",
        credential_id=colleague.id,
    )
    assert isinstance(deliveries_of(event, now=timezone.now()), list)
    nobody = Event(id=1, type=event_type, outcome="ok", details=details)
    assert deliveries_of(nobody, now=timezone.now()) == []


def test_a_claim_holds_until_its_lease_is_over(colleague: Administrator) -> None:
    ask_for_link(colleague)
    now = timezone.now()
    outbox.dispatch(now=now)
    first = outbox.claim(now=now)
    assert first is not None
    assert outbox.claim(now=now + outbox.LEASE - timedelta(seconds=1)) is None
    second = outbox.claim(now=now + outbox.LEASE)
    assert second is not None
    assert (second.id, second.attempts) == (first.id, 2)
    # The first worker wakes up and finds that it is no longer its to mark.
    outbox.put_off(first, until=now + outbox.LEASE, error="late")
    outbox.mark_sent(second, now=now + outbox.LEASE)
    outbox.put_off(first, until=now + outbox.LEASE, error="late")
    row = Delivery.objects.get()
    assert (row.state, row.last_error) == (State.SENT, "")


def test_what_a_clock_wrote_that_was_ahead_is_due_once_it_is_set_right(
    colleague: Administrator,
) -> None:
    ask_for_link(colleague)
    now = timezone.now()
    ahead = now + timedelta(days=30)
    outbox.dispatch(now=ahead)
    first = outbox.claim(now=now)
    assert first is not None
    outbox.put_off(first, until=ahead + retries.FIRST_WAIT, error="later")
    assert outbox.claim(now=now) is not None


def test_a_message_that_goes_out_again_is_the_same_one(
    colleague: Administrator, folder: Folder
) -> None:
    ask_for_link(colleague)
    (first,) = folder.new()
    # As if the worker had died between sending and marking.
    Delivery.objects.update(state=State.DUE, lease_until=timezone.now())
    assert folder.new() == []  # the same file, written again
    (again,) = folder.all()
    assert Delivery.objects.get().attempts == 2
    assert first["Message-ID"] == again["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}\.\d+@localhost>", first["Message-ID"])
    assert part(first, "plain") == part(again, "plain")


def test_waits_grow_to_an_hour_and_end_after_three_days() -> None:
    waits = [retries.wait_after(attempts) for attempts in range(1, retries.TRIES)]
    minutes = [wait.total_seconds() / 60 for wait in waits if wait]
    assert minutes[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(days=2.9) < sum((wait for wait in waits if wait), timedelta()) < timedelta(3.1)
    assert retries.wait_after(retries.TRIES) is None


def test_what_cannot_be_sent_for_three_days_is_given_up(
    colleague: Administrator, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    with transaction.atomic():
        record(PASSWORD_CHANGED, actor=CONSOLE, subject=colleague.who())
    now = start = timezone.now()
    run_once(now)
    row = Delivery.objects.get()
    while row.state == State.DUE:
        now = row.next_at
        run_once(now)
        row.refresh_from_db()
    assert row.state == State.GIVEN_UP
    assert row.attempts == retries.TRIES
    assert row.last_error == "FileExistsError 17"
    assert timedelta(days=2.9) < now - start < timedelta(days=3.1)


def test_a_link_that_ran_out_meanwhile_is_not_sent(
    colleague: Administrator, folder: Folder
) -> None:
    ask_for_link(colleague)
    assert folder.new(now=timezone.now() + timedelta(hours=1, seconds=1)) == []
    row = Delivery.objects.get()
    assert (row.state, row.last_error) == (State.GIVEN_UP, "its link does not work any more")


@pytest.mark.parametrize("column", ["used_at", "revoked_at"])
def test_a_link_that_no_longer_works_is_not_sent(
    column: str, colleague: Administrator, folder: Folder
) -> None:
    ask_for_link(colleague)
    MailedLink.objects.update(**{column: timezone.now()})
    assert folder.new() == []


def test_a_code_that_ran_out_meanwhile_is_not_sent(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    HAPPENINGS[MAILBOX_PROOF_SENT](Stage(person=colleague, owner=owner))
    assert folder.new(now=timezone.now() + timedelta(minutes=10, seconds=1)) == []
    row = Delivery.objects.get(template=Message.MAILBOX_CODE)
    assert row.state == State.GIVEN_UP


def test_an_enabling_is_told_even_when_its_link_is_over(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    HAPPENINGS[TWO_FACTOR_ENABLED](Stage(person=colleague, owner=owner))
    mails = folder.new(now=timezone.now() + timedelta(days=7, seconds=1))
    (audience,) = [mail for mail in mails if mail["Subject"] == "Two-factor sign-in is on"]
    assert "/not-me/" not in part(audience, "plain")
    assert "Tell the support of" in part(audience, "plain")


def test_who_waits_before_a_page_after_a_password_is_served_first(
    owner: Administrator, colleague: Administrator
) -> None:
    with transaction.atomic():
        for _ in range(30):
            record(PASSWORD_CHANGED, actor=CONSOLE, subject=owner.who())
    HAPPENINGS[MAILBOX_PROOF_SENT](Stage(person=colleague, owner=owner))
    now = timezone.now()
    outbox.dispatch(now=now)
    first = outbox.claim(now=now)
    assert first is not None
    assert first.template == Message.MAILBOX_CODE


def test_nothing_secret_is_in_rows_or_in_the_log(
    owner: Administrator, colleague: Administrator, folder: Folder, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    types = (
        MAILBOX_PROOF_SENT,
        PASSWORD_LINK_ASKED,
        TWO_FACTOR_ENABLED,
        EMAIL_CHANGE_ASKED,
    )
    for event_type in types:
        HAPPENINGS[event_type](Stage(person=colleague, owner=owner))
    texts = [part(mail, "plain") for mail in folder.new()]
    secrets = {found for text in texts for found in re.findall(r"/([\w-]{43})/", text)}
    secrets |= {
        found for text in texts for found in re.findall(r"^ {4}(\d{4} \d{4})", text, re.MULTILINE)
    }
    assert len(secrets) == 5
    stored = repr([*Delivery.objects.values(), *Event.objects.values()]) + caplog.text
    assert "sent" in caplog.text
    for secret in secrets:
        assert secret not in stored
        assert secret.replace(" ", "") not in stored


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "looked"), [(0.0, [0, 3]), (1.0, [0, 1, 2, 3])])
def test_between_quick_messages_it_does_not_look_and_at_the_end_it_does(
    seconds: float, looked: list[int], folder: Folder, monkeypatch: Any
) -> None:
    customer = kit_people.make_customer()
    moment, looks, sent = 0.0, [], Delivery.objects.filter(state=State.SENT)
    monkeypatch.setattr("doorward.notifications.delivery.time.monotonic", lambda: moment)
    coming = [
        kit_people.make_administrator(customer, email=f"p{number}@harbourbakery.example")
        for number in range(3)
    ]

    def come() -> None:
        """Somebody has something done whenever a message goes out: it goes in this round, too."""
        nonlocal moment
        moment += seconds
        if coming:
            with transaction.atomic():
                record(PASSWORD_CHANGED, actor=CONSOLE, subject=coming.pop().who())

    def look() -> None:
        looks.append(sent.count())
        outbox.dispatch(now=timezone.now())

    come()
    if not seconds:
        come()
        come()
    assert deliver_due(clock=timezone.now, look=look, before_sending=come) == 3
    assert looks == looked
    assert len(folder.all()) == 3


def test_what_comes_with_the_last_message_goes_in_the_same_round(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    coming = [owner, colleague]

    def come() -> None:
        if coming:
            with transaction.atomic():
                record(PASSWORD_CHANGED, actor=CONSOLE, subject=coming.pop().who())

    def look() -> None:
        outbox.dispatch(now=timezone.now())

    come()
    assert deliver_due(clock=timezone.now, look=look, before_sending=come) == 2
    assert len(folder.all()) == 2


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_send_each_message_once(folder: Folder) -> None:
    customer = kit_people.make_customer()
    people = [
        kit_people.make_administrator(customer, email=f"p{number}@harbourbakery.example")
        for number in range(4)
    ]
    with transaction.atomic():
        for person in people * 10:
            record(PASSWORD_CHANGED, actor=CONSOLE, subject=person.who())

    def work() -> int:
        outbox.dispatch(now=timezone.now())
        return deliver_due(clock=timezone.now)

    results = at_once([work] * 4)
    sent = [result for result in results if isinstance(result, int)]
    # SQLite lets one write at a time and may turn a worker away: it comes back with its next round.
    assert sent, results
    sent.append(run_once(timezone.now()))
    assert sum(sent) == len(people) * 10
    assert len(folder.all()) == len(people) * 10
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_deliveries_of_long_ago_are_forgotten(colleague: Administrator, folder: Folder) -> None:
    ask_for_link(colleague)
    folder.new()
    now = timezone.now()
    assert outbox.forget(now=now + outbox.KEEP - timedelta(minutes=1)) == 0
    Delivery.objects.create(
        event_id=0, administrator_id=colleague.id, template="x", address="x", next_at=now
    )
    assert outbox.forget(now=now + outbox.KEEP + timedelta(minutes=1)) == 1
    assert Delivery.objects.get().state == State.DUE


def test_links_and_changes_of_long_ago_are_forgotten(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    stage = Stage(person=colleague, owner=owner)
    HAPPENINGS[EMAIL_CHANGED](stage)
    folder.new()
    assert (MailedLink.objects.count(), EmailChange.objects.count()) == (3, 1)
    folder.new(now=stage.now + timedelta(days=29))
    assert (MailedLink.objects.count(), EmailChange.objects.count()) == (3, 1)
    folder.new(now=stage.now + timedelta(days=38))
    assert (MailedLink.objects.count(), EmailChange.objects.count()) == (0, 0)


def test_a_change_that_nobody_stopped_takes_effect_by_the_worker(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    stage = Stage(person=colleague, owner=owner)
    email_asked_by_colleague(stage)
    EmailChange.objects.update(confirmed_at=stage.now)
    folder.new(now=stage.now + timedelta(hours=23))
    assert kit_people.again(colleague).email == colleague.email
    mails = folder.new(now=stage.now + timedelta(hours=25))
    assert kit_people.again(colleague).email == "ines@new-home.example"
    assert {mail["To"] for mail in mails} == {colleague.email, "ines@new-home.example"}
    assert {mail["Subject"] for mail in mails} == {"Your e-mail address was changed"}


def test_a_change_to_an_address_that_was_taken_meanwhile_stops_and_says_so(
    owner: Administrator, colleague: Administrator, customer: Customer, folder: Folder
) -> None:
    stage = Stage(person=colleague, owner=owner)
    email_asked_by_colleague(stage)
    EmailChange.objects.update(confirmed_at=stage.now)
    folder.new()
    kit_people.make_administrator(customer, email="ines@new-home.example", name="Ines Other")
    mails = folder.new(now=stage.now + timedelta(hours=25))
    assert [mail["Subject"] for mail in mails] == ["Your e-mail address stays as it is"]
    assert email_change.pending(colleague.id, now=stage.now + timedelta(hours=25)) is None


def test_a_link_in_a_mail_is_the_one_that_works(colleague: Administrator, folder: Folder) -> None:
    ask_for_link(colleague)
    (mail,) = folder.new()
    (token,) = re.findall(r"/password/reset/([\w-]+)/", part(mail, "plain"))
    found = mailed_links.find(token, purposes=(LinkPurpose.RESET,), now=timezone.now())
    assert found.administrator_id == colleague.id
