"""`doorward migrate` brings the database up to date and ends, beside nodes that start."""

from __future__ import annotations

import subprocess

import pytest

from doorward.cli.first_start import _NOT_CURRENT
from tests.kit import postgresql
from tests.kit.serving import PROGRAM, doorward, environment, start

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("commands")]
DONE = "The database is up to date.\n"


@pytest.mark.one_database
def test_it_ends_when_the_database_is_up_to_date_and_a_second_one_changes_nothing(tmp_path):
    folder = tmp_path / "data"
    for _ in range(2):
        ended = doorward("migrate", folder=folder)
        assert (ended.returncode, ended.stdout) == (0, DONE), ended.stderr
    listed = doorward("customers", "list", folder=folder)
    assert listed.stdout.count("\nProvider") == 1


@pytest.mark.both_databases
@pytest.mark.skipif(not postgresql.url(), reason="nodes share PostgreSQL")
def test_jobs_and_a_node_that_start_at_once_get_along_on_postgresql(tmp_path):
    keys = tmp_path / "keys.json"
    assert doorward("keys", "make", str(keys), folder=tmp_path).returncode == 0
    with postgresql.empty_database() as url:
        given = {"database_url": url, "keys_file": str(keys)}
        before = doorward("customers", "list", folder=tmp_path / "before", **given)
        assert before.stderr == f"{_NOT_CURRENT}\n"
        jobs = [
            subprocess.Popen(
                [*PROGRAM, "migrate"],
                env=environment(tmp_path / f"job{number}", **given),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(2)
        ]
        node = start(tmp_path / "node", port=None, **given)
        try:
            for job in jobs:
                said, warned = job.communicate(timeout=120)
                assert (job.returncode, said) == (0, DONE), warned
            listed = doorward("customers", "list", folder=tmp_path / "after", **given)
            assert listed.stdout.count("\nProvider") == 1
        finally:
            assert node.stop() == 0
