"""A customer's lock does not stand in the way of who holds one of its people, and is one."""

from __future__ import annotations

from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import F

from doorward.accounts.models import Administrator
from doorward.customers import locking
from tests.kit import people
from tests.kit.racing import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one lock for the whole file"
    ),
]


@pytest.fixture
def person() -> Administrator:
    return people.make_administrator(people.make_customer(), tabs=people.ALL_TABS)


def test_who_writes_a_person_twice_does_not_wait_for_it(person: Administrator) -> None:
    """PostgreSQL looks at a foreign key again, at the commit, where a row was written twice in one transaction."""
    held, done = Event(), Event()
    rows = Administrator.objects.everywhere().filter(id=person.id)

    def colleague() -> bool:
        with transaction.atomic():
            locking.hold(person.customer_id)
            held.set()
            return done.wait(60)

    def themselves() -> None:
        assert held.wait(60)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            for _ in range(2):
                rows.update(security_version=F("security_version") + 1)
        done.set()

    assert at_once([colleague, themselves]) == [True, None]


def test_of_two_the_second_one_waits(person: Administrator) -> None:
    first, second, order = Event(), Event(), []

    def one() -> None:
        with transaction.atomic():
            locking.hold(person.customer_id)
            first.set()
            assert not second.wait(0.3)
            order.append("one")

    def other() -> None:
        assert first.wait(60)
        with transaction.atomic():
            locking.hold(person.customer_id)
            second.set()
            order.append("other")

    assert at_once([one, other]) == [None, None]
    assert order == ["one", "other"]
