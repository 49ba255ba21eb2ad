"""`doorward work`: the background work alone, on a machine that shares database and keys with another."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import psutil
import pytest

from tests.kit import postgresql
from tests.kit.serving import doorward, environment, start
from tests.kit.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("commands")]

ADDED = ("administrators", "add", "lena@harbourbakery.example", "--customer", "Provider")


def test_a_second_machine_needs_a_database_that_two_can_share(tmp_path):
    answer = doorward("work", folder=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr == "A second machine needs PostgreSQL: set DOORWARD_DATABASE_URL.\n"


def test_nor_does_one_serve_alone_without_such_a_database(tmp_path):
    answer = doorward("run", "--no-worker", folder=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr == "A second machine needs PostgreSQL: set DOORWARD_DATABASE_URL.\n"


if postgresql.url():  # on SQLite there is nothing else to say

    @contextmanager
    def working(folder, **settings):
        """Run it until the test is done; return its process."""
        log = folder.parent / "work.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "doorward", "work"],
                env=environment(folder, **settings),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            until(lambda: process.poll() is not None or "Working." in log.read_text())
            assert process.poll() is None, log.read_text()
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            assert process.wait(timeout=60) == 0

    @pytest.fixture(scope="module")
    def first(tmp_path_factory):
        """Return the settings of a first machine, which has prepared the database and is off."""
        folder = tmp_path_factory.mktemp("first") / "data"
        with postgresql.empty_database() as url:
            start(folder, database_url=url).stop()
            yield {"database_url": url, "keys_file": str(folder / "keys.json")}

    def mails(folder):
        return list((folder / "mail").glob("*.eml"))

    def test_it_sends_what_was_left_to_do_and_serves_nothing(first, tmp_path):
        assert doorward(*ADDED, folder=tmp_path / "console", **first).returncode == 0
        folder = tmp_path / "second"
        with working(folder, **first) as process:
            until(lambda: mails(folder))
            assert b"lena@harbourbakery.example" in mails(folder)[0].read_bytes()
            tree = [process, *process.children(recursive=True)]
            assert not [
                one for part in tree for one in part.net_connections() if one.status == "LISTEN"
            ]
        assert not mails(tmp_path / "console")

    def test_it_is_started_anew_when_it_dies_and_ends_as_one(first, tmp_path):
        with working(tmp_path / "second", **first) as process:
            [part] = until(process.children)
            part.kill()
            until(lambda: [one for one in process.children() if one.pid != part.pid])
            [part] = process.children()
        until(lambda: not part.is_running())

    def test_without_the_keys_it_does_not_start(first, tmp_path):
        settings = {"database_url": first["database_url"]}
        answer = doorward("work", folder=tmp_path / "second", **settings)
        assert answer.returncode == 1
        assert "is not in the key file" in answer.stderr
        assert answer.stderr.count("\n") == 1
        assert not (tmp_path / "second" / "keys.json").exists()

    def test_a_database_that_nobody_prepared_is_refused(tmp_path):
        with postgresql.empty_database() as url:
            answer = doorward("work", folder=tmp_path / "data", database_url=url)
        assert answer.returncode == 1
        assert answer.stderr == "The database is not up to date: `doorward run` brings it there.\n"

    def test_a_node_that_serves_alone_is_ready_by_the_worker_of_another(first, tmp_path):
        folder = tmp_path / "serving"
        server = start(folder, "--no-worker", **first)
        try:
            assert server.part("serve") is not None
            assert server.part("work") is None
            with working(tmp_path / "second", **first):
                until(lambda: ready(server))
        finally:
            assert server.stop() == 0
        # Nothing in its folder that another node would need.
        assert {one.name for one in folder.iterdir()} <= {"running.lock"}

    def ready(server):
        try:
            with urllib.request.urlopen(f"{server.address}/readyz", timeout=60) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False
