"""Who stole a password is made to set up a factor: they get no further than the mailbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from doorward.credentials.models import Factor
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from tests.kit import people
from tests.kit.factors import require

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


def password(
    client: Client, person: Administrator, word: str = people.PASSWORD, **more: str
) -> Any:
    form = {"email": person.email, "password": word, "next": ""}
    return client.post("/sign-in/", form | more)


def test_a_thief_with_the_password_gets_no_further_than_the_mailbox(owner):
    require(owner)
    thief = Client()
    password(thief, owner)
    thief.get("/sign-in/mailbox/")
    for _ in range(mailbox.TRIES):
        assert thief.post("/sign-in/mailbox/", {"code": "00000000"}).status_code == 422
    code = mailbox.code_of(MailboxProof.objects.get())
    assert thief.post("/sign-in/mailbox/", {"code": code}).status_code == 422
    assert (
        thief.post("/sign-in/set-up/", {"code": "000000", "name": ""})["Location"]
        == "/sign-in/mailbox/"
    )
    assert Factor.objects.count() == 0


def test_a_code_by_mail_is_for_its_session_and_ten_minutes(owner, clock):
    require(owner)
    mine, other = Client(), Client()
    for client in (mine, other):
        password(client, owner)
        client.get("/sign-in/mailbox/")
    first, second = MailboxProof.objects.order_by("created_at")
    assert other.post("/sign-in/mailbox/", {"code": mailbox.code_of(first)}).status_code == 422
    clock.shift(timedelta(minutes=10))
    assert other.post("/sign-in/mailbox/", {"code": mailbox.code_of(second)}).status_code == 422
    other.post("/sign-in/mailbox/", {"resend": "on"})
    third = MailboxProof.objects.order_by("created_at").last()
    assert third is not None
    assert other.post("/sign-in/mailbox/", {"code": mailbox.code_of(third)}).status_code == 303


def test_not_now_without_grace_is_no_way_out(client, owner):
    require(owner)
    password(client, owner)
    client.get("/sign-in/mailbox/")
    client.post("/sign-in/mailbox/", {"code": mailbox.code_of(MailboxProof.objects.get())})
    assert client.post("/sign-in/set-up/", {"later": "on"}).status_code == 422
    assert client.get("/prove/")["Location"] == "/sign-in/set-up/"
