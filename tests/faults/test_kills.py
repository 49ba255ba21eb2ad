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
from doorward.notices.worker import run_once
from doorward.safe.keyring import KeyFile
from tests import support
from tests.faults import invariants, people
from tests.faults.installation import WAYS, Installation
from tests.faults.journeys import JOURNEYS, Bell, Over, Visitor
from tests.faults.postman import Postman
from tests.notices import servers
from tests.notices.mails import send_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doorward.customers.models import Customer
    from tests.faults.ledger import Somebody
    from tests.faults.people import Plan

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

KILLS = int(os.environ.get("FAULTS_KILLS", "4"))
BROWSERS = 4
JOURNEYS_EACH = 2
# How many requests a round has at most before its kill, how long it waits for them, how long one takes.
REQUESTS = 50
LONGEST_SECONDS = 4.0
A_REQUEST_SECONDS = 0.06
ROTATE_EVERY = 10


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
        if number % ROTATE_EVERY == 2:
            self.installation.rotate_keys()
        bell = Bell(at=self.chance.randint(1, REQUESTS))
        with ThreadPoolExecutor(BROWSERS) as pool:
            walks = [pool.submit(self._walk, one, bell) for one in plans]
            # Some wait for mail, and all may be at their end before.
            bell.rings.wait(timeout=LONGEST_SECONDS)
            time.sleep(self.chance.uniform(0, A_REQUEST_SECONDS))
            self.installation.kill(self.chance.choice(WAYS), self.chance)
            # Those of whom the kill took no notice go on for a moment.
            time.sleep(self.chance.uniform(0, A_REQUEST_SECONDS))
            bell.over.set()
        for walk in walks:
            walk.result()
        self.installation.be_whole()
        self._look([who for one in plans for plan in one for who in plan.people])

    def _walk(self, plans: list[Plan], bell: Bell) -> None:
        with suppress(OSError, HTTPException, Over):
            for plan in plans:
                plan.walk(self.visitor(bell))

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
    customer = support.make_customer()
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown where it fails
    installation = Installation(tmp_path / "data", box, settings.KEYS.path)
    try:
        yield Run(installation, customer, Postman(box), Random(seed))
    finally:
        installation.stop()


def test_nothing_is_lost_and_nothing_is_half_made(
    run: Run, box: servers.Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    for number in range(1, KILLS + 1):
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
    again = len(box.envelopes) - mails
    print(  # noqa: T201 - the figures of `make faults`
        f"{KILLS} kills, {run.acknowledged} acknowledged changes, {mails} mails ({again} of them "
        f"twice), {len(run.people)} people, {time.monotonic() - began:.0f} s"
    )
