"""Bringing the database up to date: nobody waits in silence, and a newer database is nobody's who does not know it."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import psycopg
import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from doorward import __version__
from doorward.cli import migrating
from doorward.cli.base import COMMANDS, main
from doorward.cli.failure import Failure
from doorward.cli.first_start import bring_up_to_date, refuse_unprepared
from doorward.customers.models import Customer
from doorward.kernel.db import schema
from tests.kit import people
from tests.kit.serving import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

pytestmark = pytest.mark.django_db


@contextmanager
def somebody_migrates() -> Iterator[None]:
    """Hold what another start holds while it migrates."""
    if connection.vendor == "sqlite":
        with (settings.DOORWARD.data_dir / "migrating.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    used = connection.settings_dict
    with psycopg.connect(
        dbname=used["NAME"], user=used["USER"], host=used["HOST"] or used["OPTIONS"]["host"]
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [migrating._LOCK])
        yield


def test_who_waits_says_for_what_and_does_not_wait_for_ever(monkeypatch, caplog):
    monkeypatch.setattr(migrating, "WAIT_SECONDS", 0.5)
    with somebody_migrates(), pytest.raises(Failure, match="Another start of Doorward") as refused:
        bring_up_to_date()
    assert caplog.messages == [migrating._WAITING]
    assert "\n" not in str(refused.value)
    bring_up_to_date()


def test_who_waits_goes_on_when_the_other_is_ready(monkeypatch, caplog):
    held = somebody_migrates()
    held.__enter__()
    # The second try is the other's end.
    monkeypatch.setattr(
        "doorward.cli.migrating.time.sleep", lambda _seconds: held.__exit__(None, None, None)
    )
    bring_up_to_date()
    assert caplog.messages == [migrating._WAITING]


# --- a database newer than the program ----------------------------------------------------------------


@pytest.fixture
def newer() -> str:
    """Return the sentence about a database that a newer Doorward has changed."""
    people.provider()
    MigrationRecorder(connection).record_applied("audit", "9999_contract_97_2_names")
    return (
        "The database is newer than this program: after its migration audit.9999_contract_97_2_names Doorward 97.2 is "
        f"the oldest that may run, and this is {__version__}. Install the version that it was used with last, or "
        "restore a backup from before.\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--bind", "PORT"],
        ["check"],
        ["customers", "list"],
        ["customers", "add", "Cedar Clinic"],
        ["administrators", "list"],
        ["keys", "rotate"],
        ["history", "verify"],
    ],
)
def test_a_newer_database_is_refused(newer, monkeypatch, words):
    monkeypatch.setenv("DOORWARD_BIND", "")  # `run` sets it
    bind = f"127.0.0.1:{free_port()}"
    # In this process the settings were read before `--bind` is.
    monkeypatch.setattr(settings, "DOORWARD", settings.DOORWARD.model_copy(update={"bind": bind}))
    done = CliRunner().invoke(main, [bind if word == "PORT" else word for word in words])
    assert done.exit_code == 1
    assert done.stderr == newer
    assert not Customer.objects.filter(name="Cedar Clinic").exists()


def test_what_newer_ones_only_added_to_is_used_on(client: Client) -> None:
    people.provider()
    for name in ("9998_later", "9999_contract_0_0_names"):
        MigrationRecorder(connection).record_applied("audit", name)
    refuse_unprepared()
    bring_up_to_date()
    done = CliRunner().invoke(main, ["customers", "add", "Cedar Clinic"])
    assert done.exit_code == 0, done.stderr
    assert "newer" not in client.get("/readyz").json()["wrong"]


def test_work_refuses_a_newer_database(newer):
    with pytest.raises(Failure, match="is newer than this program"):
        refuse_unprepared()


def test_every_command_looks_first():
    """Whatever is not made by `with_data` begins with `bring_up_to_date`, or `refuse_unprepared`, itself."""

    def leaves(name: str, command: click.Command | None) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for below in command.commands.values():
                yield from leaves(f"{name} {below.name}", below)
        elif command is not None:
            yield name, command

    context = click.Context(main)
    assert isinstance(main, click.Group)
    found = {
        name: command
        for one in COMMANDS
        for name, command in leaves(one, main.get_command(context, one))
    }
    others = {name for name, one in found.items() if not hasattr(one.callback, "__wrapped__")}
    # Into an empty place, or the key file alone: there is nothing to look at.
    empty = {"restore everything", "keys backup", "keys make", "keys restore"}
    empty |= {"completion", "manual"}  # about the program alone
    # `check` does by what it calls: before an upgrade it leaves the database as it is.
    assert others == {"run", "work", "demo", "demo-code", "check", "migrate"} | empty


def test_readiness_ends_when_the_database_becomes_newer(client: Client) -> None:
    people.provider()
    assert b"newer" not in client.get("/readyz").content  # no worker runs here
    MigrationRecorder(connection).record_applied(
        "recovery", "0002_contract_99_0_of_another_program"
    )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "wrong": ["newer"]}


def test_what_a_migration_took_the_place_of_is_known(monkeypatch):
    migration = MigrationLoader(None).disk_migrations["audit", "0001_initial"]
    monkeypatch.setattr(type(migration), "replaces", [("audit", "0000_before")])
    schema._known.cache_clear()
    try:
        MigrationRecorder(connection).record_applied("audit", "0000_before")
        assert schema.newer() == ""
    finally:
        schema._known.cache_clear()
