"""What need not outlive a power cut is committed without waiting for the disk; everything else is waited for."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from doorward.audit.actor import ClientInfo
from doorward.credentials.errors import WrongCredentials
from doorward.kernel.db.sqlite.base import DatabaseWrapper
from doorward.kernel.db.sqlite.driver import WAL
from doorward.kernel.db.unsynced import unsynced
from doorward.sessions import queries
from doorward.signin import password
from tests.kit import people
from tests.kit.people import PASSWORD

pytestmark = pytest.mark.skipif(not WAL, reason="without a write-ahead log all is waited for")
NORMAL, FULL = 1, 2
CLIENT = ClientInfo(address="192.0.2.7", browser="Firefox", request_id="1")


@pytest.fixture
def file(tmp_path, db):
    """Return a connection to a file of its own, opened as in production."""
    named = {"NAME": str(tmp_path / "own.sqlite3"), "ENGINE": "doorward.kernel.db.sqlite"}
    described = connections["default"].settings_dict | named
    described["OPTIONS"] = {"init_command": "PRAGMA synchronous=FULL;"}
    opened = DatabaseWrapper(described, "own")
    with opened.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=wal")
        cursor.execute("CREATE TABLE line (number INTEGER)")
    opened.close()
    yield opened
    opened.close()


def _level(connection) -> int:
    with connection.cursor() as cursor:
        (found,) = cursor.execute("PRAGMA synchronous").fetchone()
        return int(found)


def test_it_is_not_waited_for_and_after_it_is(file):
    with file.unsynced():
        assert _level(file) == NORMAL
    assert _level(file) == FULL


def test_it_is_waited_for_again_after_an_error(file):
    with pytest.raises(DatabaseError), file.unsynced(), file.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert _level(file) == FULL


def test_within_a_transaction_all_of_it_is_waited_for(file):
    file.set_autocommit(False)
    file.in_atomic_block = True
    with file.unsynced(), file.cursor() as cursor:
        cursor.execute("INSERT INTO line VALUES (1)")
        assert _level(file) == FULL
    file.in_atomic_block = False
    file.rollback()
    file.set_autocommit(True)


def test_a_connection_that_was_opened_meanwhile_is_left_as_it_is(file):
    with file.unsynced():
        file.close()
        assert _level(file) == FULL
    assert _level(file) == FULL


def test_without_a_write_ahead_log_all_is_waited_for(file):
    with file.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=delete")
    file.close()
    with file.unsynced():
        assert _level(file) == FULL


def test_what_was_told_less_is_left_as_it_is(file):
    file.settings_dict["OPTIONS"]["init_command"] = "PRAGMA synchronous=OFF;"
    with file.unsynced():
        assert _level(file) == 0
    assert _level(file) == 0


def test_others_see_it_at_once(file):
    seen = []

    def look():
        other = DatabaseWrapper(file.settings_dict, "other")
        with other.cursor() as cursor:
            seen.append(cursor.execute("SELECT count(*) FROM line").fetchone()[0])
        other.close()

    with file.unsynced(), file.cursor() as cursor:
        cursor.execute("INSERT INTO line VALUES (1)")
        looking = threading.Thread(target=look)
        looking.start()
        looking.join()
    assert seen == [1]


@pytest.fixture
def levels(transactional_db):
    """Return a list that is told of each statement that writes: its table, and how far its commit is waited for."""
    connection: Any = connections["default"]
    said: list[tuple[str, int]] = []
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite alone")

    def listen(execute, sql, params, many, context):
        words = sql.split()
        if words[0] in {"INSERT", "UPDATE"}:
            table = words[2 if words[0] == "INSERT" else 1].strip('"')
            said.append(
                (
                    table,
                    context["connection"].connection.execute("PRAGMA synchronous").fetchone()[0],
                )
            )
        return execute(sql, params, many, context)

    connection.ensure_connection()
    before = _level(connection), connection._synced
    connection.connection.execute("PRAGMA synchronous=FULL")
    connection._synced = FULL
    with connection.execute_wrapper(listen):
        yield said
    connection.connection.execute(f"PRAGMA synchronous={before[0]}")
    connection._synced = before[1]


def test_only_what_nobody_was_told_of_is_not_waited_for(levels):
    person = people.make_administrator(people.make_customer("One"), email="one@x.example")
    given: dict[str, Any] = {
        "email": person.email,
        "browser_token": "b" * 43,
        "client": CLIENT,
        "next_path": "",
    }
    levels.clear()
    password.sign_in(password=PASSWORD, now=timezone.now(), **given)
    assert levels == [
        ("kernel_attempt", NORMAL),
        ("sessions_session", NORMAL),
        ("kernel_attempt", NORMAL),
    ]
    levels.clear()
    with pytest.raises(WrongCredentials):
        password.sign_in(password="wrong", now=timezone.now(), **given)
    # The try; and then its failure, and what is written down of it.
    (table, level), *more = levels
    assert (table, level) == ("kernel_attempt", NORMAL)
    assert ("audit_event", FULL) in more
    assert {level for _table, level in more} == {FULL}


def test_who_only_reads_waits_for_no_disk(levels):
    person = people.make_administrator(people.make_customer("One"), email="one@x.example")
    given: dict[str, Any] = {"browser_token": "b" * 43, "client": CLIENT, "next_path": ""}
    now = timezone.now()
    started = password.sign_in(email=person.email, password=PASSWORD, now=now, **given)
    levels.clear()
    queries.touch(started.session_id, now=now + timedelta(minutes=2))
    assert levels == [("sessions_session", NORMAL)]


@pytest.mark.django_db(transaction=True)
def test_it_can_be_asked_for_of_either_database():
    with unsynced(), transaction.atomic():
        people.make_customer("One")
