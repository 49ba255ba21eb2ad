"""Who has stolen a password alone adds no passkey beside a factor, and none that outlives *This was not me*."""

from __future__ import annotations

import pytest
from django.test import Client

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink
from doorward.credentials.models import Factor, Passkey
from doorward.sessions.models import Session
from tests.kit import passkeys, people
from tests.kit.passkeys import ORIGIN
from tests.kit.softkey import SoftKey
from tests.threats.proofs import HOST

pytestmark = pytest.mark.django_db

OPTIONS = ["/security/2fa/passkey/", "/sign-in/set-up/passkey/"]
PAGES = ["/security/2fa/add/", "/security/2fa/enable/", "/sign-in/set-up/"]


def thief_of(person: Administrator) -> Client:
    client = Client(HTTP_HOST=HOST)
    form = {"email": person.email, "password": people.PASSWORD, "next": ""}
    assert client.post("/sign-in/", form).status_code == 303
    return client


@pytest.mark.parametrize("path", OPTIONS)
def test_beside_a_factor_there_is_not_even_a_challenge(owner, path):
    passkeys.add(owner)
    answer = thief_of(owner).post(path)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/code/")


@pytest.mark.parametrize("page", PAGES)
def test_nor_does_an_answer_without_one_add_any(owner, page):
    passkeys.add(owner)
    thief = thief_of(owner)
    made_up = {"rp": {"id": "localhost"}, "user": {"id": "AAAA"}, "challenge": "A" * 96}
    answer = thief.post(page, {"credential": SoftKey().create(made_up, ORIGIN), "name": ""})
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/code/")
    assert Passkey.objects.count() == 1


def test_where_one_is_required_the_mailbox_is_asked_first(owner):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    answer = thief_of(owner).post("/sign-in/set-up/passkey/")
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/mailbox/")
    assert not Factor.objects.exists()


def test_a_first_one_goes_when_the_owner_says_that_it_was_not_them(owner):
    thief, key = thief_of(owner), SoftKey()
    asked = passkeys.options(thief, "/security/2fa/passkey/")
    made = thief.post("/security/2fa/enable/", {"credential": key.create(asked, ORIGIN)})
    assert made.status_code == 303
    link = MailedLink.objects.get(administrator=owner, purpose=LinkPurpose.NOT_ME)
    mine = Client(HTTP_HOST=HOST)
    page = mine.get(mailed_links.path(link))["Location"]
    assert mine.post(page, {"password": people.OTHER_PASSWORD}).status_code == 303
    assert not Passkey.objects.exists()
    assert thief.get("/security/").status_code == 303
    answer = passkeys.sign_in(Client(HTTP_HOST=HOST), key)
    assert answer.status_code == 422
    assert Session.objects.filter(ended_at__isnull=True).count() == 1
