"""Somebody fills a mailbox, their own or a stranger's: what is asked for has a budget, and hides no other mail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts import invitations, services
from doorward.accounts.events import RIGHTS_CHANGED
from doorward.accounts.models import Administrator, EmailChange, MailedLink
from doorward.audit.actor import CONSOLE
from doorward.audit.record import record
from doorward.credentials.events import PASSWORD_CHANGED
from doorward.credentials.password import change
from doorward.environment import MailServer
from doorward.kernel.errors import TooManyMails
from doorward.kernel.ratelimit import limits, mail_budget, throttle
from doorward.notifications import delivery, outbox
from doorward.notifications.delivery import deliver_due
from doorward.notifications.messages import ASKED_FOR, FIRST, Message
from doorward.notifications.models import Delivery, State
from doorward.notifications.worker import run_once
from doorward.signin.events import MAILBOX_PROOF_SENT
from tests.kit import browsers
from tests.kit import people as kit_people
from tests.kit.email_changes import ask_email
from tests.notifications.mails import Folder, part, send_to

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

VICTIM = "victim@elsewhere.example"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    return Folder(tmp_path / "mail")


def new(email: str) -> services.NewAdministrator:
    details = services.Details(first_name="Lena", last_name="Fischer")
    return services.NewAdministrator(email=email, details=details, tabs=frozenset({"home"}))


def add(owner: Administrator, email: str) -> Administrator:
    person, _link = services.add(
        new(email), customer=owner.customer, actor=kit_people.actor(owner), now=timezone.now()
    )
    return person


# --- by people who are signed in ------------------------------------------------------------------


def test_somebody_with_home_alone_mails_few_strangers(colleague, clock, folder):
    browser = browsers.browser_of(colleague)
    fields = {"first_name": "Samuel", "last_name": "Osei", "phone": ""}
    fields |= {"language": "en", "time_zone": "UTC"}
    answers = [
        browser.post("/profile/", fields | {"email": f"stranger{number}@elsewhere.example"})
        for number in range(30)
    ]
    allowed = mail_budget.OWN_EMAIL.in_hour
    assert [one.status_code for one in answers] == [303] * allowed + [429] * (30 - allowed)
    assert int(answers[-1]["Retry-After"]) == mail_budget.HOUR
    assert "The next one can be sent in 60 minutes." in answers[-1].content.decode()
    strangers = [mail for mail in folder.new() if "elsewhere.example" in mail["To"]]
    assert len(strangers) <= allowed
    # Whatever else is changed with it is not kept back for ever, and what was refused left nothing.
    assert EmailChange.objects.count() == allowed
    answer = browser.post("/profile/", fields | {"email": colleague.email, "phone": "+4930901820"})
    assert answer.status_code == 303


def test_nor_does_the_day_bring_many(colleague, clock):
    asked = 0
    for hour in range(20):
        for number in range(mail_budget.OWN_EMAIL.in_hour):
            email = f"stranger{hour}.{number}@elsewhere.example"
            words: Any = {"actor": kit_people.actor(colleague), "now": timezone.now()}
            try:
                asked += ask_email(colleague, email, **words)
            except TooManyMails as refusal:
                assert refusal.seconds <= mail_budget.DAY  # noqa: PT017
        clock.shift(timedelta(hours=1, seconds=1))
    assert asked == mail_budget.OWN_EMAIL.in_day


def test_an_invitation_is_not_resent_without_end(owner, clock):
    invited = add(owner, VICTIM)
    browser = browsers.browser_of(owner)
    path = f"/administrators/{invited.id}/resend-invitation/"
    links = MailedLink.objects.filter(administrator=invited)
    statuses = [browser.post(path).status_code for _ in range(30)]
    allowed = mail_budget.RECEIVER.in_hour - 1  # one went with the adding
    assert statuses == [303] * allowed + [429] * (30 - allowed)
    assert links.count() == mail_budget.RECEIVER.in_hour
    # The one that was mailed last works still.
    assert links.filter(revoked_at=None).count() == 1
    answer = browser.post(path)
    assert answer["Retry-After"] == str(mail_budget.HOUR)
    clock.shift(timedelta(hours=1, seconds=1))
    assert browsers.browser_of(owner).post(path).status_code == 303


def test_all_that_reaches_one_mailbox_is_one_budget(owner, colleague, clock):
    words: Any = {"actor": kit_people.actor(owner), "now": timezone.now()}
    person = add(owner, VICTIM)
    invitations.resend(person, **words)
    invitations.revoke(person, **words)
    person = add(owner, VICTIM.upper())
    invitations.revoke(person, **words)
    for _ in range(2):
        ask_email(colleague, VICTIM, **words)
        ask_email(colleague, "another@elsewhere.example", **words)
    for cause in (
        lambda: add(owner, VICTIM),
        lambda: ask_email(colleague, VICTIM, **words),
    ):
        with pytest.raises(TooManyMails):
            cause()
    assert not Administrator.objects.everywhere().filter(email_folded=VICTIM).exists()


def test_nor_are_password_links(owner, colleague, clock):
    browser = browsers.browser_of(owner)
    path = f"/administrators/{colleague.id}/password-link/"
    statuses = [browser.post(path).status_code for _ in range(10)]
    allowed = mail_budget.RECEIVER.in_hour
    assert statuses == [303] * allowed + [429] * (10 - allowed)


def test_whoever_adds_two_hundred_colleagues_in_a_day_is_not_stopped(owner, clock):
    for number in range(200):
        add(owner, f"p{number}@harbourbakery.example")
    of_person = limits.mail_keys(limits.Mail.PERSON, str(owner.id))
    for _ in range(mail_budget.PERSON.in_hour - 200):
        throttle.spend(of_person, now=timezone.now())
    with pytest.raises(TooManyMails):
        add(owner, "one.more@harbourbakery.example")
    clock.shift(timedelta(hours=1))
    add(owner, "one.more@harbourbakery.example")


def test_several_people_of_one_customer_share_a_budget(owner, clock):
    people = [
        kit_people.make_administrator(
            owner.customer, email=f"k{number}@harbourbakery.example", tabs=kit_people.ALL_TABS
        )
        for number in range(3)
    ]
    of_customer = limits.mail_keys(limits.Mail.CUSTOMER, str(owner.customer_id))
    for _ in range(mail_budget.CUSTOMER.in_hour - 6):
        throttle.spend(of_customer, now=timezone.now())
    for number in range(6):
        add(people[number % 3], f"p{number}@harbourbakery.example")
    for person in people:
        with pytest.raises(TooManyMails):
            add(person, "one.more@harbourbakery.example")
    other = kit_people.make_customer("Cedar Clinic")
    add(
        kit_people.make_administrator(other, email="m@cedar.example", tabs=kit_people.ALL_TABS),
        "n@cedar.example",
    )


def test_the_operator_at_the_console_has_no_budget(customer, clock):
    invited = kit_people.invite(customer)
    for _ in range(mail_budget.RECEIVER.in_day + 5):
        invitations.resend(invited, actor=CONSOLE, now=timezone.now())


# --- by strangers ---------------------------------------------------------------------------------


def test_strangers_who_forgot_fill_no_mailbox_and_stop_no_colleague_from_helping(
    owner, colleague, clock, folder
):
    for _hour in range(6):
        for number in range(7):
            answer = Client(REMOTE_ADDR=f"192.0.2.{number}").post(
                "/password/forgot/", {"email": colleague.email}
            )
            assert answer.status_code == 303
        run_once(timezone.now())
        clock.shift(timedelta(hours=1))
    assert len(folder.all()) == mail_budget.ASKED.in_day
    change.send_link(person=colleague, actor=kit_people.actor(owner), now=timezone.now())


def test_nor_does_who_knows_the_password_fill_it_with_codes(customer, clock):
    victim = kit_people.make_administrator(customer, require_2fa=True)
    for _hour in range(6):
        for _ in range(mail_budget.MAILBOX_CODE.in_hour):
            browser = browsers.sign_in(Client(), victim)
            assert browser.get("/sign-in/mailbox/").status_code in {200, 429}
        clock.shift(timedelta(hours=1))
    assert len(kit_people.events(MAILBOX_PROOF_SENT)) == mail_budget.MAILBOX_CODE.in_day


# --- what tells of one's own security -------------------------------------------------------------


def test_what_tells_of_security_goes_before_all_that_was_asked_for(owner, colleague, clock):
    now = timezone.now()
    for number in range(40):
        add(owner, f"p{number}@harbourbakery.example")
    kit_people.ask_for_link(owner.email)
    change.send_link(person=colleague, actor=kit_people.actor(owner), now=now)
    with transaction.atomic():
        record(PASSWORD_CHANGED, actor=kit_people.actor(owner))
    outbox.dispatch(now=now)
    order = []
    while (delivery := outbox.claim(now=now)) is not None:
        order.append(Message(delivery.template))
        outbox.mark_sent(delivery, now=now)
    assert order[0] is Message.PASSWORD_CHANGED
    assert order[1] is Message.PASSWORD_LINK_ASKED
    assert len(order) == 43


def test_and_what_happens_while_a_queue_is_sent_goes_next(owner, clock, folder, monkeypatch):
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 0)
    for number in range(20):
        add(owner, f"p{number}@harbourbakery.example")
    happened: list[bool] = []

    def look() -> None:
        if not happened and Delivery.objects.filter(state=State.SENT).count() == 3:
            happened.append(True)
            with transaction.atomic():
                record(PASSWORD_CHANGED, actor=kit_people.actor(owner))
        outbox.dispatch(now=timezone.now())

    deliver_due(clock=timezone.now, look=look)
    order = list(Delivery.objects.order_by("sent_at", "id").values_list("template", flat=True))
    names = [mail["To"] for mail in folder.all()]
    assert owner.email in names
    assert len(order) == 21


def test_the_worker_looks_for_it_between_messages(owner, clock, folder, monkeypatch):
    """As the worker does it: whatever is waiting, an event that is found is told after the message on its way."""
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 0)
    for number in range(6):
        add(owner, f"p{number}@harbourbakery.example")
    claimed: list[str] = []
    claim = outbox.claim

    def watch(**words: Any) -> Delivery | None:
        found = claim(**words)
        if found is not None:
            claimed.append(found.template)
            if len(claimed) == 2:
                with transaction.atomic():
                    record(PASSWORD_CHANGED, actor=kit_people.actor(owner))
        return found

    monkeypatch.setattr(outbox, "claim", watch)
    run_once(timezone.now())
    assert claimed[2] == Message.PASSWORD_CHANGED


def test_the_same_again_and_again_is_a_number_on_the_next_mail_and_nothing_goes_untold(
    owner, colleague, clock, folder
):
    """Rights given and taken in turns: a mail each, up to some, and then one that counts the others."""
    for _ in range(100):
        with transaction.atomic():
            record(RIGHTS_CHANGED, actor=kit_people.actor(owner), subject=colleague.who())
    now = timezone.now()
    mails = folder.new(now=now)
    assert len(mails) == mail_budget.SAME.limit
    rows = Delivery.objects.filter(template=Message.RIGHTS_CHANGED)
    assert rows.count() == mail_budget.SAME.limit + 1
    (last,) = folder.new(now=now + timedelta(seconds=mail_budget.SAME.seconds))
    assert "89 more times" in part(last, "plain")
    assert sum(1 + row.repeated for row in rows) == 100


def test_each_message_is_either_in_a_budget_or_never_left_out():
    assert set(ASKED_FOR) == {
        Message.INVITATION,
        Message.INVITATION_ASKED,
        Message.PASSWORD_LINK_ASKED,
        Message.PASSWORD_LINK_SENT,
        Message.EMAIL_CHANGE_NEW,
        Message.SECOND_ADDRESS_CONFIRM,
    }
    assert set(FIRST) == {Message.MAILBOX_CODE}
