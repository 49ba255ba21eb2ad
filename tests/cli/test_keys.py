"""`doorward keys`: what it prints and refuses; killed at any point; beside a portal that runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from doorward.audit.events import KEY_DROPPED, KEY_MADE, KEYS_COPIED, KEYS_ROTATED
from doorward.audit.models import Event
from doorward.cli.base import main
from doorward.credentials.models import Factor
from doorward.credentials.totp import rules
from doorward.kernel.crypto import keyring, sealing
from doorward.kernel.crypto.keyring import KeyFile
from doorward.kernel.db.sqlite.driver import Database
from tests.kit import browsers, codes, people, postgresql
from tests.kit.serving import Browser, doorward, environment, made_before, start
from tests.threats.secrets_at_rest import keep

ROOT = Path(__file__).parent.parent.parent
EVERYTHING = (
    "hash keys (1), authenticator apps (2), set-ups (1), unsaved recovery codes (1), "
    "mailed links (1), signing keys (2), client secrets to be shown (1), links that were asked for (1), "
    "mailed codes (1), saved requests (1), set-up passes (1), files to import (1)"
)


def run(*words):
    return CliRunner().invoke(main, ["keys", *words])


def said(*words):
    """Return what a command printed that did what it was asked for."""
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def refused(*words):
    """Return the one sentence of a command that could not do it."""
    result = run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


@pytest.fixture
def keys(tmp_path, settings, db):
    made = KeyFile(tmp_path / "keys.json", now=datetime(2025, 11, 24, 8, tzinfo=UTC))
    settings.KEYS = KeyFile(made.path, now=timezone.now())  # as a process that found it there
    return settings.KEYS


@pytest.fixture
def kept(keys, owner, colleague, outsider):
    return keep(owner, colleague, outsider)


@pytest.fixture
def later(clock):
    """Return what lets two minutes go by."""
    return lambda: clock.shift(timedelta(minutes=2))


def test_a_key_is_changed_from_start_to_end(keys, kept, later):
    old = keys.ring.newest.id
    assert said("check").splitlines() == [
        "KEY       MADE        NEEDED BY",
        f"{old}  2025-11-24  new secrets, {EVERYTHING}",
    ]
    assert said("new").endswith("`doorward keys rotate` re-seals what is there.\n")
    new = keys.ring.newest.id
    assert said("check").splitlines()[1:] == [
        f"{new}  2026-11-24  new secrets",
        f"{old}  2025-11-24  {EVERYTHING}",
    ]
    later()
    assert refused("drop", old) == (
        f"The key {old} is needed by {EVERYTHING}: `doorward keys rotate` first."
    )
    assert said("rotate") == f"14 secrets were re-sealed; the key {new} seals everything.\n"
    assert said("rotate") == f"0 secrets were re-sealed; the key {new} seals everything.\n"
    assert said("check").splitlines()[2] == f"{old}  2025-11-24  nothing"
    assert said("drop", old) == (
        f"The key {old} is no longer in the key file. Older backups still need it.\n"
    )
    assert [key.id for key in keys.ring.keys] == [new]
    assert len(said("check").splitlines()) == 2
    assert recorded() == [
        (KEY_MADE, {"key_id": new}),
        (KEYS_ROTATED, {"key_id": new, "sealed": 14}),
        (KEYS_ROTATED, {"key_id": new, "sealed": 0}),
        (KEY_DROPPED, {"key_id": old}),
    ]


def recorded(*types):
    """Return what history has of keys; all of it in the provider's own, with nothing secret."""
    types = types or (KEY_MADE, KEYS_ROTATED, KEY_DROPPED)
    found = list(Event.objects.filter(type__in=types).order_by("id"))
    assert {event.customer_id for event in found} <= {people.provider().id}
    assert {(event.actor_id, event.actor_type) for event in found} <= {(None, "operator")}
    return [(event.type, event.details) for event in found]


def test_a_copy_that_was_taken_stands_in_history(keys, kept, tmp_path):
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    copy = tmp_path / "keys.age"
    assert said("backup", str(copy), "--recipient", recipient).endswith(", encrypted.\n")
    assert recorded(KEYS_COPIED) == [(KEYS_COPIED, {"key_ids": [keys.ring.newest.id]})]
    refused("backup", str(copy), "--recipient", recipient)
    refused("backup", str(tmp_path / "clear"))
    assert len(recorded(KEYS_COPIED)) == 1


def test_the_providers_staff_read_of_it(keys, kept):
    said("new")
    said("rotate")
    staff = people.make_administrator(
        people.provider(), email="nora@provider.example", tabs=people.ALL_TABS
    )
    codes.enable_app(staff)
    page = browsers.browser_of_with_factor(staff).get("/activity/").content.decode()
    assert "The operator made a new key for secrets at rest." in page
    assert f"key: {keys.ring.newest.id} · 14 secrets" in page
    assert keys.ring.newest.secret.hex() not in page


def test_what_could_not_be_done_is_no_event(keys, customer):
    refused("drop", keys.ring.newest.id)
    assert recorded() == []


def test_a_key_of_last_year_is_old(keys, clock):
    assert said("check")
    clock.shift(timedelta(days=2))
    old = run("check")
    assert old.exit_code == 0
    assert old.stderr == "The newest key is more than a year old: `doorward keys new`.\n"
    said("new")
    assert said("check")


def test_for_programs(keys, kept):
    said("new")
    first, second = json.loads(said("check", "--json"))
    assert first == {
        "key": keys.ring.newest.id,
        "newest": True,
        "made": keys.ring.newest.made.isoformat().replace("+00:00", "Z"),
        "needed_by": {},
    }
    assert second["newest"] is False
    assert second["made"] == "2025-11-24T08:00:00Z"
    assert second["needed_by"] == {
        "hash_keys": 1,
        "authenticator_apps": 2,
        "set_ups": 1,
        "unsaved_recovery_codes": 1,
        "mailed_links": 1,
        "links_that_were_asked_for": 1,
        "mailed_codes": 1,
        "saved_requests": 1,
        "set_up_passes": 1,
        "files_to_import": 1,
        "signing_keys": 2,
        "client_secrets_to_be_shown": 1,
    }


def test_what_does_not_open_is_one_sentence(keys, kept):
    [one, other] = Factor.objects.order_by("confirmed_at")
    Factor.objects.filter(id=one.id).update(sealed=other.sealed)
    sentence = f"The totp of credentials_factor {one.id} does not open: it was changed, or it is another row's."
    assert refused("check") == sentence
    said("new")
    assert refused("rotate") == sentence
    Factor.objects.filter(id=other.id).update(sealed=one.sealed)
    assert refused("check").endswith(" (2 do not open in all.)")
    # All the others were re-sealed.
    Factor.objects.all().delete()
    [_, old] = json.loads(said("check", "--json"))
    assert old["needed_by"] == {}


def test_a_key_that_is_gone_is_named(keys, kept, monkeypatch):
    old = keys.ring.newest.id
    keys.add(now=timezone.now())
    keys.drop(old)
    monkeypatch.setattr(sealing, "_ciphers", {})
    sentence = (
        f"The key '{old}', which the hash keys in the database need, "
        f"is not in the key file {keys.path}."
    )
    for command in ("check", "rotate", "new"):
        assert refused(command) == sentence


def test_the_newest_key_is_not_dropped(keys, customer):
    newest = keys.ring.newest.id
    assert refused("drop", newest) == f"The key {newest} is the newest one: it seals."
    assert refused("drop", "nothing") == (f"There is no key nothing in the key file {keys.path}.")


def test_nor_one_that_the_portal_may_still_write_with(keys, customer, clock):
    old = keys.ring.newest.id
    said("new")
    said("rotate")
    clock.shift(timedelta(seconds=15))
    assert refused("drop", old) == (
        "The newest key was just made, and the portal may still be writing with the older one: "
        "try again in 46 seconds."
    )
    assert len(keys.ring.keys) == 2
    clock.shift(timedelta(seconds=46))
    said("drop", old)


def test_a_file_that_cannot_be_written(keys, customer, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = keys.path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    assert refused("new") == (
        f"The key file {keys.path} cannot be written: No space left on device."
    )
    assert keys.path.read_bytes() == before
    assert recorded() == []


def test_whoever_stops_it_is_told_how_to_go_on(keys, kept, monkeypatch):
    said("new")
    real, calls = sealing.seal, []

    def stopped(*args, **kwargs):
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "seal", stopped)
        assert (
            refused("rotate") == "Stopped. Run `doorward keys rotate` again to continue from there."
        )
    said("rotate")
    [_, old] = json.loads(said("check", "--json"))
    assert old["needed_by"] == {}


def test_somebody_signs_in_after_it_all(keys, kept, later, monkeypatch):
    old = keys.ring.newest.id
    said("new")
    said("rotate")
    later()
    said("drop", old)
    monkeypatch.setattr(sealing, "_ciphers", {})
    sealing._hash_key.cache_clear()
    assert browsers.sign_in(Client(), kept.owner).get("/").status_code == 200


# --- as processes of their own ----------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Return a data folder after its first start, on SQLite."""
    return tmp_path / "data" if postgresql.url() else made_before(tmp_path / "data")


@pytest.fixture
def database():
    """Return the setting for an empty database of its own."""
    if not postgresql.url():
        yield {}
        return
    with postgresql.empty_database() as address:
        yield {"database_url": address}


def script(text, folder, database):
    """Run some lines on the installation; return what they print."""
    ended = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env=environment(folder, **database) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


PREPARE = """
from doorward.cli.base import set_up_django
set_up_django()
from doorward.cli.first_start import bring_up_to_date
bring_up_to_date()
from doorward.operations.sealed_columns import COLUMNS
from doorward.kernel.crypto import columns
from tests.kit import codes, people
customer = people.make_customer()
owner = people.make_administrator(customer, tabs=people.ALL_TABS)
colleague = people.make_administrator(customer, email="sam@x.example", name="Samuel Osei")
newcomer = people.make_administrator(customer, email="new@x.example", name="Lena Fischer")
"""

KILLED = """
import os, signal
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from doorward.cli.keys import _reseal
from tests.threats.secrets_at_rest import keep
keep(owner, colleague, newcomer)

def alone():
    "Let go of the database: nothing of it survives a fork."
    connections.close_all()
    getattr(connection, "close_pool", lambda: None)()

def killed_at(statement):
    "Rotate in a process that is killed before this statement; return whether it was."
    alone()
    child = os.fork()
    if not child:
        seen = iter(range(statement))
        def count(execute, *rest):
            if next(seen, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*rest)
        with connection.execute_wrapper(count):
            _reseal()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status != 0

statement = 0
while True:
    key = settings.KEYS.add(now=timezone.now())
    if not killed_at(statement):
        break
    found = columns.look(COLUMNS, seen=lambda: None)
    assert found.broken == 0, found.first
    assert sum(sum(needs.values()) for needs in found.needs.values()) == 14, found.needs
    statement += apart
    # The other times what was begun goes on with the next key.
    if statement % 5 == 0:
        assert not killed_at(10_000)
found = columns.look(COLUMNS, seen=lambda: None)
assert found.needs.keys() == {key.id}, found.needs
for old in settings.KEYS.ring.keys[1:]:
    settings.KEYS.drop(old.id)
print(statement)
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    "apart", [pytest.param(3, id="some"), pytest.param(1, id="each", marks=pytest.mark.at_length)]
)
def test_killed_before_its_statements_nothing_is_lost(folder, database, apart):
    assert int(script(PREPARE + f"apart = {apart}\n" + KILLED, folder, database)) > 30
    checked = doorward("keys", "check", "--json", folder=folder, **database)
    assert checked.returncode == 0, checked.stderr
    [only] = json.loads(checked.stdout)
    assert sum(only["needed_by"].values()) == 14


MANY = 1000
FILL = f"""
from django.utils import timezone
from doorward.policy.rules import FactorKind
from doorward.credentials import sealed
from doorward.credentials.models import Factor
from doorward.kernel.crypto import sealing
made = [
    Factor(administrator=colleague, kind=FactorKind.APP, confirmed_at=timezone.now())
    for _ in range({MANY})
]
for factor in made:
    factor.sealed = sealing.seal(b"x" * 20, **sealed.of_factor(factor.id))
Factor.objects.bulk_create(made)
print(codes.enable_app(owner).hex())
"""


def sealed_by(key_id, folder, database):
    """Count the apps that a key seals, from outside."""
    head = bytes((1, len(key_id))) + key_id.encode()
    if database:
        import psycopg  # noqa: PLC0415 - only where it is installed

        connect, mark = partial(psycopg.connect, database["database_url"]), "%s"
    else:
        connect, mark = partial(Database.connect, folder / "doorward.sqlite3", timeout=10), "?"
    statement = f"SELECT count(*) FROM credentials_factor WHERE substr(sealed, 1, {mark}) = {mark}"
    with closing(connect()) as connection:
        [[number]] = connection.execute(statement, (len(head), head))
    return number


def begin_and_kill(folder, database):
    """Make a key, and kill a rotation to it when some apps have it and some have not; return its id."""
    for _ in range(5):
        command("new", folder=folder, database=database)
        new = keyring.load(folder / "keys.json").newest.id
        if killed_in_the_middle(new, folder, database):
            return new
    raise AssertionError("Each rotation was faster than whoever was to kill it.")


def killed_in_the_middle(key_id, folder, database):
    """Rotate in small slices of time, and kill the process once it has begun."""
    rotating = subprocess.Popen(
        [sys.executable, "-m", "doorward", "keys", "rotate"],
        env=environment(folder, **database),
        stdout=subprocess.DEVNULL,
    )
    while rotating.poll() is None and not sealed_by(key_id, folder, database):
        rotating.send_signal(signal.SIGCONT)
        time.sleep(0.01)
        rotating.send_signal(signal.SIGSTOP)
    rotating.kill()
    rotating.wait()
    return 0 < sealed_by(key_id, folder, database) < MANY


def sign_in(browser, secret, offset):
    browser.get("/sign-in/")
    fields = {"email": "ines.moreau@harbourbakery.example", "password": people.PASSWORD}
    assert browser.post("/sign-in/", **fields, next="") == "/sign-in/code/"
    code = rules.code_at(secret, rules.step_at(timezone.now()) + offset)
    assert browser.post("/sign-in/code/", code=code) == "/"
    assert browser.name == "home"


def command(*words, folder, database):
    ended = doorward("keys", *words, folder=folder, **database)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def make_older(path):
    """Have all keys made an hour ago."""
    listed = json.loads(path.read_text())
    for key in listed["keys"]:
        key["made"] = (timezone.now() - timedelta(hours=1)).isoformat()
    path.write_text(json.dumps(listed))


@pytest.mark.at_length
@pytest.mark.processes
@pytest.mark.xdist_group("commands")
def test_a_portal_that_runs_notices_nothing_of_a_rotation_that_is_killed(folder, database):
    secret = bytes.fromhex(script(PREPARE + FILL, folder, database))
    path = folder / "keys.json"
    where = {"folder": folder, "database": database}
    server = start(folder, **database)
    try:
        first, second, third = (Browser(server.address) for _ in range(3))
        sign_in(first, secret, -1)
        new = begin_and_kill(**where)
        sign_in(second, secret, 0)
        assert first.get("/security/") == "/security/"
        command("rotate", **where)
        make_older(path)
        for key in keyring.load(path).keys[1:]:
            command("drop", key.id, **where)
        sign_in(third, secret, 1)
        server.stop()
        server = start(folder, port=server.port, **database)
        for browser in (first, second, third):
            assert browser.get("/security/") == "/security/"
    finally:
        server.stop()
    [only] = json.loads(command("check", "--json", **where))
    assert only["key"] == new
    assert only["needed_by"]["authenticator_apps"] == MANY + 1


def one_sentence(ended):
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    return ended.stderr.strip()


@pytest.mark.processes
def test_without_the_key_file_nothing_starts_and_none_is_made(folder, database):
    # On PostgreSQL only `run` makes the tables.
    script(PREPARE, folder, database)
    path = folder / "keys.json"
    key = keyring.load(path).newest
    path.rename(folder / "elsewhere.json")
    for words in (["run"], ["customers", "list"], ["keys", "check"]):
        ended = doorward(*words, folder=folder, **database)
        assert one_sentence(ended) == (
            f"The key '{key.id}', which the hash keys in the database need, "
            f"is not in the key file {path}."
        )
        assert not path.exists()


@pytest.mark.processes
def test_run_wants_every_key_that_anything_needs(folder, database):
    script(PREPARE + FILL, folder, database)
    path = folder / "keys.json"
    only = json.loads(path.read_text())
    command("new", folder=folder, database=database)
    script(
        "from doorward.cli.base import set_up_django\n"
        "set_up_django()\n"
        "from doorward.operations.sealed_columns import COLUMNS\n"
        "from doorward.kernel.crypto import columns, rotating\n"
        "list(rotating.reseal(COLUMNS[0], columns.Found()))\n",
        folder,
        database,
    )
    listed = json.loads(path.read_text())
    path.write_text(json.dumps({"keys": listed["keys"][:1]}))
    ended = doorward("run", folder=folder, **database)
    assert one_sentence(ended) == (
        f"The key '{only['keys'][0]['id']}', which the authenticator apps in the database need, "
        f"is not in the key file {path}."
    )
    assert len(keyring.load(path).keys) == 1


@pytest.mark.processes
def test_a_key_file_that_others_can_read(folder):
    assert doorward("customers", "list", folder=folder).returncode == 0
    path = folder / "keys.json"
    path.chmod(0o644)
    for words in (["run"], ["keys", "check"]):
        assert one_sentence(doorward(*words, folder=folder)) == (
            f"The key file {path} is open to others (mode 0644): `chmod 600 {path}`."
        )


@pytest.fixture
def commanded(tmp_path):
    """Return the settings of an installation whose keys a command prints, and the file that it prints."""
    file = KeyFile(tmp_path / "elsewhere.json", now=datetime(2025, 11, 24, 8, tzinfo=UTC))
    return {"keys_command": f"cat {file.path}"}, file


def test_keys_of_a_command_seal_and_are_changed_where_they_are_kept(tmp_path, commanded):
    settings, file = commanded
    folder = tmp_path / "data"
    made = doorward("customers", "add", "Mill", folder=folder, **settings)
    assert made.returncode == 0, made.stderr
    assert not list(folder.glob("keys*"))
    new = doorward("keys", "new", folder=folder, **settings)
    assert (new.returncode, new.stdout) == (1, "")
    assert new.stderr == (
        "The keys come from DOORWARD_KEYS_COMMAND. Add a new key to what it prints (docs/operating.md says how), "
        "start every node again, then `doorward keys rotate`.\n"
    )
    old = file.ring.newest.id
    fresh = file.add(now=datetime(2025, 11, 25, 8, tzinfo=UTC))
    rotated = doorward("keys", "rotate", folder=folder, **settings)
    assert rotated.returncode == 0, rotated.stderr
    assert fresh.id in rotated.stdout
    dropped = doorward("keys", "drop", old, folder=folder, **settings)
    assert f"Nothing needs the key {old} any more" in dropped.stderr
    file.drop(old)
    checked = doorward("keys", "check", folder=folder, **settings)
    assert checked.returncode == 0, checked.stderr
    assert old not in checked.stdout


def test_a_file_and_a_command_at_once_are_refused(tmp_path):
    found = doorward(
        "keys", "check", folder=tmp_path / "data", keys_file=str(tmp_path / "k"), keys_command="cat"
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == (
        "DOORWARD_KEYS_COMMAND: it takes the place of DOORWARD_KEYS_FILE; set one of them.\n"
    )


@pytest.mark.parametrize("same_id", [False, True])
def test_a_node_with_other_keys_is_noticed_at_its_start(tmp_path, commanded, same_id):
    settings, file = commanded
    folder = tmp_path / "data"
    database = {"database_url": f"sqlite:///{tmp_path}/shared.sqlite3"}
    first = doorward("customers", "add", "Mill", folder=folder, **settings, **database)
    assert first.returncode == 0, first.stderr
    ring = json.loads(file.path.read_text())
    ring["keys"][0]["secret"] = "A" * 43 + "="
    if not same_id:
        ring["keys"][0]["id"] = "another"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(ring))
    given = {"keys_command": f"cat {other}"} | database
    for words in (("run", "--bind", "127.0.0.1:1"), ("customers", "list")):
        found = doorward(*words, folder=tmp_path / "second", **given)
        assert found.returncode == 1
        said = "The keys here are not those of this database." if same_id else "is not in what"
        assert said in found.stderr
        assert found.stderr.count("\n") == 1
        assert "AAAA" not in found.stderr
