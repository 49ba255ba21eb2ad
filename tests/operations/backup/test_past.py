"""What was open when a backup was made opens nothing when it is back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import MailedLink
from doorward.credentials.models import TrustedBrowser
from doorward.operations.backup import past
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
    ended = {one.table for one in past.ENDINGS}
    undecided = {
        model._meta.label
        for model in apps.get_models()
        if OVER & {one.name for one in model._meta.concrete_fields}
        and model._meta.db_table not in ended
    }
    assert undecided == set(LEFT)


def test_the_words_and_columns_are_those_of_the_tables() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}
    assert {one.table for one in past.ENDINGS} <= tables


def end() -> dict[str, int]:
    with connection.cursor() as cursor:
        rows = {model._meta.db_table: 1 for model in apps.get_models()}

        def run(sql: str) -> int:
            cursor.execute(sql)
            return int(cursor.rowcount)

        return past.end(run, rows=rows, now=timezone.now())


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


def test_tables_that_an_older_version_did_not_have_are_left_out() -> None:
    assert past.end(lambda _sql: 1, rows={"sessions_session": 0}, now=timezone.now()) == {
        "sessions": 1
    }
