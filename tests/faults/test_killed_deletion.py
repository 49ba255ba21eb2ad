"""The worker, killed with -9 in the middle of deleting a customer for good, and started again.

It goes on where it was: all of the customer is gone, nothing of a neighbour is touched, history is whole, and says once
that it was deleted. Two kills here; `make faults` does more, with two workers at once. FAULTS_KILLS and FAULTS_SEED as
in `test_kills.py`.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.models import ErasedEvent, Event
from doorward.audit.record import record
from doorward.credentials.events import FACTOR_RENAMED
from doorward.customers.events import CUSTOMER_DELETED
from doorward.customers.models import Customer
from doorward.kernel.crypto.keyring import KeyFile
from doorward.notifications import customer_deletion
from doorward.notifications.worker import run_once
from tests.faults import invariants
from tests.faults.installation import database_url
from tests.faults.test_killed_worker import crowd
from tests.kit import closing, people, serving
from tests.kit.waiting import until
from tests.notifications.mails import send_to
from tests.threats.doomed import belongs, ids_of, of, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

KILLS = max(2, int(os.environ.get("FAULTS_KILLS", "0")) // 5)
WORKERS = 2 if KILLS > 2 else 1
# The worker adds up what is there, besides.
COUNTED = {"Adoption", "AdoptionDay", "AdoptionDue", "AdoptionPoint"}
# Each is a step, and so is each of their events: many, so that a kill is in the middle of them.
PEOPLE = 40 * KILLS
EVENTS = 30 * KILLS
SMALL_STEPS = """
from doorward.cli.base import set_up_django
set_up_django()
from doorward.notifications import customer_deletion
customer_deletion.PEOPLE_AT_ONCE = customer_deletion.EVENTS_AT_ONCE = 1
customer_deletion.STEPS_AT_ONCE = 100_000
from doorward.cli.processes import work
work()
"""


@pytest.fixture
def start(
    transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    from doorward.environment import MailServer  # noqa: PLC0415 - only here

    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    (tmp_path / "data").mkdir()
    environment = serving.environment(
        tmp_path / "data",
        database_url=database_url(),
        email_url=f"file://{tmp_path / 'mail'}",
        keys_file=str(settings.KEYS.path),
    )
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen([sys.executable, "-c", SMALL_STEPS], env=environment))
        return running[-1]

    yield begin
    for one in running:
        one.kill()
        one.wait()


def inhabit(customer: Customer) -> None:
    """Let a customer have people, and a history of what they did."""
    there = crowd(customer, PEOPLE)
    with transaction.atomic():
        for person in there[:EVENTS]:
            record(FACTOR_RENAMED, actor=people.actor(people.again(person)), subject=person.who())


def left(customer_id: UUID) -> int:
    events = Event.objects.filter(customer_id=customer_id)
    return Administrator.objects.of(customer_id).count() + events.count()


def theirs(ids: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of a customer, as they are but for the seals of their events."""
    found = {
        name: {key: row for key, row in table.items() if belongs(row, ids)}
        for name, table in rows().items()
    }
    return {
        name: [{**row, "batch": 0} if name == "Event" else row for row in table.values()]
        for name, table in found.items()
        if table and name not in COUNTED
    }


@pytest.mark.both_databases
def test_a_deletion_that_is_killed_goes_on_to_its_end(
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown where it fails
    chance = Random(seed)
    doomed, neighbour = people.make_customer(), people.make_customer("Kestrel Logistics")
    for one in (doomed, neighbour):
        inhabit(one)
    closing.close(doomed)
    closing.ask_to_delete(doomed)
    run_once(timezone.now())
    sealing.seal(now=timezone.now())
    ids, others = ids_of(doomed), ids_of(neighbour)
    before, whole = theirs(others), left(doomed.id)
    erased = ErasedEvent.objects.count()
    Customer.objects.filter(id=doomed.id).update(delete_at=timezone.now())
    kills = 0
    while kills < KILLS and Customer.objects.filter(id=doomed.id).exists():
        workers = [start() for _one in range(WORKERS)]
        # Somewhere in its part of all that there is to do, and the first of them for sure.
        until_left = whole - 1 - int(whole * (kills + chance.random() / 2) / KILLS)
        until(lambda at=until_left: left(doomed.id) <= at, seconds=120)  # type: ignore[misc]
        for worker in workers:
            worker.kill()
            assert worker.wait() == -signal.SIGKILL, "it ended by itself"
        kills += Customer.objects.filter(id=doomed.id).exists()
        invariants.history_holds()
    assert kills >= KILLS // 2
    # The last round is the test's own.
    while Customer.objects.filter(id=doomed.id).exists():
        assert customer_deletion.delete_due(now=timezone.now())
    assert of(rows(), {*ids, doomed.id.hex, str(doomed.id)}) == {}
    assert theirs(others) == before
    assert ErasedEvent.objects.count() > erased
    [event] = people.events(CUSTOMER_DELETED)
    assert event.details == {"customer": doomed.name}
    sealing.seal(now=timezone.now())
    invariants.history_holds()
