"""A first start that was killed between two migrations, or within one, is no obstacle to the next one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.kit import postgresql, serving

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("commands"),
    pytest.mark.skipif(
        bool(postgresql.url()), reason="PostgreSQL's is one transaction, with its lock."
    ),
]

KILLED = """
import os
from django.db.migrations.recorder import MigrationRecorder
written, left = MigrationRecorder.record_applied, [{after}]
def killed(self, app, name):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    written(self, app, name)
MigrationRecorder.record_applied = killed
from doorward.cli import main
main(["customers", "list"])
"""


@pytest.mark.parametrize("after", [0, 1, 7])
def test_what_was_half_made_is_made_again(tmp_path, after):
    folder = tmp_path / "data"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(after=after)],
        env=serving.environment(folder),
        capture_output=True,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr
    again = serving.doorward("customers", "list", folder=folder)
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("customers", "list"), "doorward.sqlite3"),
        (("customers", "list"), "migrating.lock"),
        (("run", "--bind", "127.0.0.1:9"), "running.lock"),
    ],
)
def test_what_is_no_file_where_one_belongs_is_said_in_one_sentence(tmp_path, command, name):
    (tmp_path / "data" / name).mkdir(mode=0o700, parents=True)
    (tmp_path / "data").chmod(0o700)
    answer = serving.doorward(*command, folder=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr == f"{tmp_path / 'data' / name} cannot be used: Is a directory.\n"
