"""Killed with -9 at random points of every journey, started again: nothing is lost, nothing is half made.

A few kills here; `make faults` does 200 on each database. FAULTS_KILLS: how many; FAULTS_SEED: what
chance is drawn from (a failure prints it).
"""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.environment import MailServer
from doorward.kernel.crypto.keyring import KeyFile
from doorward.notifications.worker import run_once
from doorward.signin.models import AskedLink
from tests.faults import invariants, people
from tests.faults.installation import ALL, PARTS, Installation
from tests.faults.journeys import JOURNEYS, Bell, Over, Visitor
from tests.faults.postman import Postman
from tests.kit import people as kit_people
from tests.kit.waiting import until
from tests.notifications import servers
from tests.notifications.mails import send_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doorward.customers.models import Customer
    from tests.faults.ledger import Somebody
    from tests.faults.people import Plan

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

KILLS = int(os.environ.get("FAULTS_KILLS", "4"))
# In a round one part is killed after the other while people go on, and at last all of it.
KILLS_A_ROUND = 4
BROWSERS = 4
JOURNEYS_EACH = 3
# Between two kills: requests at most, how long they may take (some wait for mail), how long one takes.
REQUESTS = 30
LONGEST_SECONDS = 3.0
A_REQUEST_SECONDS = 0.06
ROTATE_EVERY = 5


@dataclass
class Run:
    """All rounds of one run."""

    installation: Installation
    customer: Customer
    postman: Postman
    chance: Random
    people: list[Somebody] = field(default_factory=list)
    addresses: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def visitor(self, bell: Bell | None = None) -> Visitor:
        number = next(self.addresses)
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        installation = self.installation
        return Visitor(
            installation.port,
            installation.address,
            address=address,
            bell=bell,
            postman=self.postman,
        )

    def round(self, number: int) -> None:
        """Let people go about, kill, wait until all is there again, and look."""
        plans = [
            [people.plan(self.chance.choice(JOURNEYS), self.customer) for _ in range(JOURNEYS_EACH)]
            for _ in range(BROWSERS)
        ]
        if number % ROTATE_EVERY == 1:
            self.installation.rotate_keys()
        bell = Bell()
        with ThreadPoolExecutor(BROWSERS) as pool:
            walks = [pool.submit(self._walk, one, bell) for one in plans]
            ways = [self.chance.choice(PARTS) for _ in range(KILLS_A_ROUND - 1)]
            for way in [*ways, self.chance.choice(ALL)]:
                bell.wait(self.chance.randint(1, REQUESTS), seconds=LONGEST_SECONDS)
                time.sleep(self.chance.uniform(0, A_REQUEST_SECONDS))
                self.installation.kill(way, self.chance)
            bell.over.set()
        for walk in walks:
            walk.result()
        self.installation.be_whole()
        # What was asked for a forgotten password is done, and recorded, by the worker.
        until(lambda: not AskedLink.objects.exists(), seconds=60)
        self._look([who for one in plans for plan in one for who in plan.people])

    def _walk(self, plans: list[Plan], bell: Bell) -> None:
        for plan in plans:
            with suppress(OSError, HTTPException, Over):
                plan.walk(self.visitor(bell))
            # A server that was killed is there again in a moment, or all is over.
            while not bell.over.is_set() and not self.installation.server.healthy():
                time.sleep(0.05)

    def _look(self, who: list[Somebody]) -> None:
        invariants.history_holds()
        for one in who:
            invariants.hold_for(one)
        for one in self.chance.sample(who, min(BROWSERS, len(who))):
            invariants.lets_in(self.visitor(), self.visitor(), one)
            invariants.hold_for(one)
        self.people += who

    @property
    def acknowledged(self) -> int:
        return sum(one.happened.total() for one in self.people)


@pytest.fixture
def box(caplog: pytest.LogCaptureFixture) -> Iterator[servers.Box]:
    caplog.set_level("WARNING", "mail.log")
    with servers.serve() as box:
        yield box


@pytest.fixture
def run(transactional_db: None, tmp_path: Path, settings: Any, box: servers.Box) -> Iterator[Run]:
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    customer = kit_people.make_customer()
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown where it fails
    installation = Installation(tmp_path / "data", box, settings.KEYS.path)
    try:
        yield Run(installation, customer, Postman(box), Random(seed))
    finally:
        installation.stop()


@pytest.mark.both_databases
def test_nothing_is_lost_and_nothing_is_half_made(
    run: Run, box: servers.Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    number = 0
    while run.installation.kills < KILLS:
        number += 1
        run.round(number)
    run.installation.keys_are_rotated_to_the_end()
    run.installation.stop()
    # What a killed worker had taken is another's after its lease.
    send_to(monkeypatch, MailServer(kind="smtp", host="127.0.0.1", port=box.port, security="none"))
    run_once(timezone.now() + timedelta(minutes=3))
    for one in run.people:
        invariants.hold_for(one)
    invariants.history_holds()
    mails = invariants.mail_arrived(run.postman.received())
    figures = {
        "kills": run.installation.kills,
        "rounds": number,
        "people": len(run.people),
        "acknowledged changes": run.acknowledged,
        "mails": mails,
        "mails sent twice": len(box.envelopes) - mails,
        "seconds": round(time.monotonic() - began),
    }
    print(figures)  # noqa: T201 - what `make faults` says
