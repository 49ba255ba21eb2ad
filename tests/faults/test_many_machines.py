"""Fifty people for five minutes, while a node dies every twenty seconds and the primary twice, or the network to it.

The network is that of one node, for longer than a request waits, or that of all of them, for less.

FAULTS_MANY_SECONDS and FAULTS_MANY_PEOPLE say for how long, and how many; `make faults` plays five minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.processes,
    pytest.mark.at_length,
    pytest.mark.one_database,
    pytest.mark.xdist_group("processes"),
]

SECONDS = int(os.environ.get("FAULTS_MANY_SECONDS", "60"))
PEOPLE = int(os.environ.get("FAULTS_MANY_PEOPLE", "10"))
# Below so many seconds two moves of the primary are most of the show.
FIVE_MINUTES = 300


@pytest.mark.parametrize("dies", ["primary", "network", "networks"])
def test_whatever_dies_nothing_acknowledged_is_lost_and_hardly_anybody_notices(dies):
    """What must hold is held by the program itself (`crowd`, `show`), against rows, history and mail."""
    played = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.faults.crowd",
            str(SECONDS),
            str(PEOPLE),
            dies,
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS + 900,
        check=False,
    )
    assert played.returncode == 0, played.stderr[-4000:]
    figures = json.loads(played.stdout)
    print(figures)  # noqa: T201 - what `make faults` says
    assert figures["nodes killed"] >= SECONDS // 20
    assert len(figures["seconds without writes"]) == 2
    assert figures["acknowledged changes"] > 0
    assert figures["codes sent twice at once"] > 0
    if SECONDS >= FIVE_MINUTES:
        assert figures["failures in a hundred"] < 1
