"""Fifty people at three nodes behind HAProxy on two PostgreSQL servers, while nodes and primaries die: a program.

`python -m tests.faults.crowd SECONDS PEOPLE primary|network|networks|once` prints what happened, as JSON. It is no test
by itself, since it wants a Django on another database than the tests'. What does not hold raises.

`primary`: the primary's server dies. `network`: what one node has to the database is cut, and nobody is told.
`networks`: the same for all nodes at once, for less time than a request waits. `once`: one node is killed, then the
primary's server; everybody goes on until they have nothing more to do, quickly, and nobody waits for a disk.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.faults import patroni
from tests.kit.forwarding import forwarder
from tests.kit.serving import free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from tests.faults.nodes import Nodes
    from tests.faults.show import Show
    from tests.kit.forwarding import Forwarder

SECONDS, PEOPLE, DIES = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
# For how long a network is cut. A request waits five seconds: where every node is cut off for longer, some must fail.
CUT_SECONDS = {"network": 15.0, "networks": 4.0}
NODE_DIES_EVERY = 20.0
ONCE = DIES == "once"
# What somebody looks at a page before they go on; how long they wait where it failed.
THINKS, WAITS = ((0.1, 0.6), 0.5) if ONCE else ((0.5, 3.0), 5.0)
# Of so many sign-ins one is raced for with its own code.
RACED = 3
# Longer than a primary takes to be found, and its standby to be in step again.
SETTLED_SECONDS = 2.0


def main() -> None:
    """Play it, look, and print the figures."""
    chance = Random(int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6))))
    port = free_port()
    with patroni.pair(in_a_hurry=ONCE) as pair, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doorward-crowd-")))
        os.environ |= {
            "DOORWARD_DATABASE_URL": pair.url,
            "DOORWARD_DATA_DIR": str(folder / "console"),
            "DOORWARD_KEYS_FILE": str(folder / "keys.json"),
            "DOORWARD_PUBLIC_URL": f"http://localhost:{port}",
            "DJANGO_SETTINGS_MODULE": "doorward.settings.django",
        }
        import django  # noqa: PLC0415 - the settings are there now

        django.setup()
        logging.disable(logging.WARNING)  # of the mail server
        from tests.faults.nodes import WORDS, Nodes  # noqa: PLC0415 - after set-up
        from tests.faults.show import Show  # noqa: PLC0415

        networks = [
            [stack.enter_context(forwarder(one.port)) for one in pair.machines] for _ in WORDS
        ]
        urls = [pair.url_by([one.port for one in network]) for network in networks]
        with Nodes(folder, urls if DIES in CUT_SECONDS else [pair.url] * 3, port) as nodes:
            show = Show(nodes, pair, chance, people=PEOPLE, thinks=THINKS, raced=RACED, waits=WAITS)
            show.get_ready(SECONDS)
            with ThreadPoolExecutor(PEOPLE) as pool:
                walks = [pool.submit(show.walk, number) for number in range(PEOPLE)]
                try:
                    if ONCE:
                        harm_once(show, nodes, pair)
                        wait(walks)
                    else:
                        harm(show, nodes, pair, networks)
                finally:
                    show.over.set()
            for walk in walks:
                walk.result()
            if not ONCE:
                time.sleep(SETTLED_SECONDS)
                pair.be_whole()
            until(nodes.are_whole, seconds=60)
            figures = show.look(in_a_hurry=ONCE)
            sys.stdout.write(
                json.dumps(figures | {"seconds": SECONDS, "people": PEOPLE, "dies": DIES})
            )


def harm_once(show: Show, nodes: Nodes, pair: patroni.Pair) -> None:
    """Kill a node once everybody is on their way and a code was sent twice, and the primary when they went on."""
    until(lambda: show.counts["requests"] >= PEOPLE and show.counts["codes sent twice at once"])
    nodes.kill_next()
    asked = show.counts["requests"]
    until(lambda: show.counts["requests"] >= asked + PEOPLE)
    pair.primary().kill_server()
    show.moved.append(round(pair.seconds_without_writes(), 1))
    show.count_from_now("journeys after it")
    nodes.start_the_dead()


def harm(show: Show, nodes: Nodes, pair: patroni.Pair, networks: list[list[Forwarder]]) -> None:
    """Kill a node every so often; after a third and two thirds of the time the database is away, as `DIES` says."""
    began = time.monotonic()
    due = [SECONDS / 3, 2 * SECONDS / 3]
    next_node, healed = NODE_DIES_EVERY / 2, 0.0
    while (passed := time.monotonic() - began) < SECONDS:
        if healed and passed >= healed:
            healed = 0.0
            _cut(networks, is_cut=False)
        if due and passed >= due[0]:
            due.pop(0)
            if DIES in CUT_SECONDS:
                _cut(networks[len(due) :][:1] if DIES == "network" else networks, is_cut=True)
                healed = passed + CUT_SECONDS[DIES]
                show.moved.append(CUT_SECONDS[DIES])
            else:
                pair.primary().kill_server()
                show.moved.append(round(pair.seconds_without_writes(), 1))
        elif passed >= next_node:
            next_node += NODE_DIES_EVERY
            nodes.kill_next()
        else:
            nodes.start_the_dead()
            time.sleep(0.2)
    _cut(networks, is_cut=False)


def _cut(networks: list[list[Forwarder]], *, is_cut: bool) -> None:
    for network in networks:
        for one in network:
            one.is_cut = is_cut


if __name__ == "__main__":
    main()
