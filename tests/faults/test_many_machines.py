"""Fifty people for five minutes, while a node dies every twenty seconds and the primary twice, or the network to it.

The network is that of one node, for longer than a request waits, or that of all of them, for less.

FAULTS_MANY_SECONDS and FAULTS_MANY_PEOPLE say for how long, and how many; `make faults` plays five minutes. In
`make test` ten people go through what they have to do, while one node dies, and the primary once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.kit import postgresql

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("many machines")]

SECONDS = int(os.environ.get("FAULTS_MANY_SECONDS", "60"))
PEOPLE = int(os.environ.get("FAULTS_MANY_PEOPLE", "10"))
# Below so many seconds two moves of the primary are most of the show.
FIVE_MINUTES = 300


@pytest.mark.both_databases
@pytest.mark.skipif(not postgresql.url(), reason="is asked for beside PostgreSQL's")
def test_one_node_and_the_primary_die_and_nothing_acknowledged_is_lost():
    figures = played(12, 10, "once")
    assert figures["nodes killed"] == 1
    assert len(figures["seconds without writes"]) == 1
    assert figures["codes sent twice at once"] > 0
    assert figures["acknowledged changes"] > 0
    assert figures["journeys after it"] > 0


@pytest.mark.at_length
@pytest.mark.one_database
@pytest.mark.parametrize("dies", ["primary", "network", "networks"])
def test_whatever_dies_nothing_acknowledged_is_lost_and_hardly_anybody_notices(dies):
    figures = played(SECONDS, PEOPLE, dies)
    assert figures["nodes killed"] >= SECONDS // 20
    assert len(figures["seconds without writes"]) == 2
    assert figures["acknowledged changes"] > 0
    assert figures["codes sent twice at once"] > 0
    if SECONDS >= FIVE_MINUTES:
        assert figures["failures in a hundred"] < 1


def played(seconds: int, people: int, dies: str) -> dict[str, Any]:
    """Return the figures of a show. What must hold is held by the program itself, against rows, history and mail."""
    program = [sys.executable, "-W", "ignore", "-m", "tests.faults.crowd"]
    done = subprocess.run(
        [*program, str(seconds), str(people), dies],
        capture_output=True,
        text=True,
        timeout=seconds + 900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures: dict[str, Any] = json.loads(done.stdout)
    print(figures)  # noqa: T201 - what `make faults` says
    return figures
