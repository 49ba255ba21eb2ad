"""Something breaks while a proof is looked at: nobody is let in by it, and the page is an error page."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from doorward.accounts.models import Administrator
from doorward.credentials.models import Factor
from tests.kit import codes, people
from tests.threats.proofs import CODE, SET_UP, WAYS, Person, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

# One way of each kind is enough to see what lies behind all of them.
SOME = {("sign-in/code/", CODE), ("prove/", CODE), ("security/2fa/enable/", SET_UP)}
TABLES = {
    "throttle": ("kernel_attempt", "credentials_factor", "credentials_recoveryset"),
    "history": ("audit_event",),
    "sessions": ("sessions_session",),
}


@pytest.mark.parametrize(
    ("way", "broken"),
    [
        pytest.param(way, broken, id=f"{way} {broken}")
        for way in WAYS
        for broken in TABLES
        if broken == "throttle" or (way.route, way.reaches) in SOME
    ],
)
def test_whatever_breaks_nobody_is_let_in(owner, clock, way: Way, broken: str):
    person = Person(owner)
    way.arrive(person)
    form = way.right(person)
    before = person.browser.cookies.get(settings.SESSION_COOKIE_NAME)
    person.browser.raise_request_exception = False
    with without(*TABLES[broken]):
        answer = person.post(way.path, form)
    assert answer.status_code in {500, 503}, broken
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert person.browser.cookies.get(settings.SESSION_COOKIE_NAME) == before


@contextmanager
def without(*tables: str) -> Iterator[None]:
    """Take some tables away for a while; what broke meanwhile is undone with it."""
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} RENAME TO hidden_{table}")
    yield
    transaction.savepoint_rollback(before)


def test_a_secret_that_does_not_open_lets_nobody_in(owner):
    codes.enable_app(owner)
    browser = Client(raise_request_exception=False)
    browser.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    code = codes.next_code(owner)
    Factor.objects.update(sealed=b"not what was sealed")
    assert browser.post("/sign-in/code/", {"code": code}).status_code == 500
    assert browser.get("/security/")["Location"] == "/sign-in/code/"


@pytest.mark.parametrize("stored", ["", "!", "keyed_argon2$", "argon2$argon2id$v=19$m=8", "plain"])
def test_a_hash_that_cannot_be_read_lets_nobody_in(owner, stored):
    Administrator.objects.of(owner.customer_id).update(password=stored)
    browser = Client(raise_request_exception=False)
    for word in (people.PASSWORD, stored):
        answer = browser.post("/sign-in/", {"email": owner.email, "password": word})
        assert answer.status_code in {422, 500}
        assert settings.SESSION_COOKIE_NAME not in answer.cookies
