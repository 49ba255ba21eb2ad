"""Three nodes and one worker on one PostgreSQL: what is once is once over all, what is changed holds at all.

One start for all of it: nodes take seconds to come up.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from doorward.kernel.crypto.keyring import KeyFile
from tests.cli import nodes_once, nodes_told
from tests.cli.nodes import Nodes
from tests.faults.installation import database_url
from tests.kit import people, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.processes,
    pytest.mark.both_databases,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def nodes(settings: Any, tmp_path: Path) -> Iterator[Nodes]:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite is of one machine")
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    people.provider()
    origin = f"http://localhost:{serving.free_port()}"
    given = {
        "database_url": database_url(),
        "public_url": origin,
        "keys_file": str(settings.KEYS.path),
    }
    with ExitStack() as stack:
        servers = []
        for number in range(3):
            server = serving.start(tmp_path / f"node{number}", "--no-worker", port=None, **given)
            stack.callback(server.stop)
            servers.append(server)
        worker = subprocess.Popen(
            [*serving.PROGRAM, "work"],
            env=serving.environment(tmp_path / "worker", **given),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(worker.wait)
        stack.callback(worker.terminate)
        yield Nodes(servers, worker, origin, tmp_path, given)


def test_nodes_are_one_portal(nodes, settings):
    customer = people.make_customer()
    for shows in (
        nodes_once.codes_work_once,
        nodes_once.mailed_links_work_once,
        nodes_once.help_is_agreed_to_and_used_once,
        nodes_once.what_applications_hold_works_once,
        nodes_told.wrong_codes_are_counted_over_all,
        nodes_told.who_is_suspended_is_out_at_all,
        nodes_told.policies_hold_at_all,
        nodes_told.brands_hold_at_all,
        nodes_told.tabs_and_applications_hold_at_all,
    ):
        shows(nodes, customer)
    nodes_told.keys_are_changed_while_they_run(nodes, customer, settings.KEYS)
    nodes_told.people_sign_in_while_no_worker_is_left(nodes, customer)
