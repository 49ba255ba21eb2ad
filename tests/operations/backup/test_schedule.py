"""The worker's backups: one at a time, the oldest go after a good new one, and nobody's files but its own."""

from __future__ import annotations

import fcntl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyrage
import pytest
import time_machine
from django.db import connection

from doorward.customers.models import Customer
from doorward.environment import WrongSetting, load
from doorward.kernel.db.sqlite.copying import copy_to
from doorward.kernel.heartbeat import Heart
from doorward.kernel.metrics.declared import BACKUP_AGE, BACKUP_OVERDUE
from doorward.operations import readings
from doorward.operations.backup import archive, encryption, last_good, schedule
from doorward.operations.checks import backups
from tests.cli.backups import Installation, programs_of_the_server
from tests.kit import people, postgresql
from tests.kit.racing import at_once
from tests.kit.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the settings; the database is a file."""
    monkeypatch.setenv("PATH", programs_of_the_server())
    there = tmp_path / "backups"
    there.mkdir()
    (tmp_path / "data").mkdir()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        copy_to(tmp_path / "data" / "doorward.sqlite3")
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={"backup_dir": there, "backup_keep": 2, "data_dir": tmp_path / "data"}
    )
    people.provider()
    return there


def made_at(now: datetime) -> bool:
    with time_machine.travel(now, tick=False):
        if not schedule.begin(now=now):
            return False
        good = schedule.back_up(now=now)
        schedule.end(good=good)
        return good


@pytest.mark.django_db(transaction=True)
def test_one_a_day_is_kept_of_the_newest_and_nobodys_else_is_touched(folder, settings):
    others = ("doorward-00000000-20200101T000000Z.backup", "portal.backup", "notes.txt")
    for name in others:
        (folder / name).write_text("somebody's")
    assert [made_at(NOW + hours * HOUR) for hours in (0, 1, 23, 24, 47, 48)] == [
        *(True, False, False, True, False, True),
    ]
    id_of = Customer.objects.get(kind="provider").id.hex[:8]
    ours = [f"doorward-{id_of}-202611{day}T090000Z.backup" for day in (26, 25)]
    assert [file.name for file in schedule.kept(folder, now=NOW + 48 * HOUR)] == ours
    assert sorted(file.name for file in folder.iterdir()) == sorted([*others, *ours])
    assert last_good.last_good(NOW + 49 * HOUR) == NOW + 48 * HOUR
    assert last_good.last_good(NOW) is None  # a date that is yet to come is no good one
    assert all(
        file.stat().st_mode & 0o777 == 0o600 for file in schedule.kept(folder, now=NOW + 48 * HOUR)
    )


@pytest.mark.django_db(transaction=True)
def test_nothing_is_removed_where_the_new_one_fails_and_it_is_tried_again(folder, settings, caplog):
    assert [made_at(NOW + day * 24 * HOUR) for day in range(2)] == [True, True]
    kept = schedule.kept(folder, now=NOW + 48 * HOUR)
    later = NOW + 48 * HOUR
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"backup_keep": 1})
    folder.rename(folder.with_name("away"))
    assert not made_at(later)
    assert f"The folder {folder} for backups is not there." in caplog.text
    assert "Traceback" not in caplog.text
    assert not folder.exists()
    folder.with_name("away").rename(folder)
    assert schedule.kept(folder, now=NOW + 48 * HOUR) == kept
    assert not made_at(later + timedelta(minutes=14))
    assert made_at(later + timedelta(minutes=15))
    assert len(schedule.kept(folder, now=NOW + 48 * HOUR)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("died", [False, True], ids=["ended", "died"])
def test_a_clock_that_was_ahead_neither_holds_the_next_up_nor_has_it_removed(
    folder, settings, died
):
    ahead = NOW + timedelta(days=365)
    assert made_at(ahead)
    if died:
        with time_machine.travel(ahead + timedelta(days=1), tick=False):
            assert schedule.begin(now=ahead + timedelta(days=1))
    [of_next_year] = schedule.kept(folder, now=ahead)
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"backup_keep": 1})
    # The clock is set right: what is dated later than now is no newer one.
    assert made_at(NOW)
    [of_today] = schedule.kept(folder, now=NOW)
    assert f"{NOW:%Y%m%d}" in of_today.name
    assert not of_next_year.exists()


@pytest.mark.django_db(transaction=True)
def test_what_one_left_that_was_killed_goes_with_the_next(folder):
    made_at(NOW)
    [ours] = schedule.kept(folder, now=NOW + 48 * HOUR)
    left = folder / f".{ours.name}.0f9e8d7c.part"
    at_work = folder / f".{ours.name}.01234567.part"
    another = folder / ".doorward-00000000-20261124T090000Z.backup.0f9e8d7c.part"
    for part in (left, at_work, another):
        part.touch()
    with at_work.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        made_at(NOW + 24 * HOUR)
    assert [part.exists() for part in (left, at_work, another)] == [False, True, True]
    assert len(schedule.kept(folder, now=NOW + 48 * HOUR)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_makes_it_and_one_that_died_is_replaced(folder):
    with time_machine.travel(NOW, tick=False):
        begun = at_once([lambda: schedule.begin(now=NOW)] * 6)
        assert [type(one) for one in begun if one is not None] == [Heart]
        assert schedule.begin(now=NOW + timedelta(minutes=4)) is None
        heart = schedule.begin(now=NOW + timedelta(minutes=5))
    assert heart
    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        schedule.go_on(heart)
        assert schedule.begin(now=NOW + timedelta(minutes=13)) is None
        assert schedule.begin(now=NOW + timedelta(minutes=14))


@pytest.mark.django_db
def test_without_a_folder_it_makes_none():
    assert schedule.begin(now=NOW) is None


def finding(environment: Any, name: str, now: datetime = NOW) -> tuple[str, str]:
    [found] = [one for one in backups.look(environment, now=now) if one.check == name]
    return found.verdict, found.what


@pytest.mark.django_db
def test_the_check_says_how_old_the_last_good_one_is(settings, folder):
    scheduled = settings.DOORWARD
    by_hand = scheduled.model_copy(update={"backup_dir": type(folder)()})
    assert finding(scheduled, "backup")[0] == "unfit"
    assert finding(by_hand, "backup")[0] == "advice"
    last_good.remember(by_worker=True, now=NOW)
    for environment, late in ((scheduled, "unfit"), (by_hand, "advice")):
        assert finding(environment, "backup", NOW + 48 * HOUR)[0] == "fine"
        verdict, what = finding(environment, "backup", NOW + 48 * HOUR + timedelta(seconds=1))
        assert (verdict, what) == (late, "The last good backup is 48 hours old.")
    # A clock that was ahead when it was made: none is known of.
    assert finding(scheduled, "backup", NOW - HOUR)[0] == "unfit"


def told(now: datetime) -> dict[str, float]:
    """Return what a monitor is told of the age of backups."""
    read = {metric: number for metric, _labels, number in readings._all(now=now)}
    return {
        metric.name.removeprefix("doorward_backup_"): read[metric]
        for metric in (BACKUP_AGE, BACKUP_OVERDUE)
        if metric in read
    }


@pytest.mark.django_db
def test_a_monitor_is_told_when_one_is_overdue(settings, folder):
    weekly = settings.DOORWARD.model_copy(update={"backup_hours": 168})
    assert told(NOW) == {"overdue": True}  # none was ever made
    last_good.remember(by_worker=True, now=NOW)
    assert told(NOW + 48 * HOUR) == {"age_seconds": 48 * 3600, "overdue": False}
    assert told(NOW + 49 * HOUR) == {"age_seconds": 49 * 3600, "overdue": True}
    assert told(NOW - HOUR) == {"overdue": True}  # by a clock that was ahead
    settings.DOORWARD = weekly
    assert told(NOW + 336 * HOUR)["overdue"] is False
    settings.DOORWARD = weekly.model_copy(update={"backup_dir": type(folder)()})
    assert "overdue" not in told(NOW)


@pytest.mark.django_db
def test_one_that_was_made_at_the_console_is_none_of_the_schedule(settings, folder):
    scheduled = settings.DOORWARD
    by_hand = scheduled.model_copy(update={"backup_dir": type(folder)()})
    last_good.remember(now=NOW)
    none = "The worker has made no backup yet; what `doorward backup` made does not count."
    assert finding(scheduled, "backup", NOW) == ("unfit", none)
    by_now = "The last good backup is less than an hour old."
    assert finding(by_hand, "backup", NOW) == ("fine", by_now)
    last_good.remember(by_worker=True, now=NOW)
    last_good.remember(now=NOW + 23 * HOUR)
    assert schedule.is_due(now=NOW + 24 * HOUR)
    late = NOW + 49 * HOUR
    assert finding(scheduled, "backup", late) == ("unfit", "The last good backup is 49 hours old.")
    assert finding(by_hand, "backup", late) == ("fine", "The last good backup is 26 hours old.")
    [age] = [number for metric, _labels, number in readings._all(now=late) if metric is BACKUP_AGE]
    assert age == 49 * 3600
    # Before an upgrade any one is good.
    assert last_good.last_good(late) == NOW + 23 * HOUR


@pytest.mark.django_db
def test_the_check_says_where_they_are_and_who_can_read_them(settings, folder):
    given = settings.DOORWARD
    inside = given.data_dir / "backups"
    inside.mkdir()
    assert finding(given, "backup-folder")[0] == "advice"  # the same disk
    assert finding(given.model_copy(update={"backup_dir": inside}), "backup-folder")[0] == "unfit"
    nowhere = given.model_copy(update={"backup_dir": folder / "none"})
    assert finding(nowhere, "backup-folder")[0] == "unfit"
    assert finding(given, "backup-recipient")[0] == "advice"
    encrypted = given.model_copy(update={"backup_recipient": ("age1…",)})
    assert finding(encrypted, "backup-recipient")[0] == "fine"


def test_a_recipient_that_is_none_stops_the_start_and_a_secret_is_not_repeated(monkeypatch):
    one, other = (pyrage.x25519.Identity.generate() for _ in range(2))
    monkeypatch.setenv("DOORWARD_BACKUP_RECIPIENT", f"{one.to_public()}, {other.to_public()}")
    assert load().backup_recipient == (str(one.to_public()), str(other.to_public()))
    for wrong in (str(one), f"{one.to_public()},age1x"):
        monkeypatch.setenv("DOORWARD_BACKUP_RECIPIENT", wrong)
        with pytest.raises(WrongSetting, match=r"DOORWARD_BACKUP_RECIPIENT: it must be") as said:
            load()
        assert str(one) not in str(said.value)


@pytest.mark.processes
@pytest.mark.both_databases
@pytest.mark.xdist_group("commands")
def test_a_portal_makes_one_by_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs_of_the_server())
    identity = pyrage.x25519.Identity.generate()
    folder = tmp_path / "backups"
    folder.mkdir()
    given = {"backup_dir": str(folder), "backup_recipient": str(identity.to_public())}
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.empty_database()) if postgresql.url() else ""
        portal = Installation(tmp_path / "data", url, empty=True, **given)
        server = portal.start()
        try:
            [file] = until(lambda: [*folder.glob("doorward-*.backup")])
            found = until(lambda: "a backup was made" in server.log.read_text())
        finally:
            server.stop()
    assert found
    pieces: list[bytes] = []
    unpacking = archive.Unpacking(pieces.append)
    with file.open("rb") as opened:
        encryption.decrypt(opened, [identity], unpacking.write)
    assert unpacking.finish()["rows"]["customers_customer"] == 1
