"""The database as Django is told of it, and as it then really is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from doorward.environment.fields import Environment
from doorward.kernel.db import addresses
from doorward.kernel.db.postgresql.patience import REQUEST_SECONDS
from doorward.settings.database import describe
from tests.kit.serving import environment

ASK = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
        cursor.execute(f"PRAGMA {pragma}")
        print(cursor.fetchone()[0])
print(connection.transaction_mode)
"""


def test_sqlite_is_durable_waits_and_keeps_its_references(tmp_path):
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        env={
            **environment(tmp_path / "data"),
            "DJANGO_SETTINGS_MODULE": "doorward.settings.django",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    # The 2 of `synchronous` is FULL.
    assert asked.stdout.split() == ["wal", "2", "1", "10000", "IMMEDIATE"]


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/portal/data.sqlite3", "sqlite:///srv/portal/data.sqlite3"]
)
def test_sqlite_by_address(url):
    assert describe(Environment(database_url=url))["default"]["NAME"] == "/srv/portal/data.sqlite3"


def test_postgresql_by_address():
    url = "postgresql://me:p%40ss@db.example:5433/portal?sslmode=require&prepare_threshold=3"
    found = describe(Environment(database_url=url))
    assert set(found) == {"default"}
    used = found["default"]
    assert used["NAME"] == "portal"
    assert (used["USER"], used["PASSWORD"]) == ("me", "p@ss")
    assert (used["HOST"], used["PORT"]) == ("db.example", "5433")
    assert used["OPTIONS"]["sslmode"] == "require"
    assert used["OPTIONS"]["pool"]["max_size"] >= 16
    # Behind a pooler, which nobody need tell us of, neither lasts.
    assert used["OPTIONS"]["prepare_threshold"] is None
    assert used["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_the_direct_address_is_beside_it_and_has_no_pool():
    found = describe(
        Environment(
            database_url="postgresql://me:one@pooler.example:6432/portal",
            database_direct_url="postgresql://owner:two@db.example/portal",
        )
    )
    direct = found["direct"]
    assert (direct["USER"], direct["HOST"]) == ("owner", "db.example")
    assert "pool" not in direct["OPTIONS"]


def test_several_servers_by_address():
    url = "postgresql://me:p%40ss@one:5433,two,[::1]:5434/portal?target_session_attrs=read-write"
    used = describe(Environment(database_url=url))["default"]
    assert (used["HOST"], used["PORT"]) == ("one,two,::1", "5433,5432,5434")
    assert used["OPTIONS"]["target_session_attrs"] == "read-write"
    # Of the first, which may be off, there must be time left for the others.
    assert used["OPTIONS"]["connect_timeout"] * 2 < REQUEST_SECONDS


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hidden@one:5433,/portal",
        "postgresql://me:hidden@one:99999/portal",
        "postgresql://me:hidden@one:0/portal",
        "postgresql://me:hidden@one:x/portal",
        "postgresql://me:hidden@[::1/portal",
        "postgresql://me:hidden@one:1:2/portal",
        "postgresql://me:hidden@one,two/",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_shown(url):
    with pytest.raises(ValidationError) as refused:
        Environment(database_url=url)
    assert "it must be postgresql://" in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_socket_and_an_address_without_a_server_are_as_before():
    found = addresses.read("postgresql:///portal?host=/run/postgresql")
    assert (found.host, found.port, found.options) == ("", "", {"host": "/run/postgresql"})
    assert addresses.read("postgresql://%2Frun%2Fpg/portal").host == "/run/pg"
    assert addresses.read("postgres://Me@DB.example:5433/portal").host == "DB.example"
