"""What was open when a backup was made opens nothing when it is back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import MailedLink
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.events import PASSWORD_CHANGED, TWO_FACTOR_DISABLED, TWO_FACTOR_ENABLED
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.password import change
from doorward.notifications import outbox
from doorward.notifications.links_and_codes import FOR_THEIR_LINK
from doorward.notifications.messages import Message
from doorward.notifications.models import Delivery
from doorward.notifications.models import State as Outbox
from doorward.operations.backup import ended_on_restore
from doorward.recovery import caller_check
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.sessions.models import Session
from tests.kit import people, recovering
from tests.threats.secrets_at_rest import keep
from tests.threats.trusting import trusting

# What says of a row that it is over, or when it will be.
OVER = {"ended_at", "used_at", "revoked_at", "closed_at", "expires_at", "until", "due_at"}
LEFT = {
    "accounts.PolicyException": "it excepts from nothing that opens, and ends at its date",
    "applications.ClientSecret": "a secret for long; docs/operating.md says that one taken away since is back",
    "applications.Grant": "over with its session",
    "applications.RefreshToken": "over with the session of its grant",
    "applications.SiteVisit": "over with its session",
    "applications.UsedAssertion": "what must not be used again",
    "audit.Repeated": "counts",
    "credentials.RecoveryCode": "docs/operating.md says that those used since work again",
    "customers.Customer": "closed since, it is open again, as everything else that was done is undone",
    "customers.ThrowAway": "the mark of what is to be deleted",
    "managing.Managing": "over with its session",
    "policy.WavePause": "it opens nothing",
    "signin.MailboxProof": "over with its session",
}


def test_every_table_in_which_something_can_be_open_is_decided_on() -> None:
    ended = {one.table for one in ended_on_restore.ENDINGS}
    undecided = {
        model._meta.label
        for model in apps.get_models()
        if OVER & {one.name for one in model._meta.concrete_fields}
        and model._meta.db_table not in ended
    }
    assert undecided == set(LEFT)


def test_the_words_and_columns_are_those_of_the_tables() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}
    assert {one.table for one in ended_on_restore.ENDINGS} | set(ended_on_restore.STAYING) <= tables


def test_what_works_again_is_named_where_there_is_any() -> None:
    assert (
        ended_on_restore.staying({})
        == ended_on_restore.staying({"applications_clientsecret": 0})
        == []
    )
    assert ended_on_restore.staying({"applications_clientsecret": 2}) == ["secrets of applications"]


def end() -> dict[str, int]:
    with connection.cursor() as cursor:
        rows = {model._meta.db_table: 1 for model in apps.get_models()}

        def run(sql: str) -> int:
            cursor.execute(sql)
            return int(cursor.rowcount)

        return ended_on_restore.end(run, rows=rows, now=timezone.now())


@pytest.mark.django_db
def test_whoever_was_in_is_out_and_no_link_pass_or_request_goes_on(
    owner, colleague, outsider, customer
):
    kept = keep(owner, colleague, outsider)
    staff = recovering.make_staff()
    caller_check.begin(customer.id, owner.email, actor=people.actor(staff), now=timezone.now())
    assert kept.browser.get("/profile/").status_code == 200
    assert Client().get(kept.link).status_code in {200, 302, 303}
    ended = end()
    assert ended["sessions"] == Session.objects.count() >= 2
    assert ended["caller checks"] == ended["set-up passes"] == ended["requests for help"] == 1
    assert ended["links that were asked for"] == 1
    assert ended["links"] == MailedLink.objects.exclude(revoked_at=None).count() >= 1
    assert kept.browser.get("/profile/")["Location"].startswith("/sign-in/")
    assert not Session.objects.filter(ended_at=None).exists()
    assert not SetUpPass.objects.filter(used_at=None, ended_at=None).exists()
    assert RecoveryRequest.objects.get().state == State.ENDED
    assert end() == {}


@pytest.mark.django_db
def test_no_browser_is_trusted(owner):
    trusting(owner)
    assert TrustedBrowser.objects.count() == end()["trusted browsers"] == 1
    assert not TrustedBrowser.objects.exists()


@pytest.mark.django_db
def test_of_a_pass_that_was_used_somebody_may_still_say_that_it_was_not_them(owner, colleague):
    recovering.long_ago(owner, colleague)
    keep(owner, colleague, people.make_administrator(owner.customer, email="lena@x.example"))
    SetUpPass.objects.update(used_at=timezone.now() - timedelta(hours=1))
    RecoveryRequest.objects.update(state=State.ISSUED)
    assert "requests for help" not in end()
    assert RecoveryRequest.objects.get().state == State.ISSUED


@pytest.mark.django_db
@pytest.mark.usefixtures("_the_outbox_is_empty")
def test_no_mail_goes_out_for_a_link_that_ended_or_about_what_is_days_old(owner, colleague):
    now = timezone.now()
    long_ago, just_now = now - timedelta(hours=25), now - timedelta(hours=23)
    with transaction.atomic():
        change.send_link(person=colleague, actor=people.actor(owner), now=now)
    _happened(owner, TWO_FACTOR_ENABLED, at=long_ago)
    kept = _happened(owner, TWO_FACTOR_DISABLED, at=just_now)
    outbox.dispatch(now=now)
    assert Delivery.objects.filter(state=Outbox.DUE).count() == 3
    # As it is when the backup is made before the worker's next round.
    unseen = _happened(owner, PASSWORD_CHANGED, at=long_ago)
    seen = _happened(owner, PASSWORD_CHANGED, at=just_now)
    ended = end()
    assert ended["mails with a link or code"] == 1
    assert ended["mails about what is more than a day old"] == 1
    assert ended["events of more than a day ago that nobody was mailed of"] == 1
    outbox.dispatch(now=now)
    due = Delivery.objects.filter(state=Outbox.DUE).values_list("event_id", flat=True)
    assert sorted(due) == [kept.id, seen.id]
    assert not Delivery.objects.filter(event_id=unseen.id).exists()


@pytest.fixture
def _the_outbox_is_empty(owner, colleague):
    outbox.dispatch(now=timezone.now())
    Delivery.objects.all().delete()


def _happened(person, event_type, *, at):
    record(event_type, actor=people.actor(person))
    event = Event.objects.latest("id")
    Event.rewritable.filter(id=event.id).update(at=at)
    return event


def test_what_is_nothing_without_its_link_is_known() -> None:
    assert Message.PASSWORD_LINK_SENT in FOR_THEIR_LINK
    assert Message.MAILBOX_CODE in FOR_THEIR_LINK
    assert Message.PASS_MAILED in FOR_THEIR_LINK
    # Told without their link, too: how to object is said in it.
    assert Message.ENABLED not in FOR_THEIR_LINK
    assert Message.HELPED not in FOR_THEIR_LINK


def test_tables_that_an_older_version_did_not_have_are_left_out() -> None:
    assert ended_on_restore.end(
        lambda _sql: 1, rows={"sessions_session": 0}, now=timezone.now()
    ) == {"sessions": 1}
