"""Behind a pooler that gives each transaction another connection, nothing hangs and nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection, transaction

from doorward.cli import migrating
from tests.cli.pgbouncer import pooler
from tests.kit import postgresql
from tests.kit.serving import Browser, environment, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not postgresql.url(), reason="SQLite has no pooler")

SET_UP = "import django; django.setup()\n"
PREPARE = f"{SET_UP}from doorward.cli.first_start import bring_up_to_date; bring_up_to_date()\n"
EXPORT = """
import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4
from django.db import connection
from django.utils import timezone
from doorward.audit.models import Event
from doorward.customers.models import Customer
from doorward.web.activity.export import table

Event.objects.bulk_create(
    Event(at=timezone.now(), type="signed_in", outcome="ok", customer_id=uuid4()) for _ in range(2500)
)

def export(_number):
    try:
        return sum(1 for _line in table(Event.objects.order_by("-id"), language="en", separator=","))
    except Exception as error:
        return repr(error)
    finally:
        connection.close()

def look(_number):
    try:
        return [Customer.objects.count() for _time in range(60)] and "seen"
    finally:
        connection.close()

with ThreadPoolExecutor(8) as pool:
    exported, seen = pool.map(export, range(4)), pool.map(look, range(4))
    print(json.dumps({"rows": Event.objects.count(), "lines": [*exported], "seen": [*seen]}))
"""
WHO_ANSWERS = """
from doorward.kernel.db import poolers
print(poolers.is_behind_one())
with poolers.directly():
    print(poolers.is_behind_one())
print(poolers.is_behind_one())
"""


def program(code: str, folder: Path, url: str, **settings: str) -> subprocess.Popen[str]:
    # One key file for all: they share the database.
    given = environment(folder, database_url=url, keys_file=str(folder.parent / "keys"), **settings)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**given, "DJANGO_SETTINGS_MODULE": "doorward.settings.django"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=90)
    assert process.returncode == 0, error
    return out


@pytest.mark.parametrize("connections", [1, 3])
def test_starts_at_the_same_moment_all_come_up_and_no_lock_stays(tmp_path, connections):
    """With one connection to the server, too, which whoever waits must not keep to itself."""
    with postgresql.empty_database() as url, pooler(url, connections=connections) as address:
        together = [program(PREPARE, tmp_path / str(n), address) for n in range(3)]
        errors = [one.communicate(timeout=90)[1] for one in together]
        assert [one.returncode for one in together] == [0] * 3, errors
        said(program(PREPARE, tmp_path / "again", address))


def test_a_start_waits_for_the_pooler_s_only_connection_longer_than_a_request(tmp_path):
    soon = "from doorward.kernel.db.postgresql import patience; patience.REQUEST_SECONDS = 1.5\n"
    with (
        postgresql.empty_database() as url,
        pooler(url, connections=1) as address,
        psycopg.connect(address, prepare_threshold=None) as other,
    ):
        other.execute("SELECT 1")
        waiting = program(f"{SET_UP}{soon}{PREPARE}", tmp_path / "data", address)
        assert waiting.stderr
        line = waiting.stderr.readline()
        other.commit()
        rest = waiting.communicate(timeout=90)[1]
    assert "Waiting for another start" in line, line + rest
    assert waiting.returncode == 0, rest


def test_an_export_beside_others_has_every_row(tmp_path):
    with postgresql.empty_database() as url, pooler(url) as address:
        found = json.loads(said(program(PREPARE + EXPORT, tmp_path / "data", address)))
    assert found["seen"] == ["seen"] * 4
    # A heading, and it may be a line at the end.
    for lines in found["lines"]:
        assert lines in {found["rows"] + 1, found["rows"] + 2}, lines


CHECK = (
    SET_UP + "from doorward.operations.checks.database import _pooler; print(_pooler().verdict)\n"
)


@pytest.mark.parametrize(
    ("direct", "verdict"), [("", "advice"), ("past", "fine"), ("through", "unfit")]
)
def test_check_says_what_wants_the_direct_address(tmp_path, direct, verdict):
    with postgresql.empty_database() as url, pooler(url) as address:
        to = {
            "": {},
            "past": {"database_direct_url": url},
            "through": {"database_direct_url": address},
        }
        assert said(program(CHECK, tmp_path / "data", address, **to[direct])).strip() == verdict


def test_a_pooler_is_found_out_and_the_direct_address_goes_past_it(tmp_path):
    with postgresql.empty_database() as url, pooler(url) as address:
        asked = SET_UP + WHO_ANSWERS
        behind = program(asked, tmp_path / "behind", address)
        past = program(asked, tmp_path / "past", address, database_direct_url=url)
        plain = program(asked, tmp_path / "plain", url)
        assert said(behind).split() == ["True", "True", "True"]
        assert said(past).split() == ["True", "False", "True"]
        assert said(plain).split() == ["False", "False", "False"]


KEPT = (
    PREPARE
    + """
from django.db import connection
from django.utils import timezone
from doorward.gate import loading
from doorward.kernel.ratelimit import limits, throttle

def ask(times):
    for _ in range(times):
        assert loading._HOT.rows(hashed=b"of nobody") == []

ask(3)
key = limits.password_key("nobody@bakery.example")
for _ in range(2):
    throttle.reserve([key], now=timezone.now())
    throttle.was_right([key])
with connection.cursor() as cursor:
    # In a pooler's way: each transaction may meet another connection.
    cursor.execute("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
    kept = ("SELECT", "INSERT INTO kernel_attempt")
    print(sorted(times for statement, times in cursor.fetchall() if statement.startswith(kept)))
    cursor.execute("ALTER TABLE sessions_session ADD COLUMN later integer")
    ask(2)
    connection.set_autocommit(False)
    ask(1)
    connection.rollback()
    connection.set_autocommit(True)
    ask(1)
print("asked")
"""
)


def test_statements_are_kept_where_nothing_is_between_and_nowhere_else(tmp_path):
    with postgresql.empty_database() as url:
        found = said(program(KEPT, tmp_path / "plain", url))
        assert found.split("\n")[:2] == ["[2, 2, 3]", "asked"]
    with postgresql.empty_database() as url, pooler(url) as address:
        assert said(program(KEPT, tmp_path / "data", address)).split("\n")[:2] == ["[]", "asked"]


def test_migrations_go_by_the_direct_address(tmp_path):
    """Who comes by way of the pooler need not own the tables; here there is no way to them at all."""
    with postgresql.empty_database() as url:
        nowhere = "postgresql://somebody@127.0.0.1:1/nothing"
        prepare = program(PREPARE, tmp_path / "data", nowhere, database_direct_url=url)
        _, error = prepare.communicate(timeout=90)
        assert prepare.returncode == 1
        assert "The database cannot be used" in error  # afterwards, by its usual address
        with psycopg.connect(url) as opened:
            [[applied]] = opened.execute("SELECT count(*) FROM django_migrations")
    assert applied > 0


HISTORY = """
from django.utils import timezone
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.customers import services

mill = services.add(name="Mill", actor=CONSOLE, now=timezone.now())
Event.objects.bulk_create(
    Event(at=timezone.now(), type="signed_in", outcome="ok", customer_id=mill.id) for _ in range(2500)
)
"""
PASSWORD = "seven bridges over a quiet river"


@pytest.mark.processes
@pytest.mark.both_databases
@pytest.mark.xdist_group("commands")
def test_it_starts_again_and_serves_by_a_pooler_on_postgresql(tmp_path):
    """Exports beside page views each have every row, over the real server."""
    with postgresql.empty_database() as url, pooler(url) as address:
        given = {"database_url": address, "keys_file": str(tmp_path / "keys")}
        portal = start(tmp_path / "data", port=None, **given)
        assert portal.stop() == 0
        said(program(SET_UP + HISTORY, tmp_path / "other", address))
        with_password = subprocess.run(
            [
                *(sys.executable, "-m", "doorward", "administrators", "add", "ines@portal.example"),
                *("--customer", "Mill", "--primary", "--password-stdin"),
            ],
            env=environment(tmp_path / "other", **given),
            input=PASSWORD.encode(),
            check=False,
        )
        assert with_password.returncode == 0
        portal = start(tmp_path / "data", port=None, **given)
        try:
            browser = Browser(portal.address)
            browser.get("/sign-in/")
            browser.post("/sign-in/", email="ines@portal.example", password=PASSWORD)
            with ThreadPoolExecutor(5) as pool:
                views = [pool.submit(_look, browser, 12) for _ in range(4)]
                exports = [_rows(browser) for _ in range(6)]
                assert [view.result() for view in views] == [{200}] * 4
        finally:
            portal.stop()
    # Each export is an event, and is in the next one.
    assert exports == [*range(exports[0], exports[0] + 6)]
    assert exports[0] > 2500


def _look(browser: Browser, times: int) -> set[int]:
    """Open pages with a browser's cookies; return the statuses."""
    found = set()
    for _ in range(times):
        with browser.opener.open(f"{browser.address}/activity/", timeout=60) as answer:
            answer.read()
            found.add(answer.status)
    return found


def _rows(browser: Browser) -> int:
    with browser.opener.open(f"{browser.address}/activity/export.csv", timeout=60) as answer:
        return len(list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))) - 1


def test_a_table_whose_references_wait_to_be_looked_at_can_be_changed(db: None) -> None:
    """All migrations are one transaction, and one may change what the one before has written."""

    def tables(cursor: Any) -> None:
        cursor.execute("CREATE TABLE above (id INTEGER PRIMARY KEY)")
        cursor.execute(
            "CREATE TABLE below (above INTEGER REFERENCES above DEFERRABLE INITIALLY DEFERRED)"
        )
        cursor.execute("INSERT INTO above VALUES (1)")
        cursor.execute("INSERT INTO below VALUES (1)")

    with transaction.atomic(), connection.cursor() as cursor:
        tables(cursor)
        migrating._between("apply_start")
        cursor.execute("ALTER TABLE below ADD COLUMN more INTEGER")
