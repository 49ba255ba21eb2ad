"""The worker, killed with -9 in the middle of ticks for many, of reminders and of weekly mails, and started again.

Everybody is ticked, reminded and mailed once. What the mail server had when its sender was killed comes a second time,
with the same Message-ID, and nothing else does. A few kills here; `make faults` does more, with two workers at once.
FAULTS_KILLS and FAULTS_SEED as in `test_kills.py`.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts.events import TWO_FACTOR_REQUIRED
from doorward.accounts.models import Administrator, Status
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.environment import MailServer
from doorward.kernel.crypto.keyring import KeyFile
from doorward.notifications.models import Delivery, State
from doorward.notifications.worker import run_once
from doorward.policy.fields import RequiredOf
from doorward.rollout import tick_runs
from doorward.rollout.events import ADOPTION_MAILED, REMINDED, REQUIRING_DONE
from doorward.rollout.models import AdoptionMail, Reminder, RunState, Tick, TickOutcome, TickRun
from tests.faults import invariants
from tests.faults.installation import database_url
from tests.faults.postman import Postman
from tests.kit import browsers, codes, policies, serving
from tests.kit import people as kit_people
from tests.kit.waiting import until
from tests.notifications import servers
from tests.notifications.mails import send_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doorward.customers.models import Customer

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

KILLS = max(2, int(os.environ.get("FAULTS_KILLS", "0")) // 5)
AT_LENGTH = KILLS > 2
WORKERS = 2 if AT_LENGTH else 1
# In parts of a hundred.
TICKED = 1500 if AT_LENGTH else 120
# Each is reminded, and gets the weekly mail.
MAILED = 300 if AT_LENGTH else 10
# So many mails of each kind.
ONCE = Counter(two_factor_required=TICKED, set_up_reminder=MAILED, adoption_weekly=MAILED)
# A kill in the middle of a part, or of a page: somewhere in the time that these take.
A_PART_SECONDS = 0.15


@dataclass
class Workers:
    """The real worker, as often as it is to run, on the database of the tests."""

    folder: Path
    settings: dict[str, str]
    chance: Random
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0

    def be_there(self) -> None:
        """Start what was killed."""
        self.running = [one for one in self.running if one.poll() is None]
        while len(self.running) < WORKERS:
            worker = subprocess.Popen(
                [sys.executable, "-c", "from doorward.cli.processes import work; work()"],
                env=serving.environment(self.folder, **self.settings),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.running.append(worker)

    def kill(self, box: servers.Box) -> None:
        """Kill one: now, or when the mail server has its message and has not said so."""
        worker = self.chance.choice(self.running)
        if self.chance.random() < 1 / 3:
            box.kills = worker.pid
            # Others may send all that is left: then it is killed where it is.
            with suppress(subprocess.TimeoutExpired):
                worker.wait(timeout=10)
        else:
            time.sleep(self.chance.uniform(0, A_PART_SECONDS))
        worker.kill()
        assert worker.wait() == -signal.SIGKILL, "it ended by itself"
        box.kills = 0
        self.kills += 1

    def stop(self) -> None:
        for one in self.running:
            one.kill()
            one.wait()


def crowd(customer: Customer, many: int, *, tabs: str = " home ") -> list[Administrator]:
    """Return so many people who are active and have no factor."""
    name = customer.name.replace(" ", "").lower()
    return list(
        Administrator.objects.of(customer.id).bulk_create(
            Administrator(
                customer=customer,
                email=f"p{number}@{name}.example",
                email_folded=f"p{number}@{name}.example",
                **Administrator.name_columns(first_name="Person", last_name=f"{number:04}"),
                status=Status.ACTIVE,
                password="!",
                tabs=tabs,
                added_at=timezone.now(),
            )
            for number in range(many)
        )
    )


def require_of_many(customer: Customer) -> TickRun:
    """Begin to require two factors of everybody there, in a session that is through."""
    owner = kit_people.make_administrator(customer, tabs=kit_people.ALL_TABS)
    codes.enable_app(owner)
    ids = {one.id for one in crowd(customer, TICKED)}
    actor = browsers.acting_with_factor(owner)
    return tick_runs.require(ids, customer_id=customer.id, actor=actor, now=timezone.now())


def to_be_mailed(customer: Customer) -> None:
    """Have everybody there reminded of a day to come, and sent the mail of a week that is over."""
    now = timezone.now()
    day = (now + timedelta(days=5)).date()
    policies.ask(customer.id, since=now, required_of=RequiredOf.EVERYONE, from_day=day)
    everybody = crowd(customer, MAILED, tabs=" home administrators ")
    AdoptionMail.objects.bulk_create(
        AdoptionMail(administrator=one, of_all=False, next_at=now) for one in everybody
    )


def progress() -> int:
    """Return how much was done: people ticked, and mails sent."""
    sent = Delivery.objects.filter(state=State.SENT).count()
    return Tick.objects.exclude(outcome=TickOutcome.WAITING).count() + sent


def happened(event_type: str) -> Counter[Any]:
    events = Event.objects.filter(type=event_type, outcome=Outcome.OK)
    return Counter(events.values_list("subject_id", flat=True))


@pytest.fixture
def box(caplog: pytest.LogCaptureFixture) -> Iterator[servers.Box]:
    caplog.set_level("WARNING", "mail.log")
    with servers.serve() as box:
        yield box


@pytest.fixture
def workers(
    transactional_db: None, tmp_path: Path, settings: Any, box: servers.Box
) -> Iterator[Workers]:
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown where it fails
    (tmp_path / "data").mkdir()
    found = Workers(
        tmp_path / "data",
        {
            "database_url": database_url(),
            "email_url": f"smtp://127.0.0.1:{box.port}",
            "keys_file": str(settings.KEYS.path),
        },
        Random(seed),
    )
    try:
        yield found
    finally:
        found.stop()


@pytest.mark.both_databases
def test_everybody_is_ticked_reminded_and_mailed_once(
    workers: Workers, box: servers.Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    monkeypatch.setattr(tick_runs, "IN_REQUEST", 1)
    run = require_of_many(kit_people.make_customer())
    mailed = kit_people.make_customer("Tidewater")
    to_be_mailed(mailed)
    events = Event.objects.count()
    whole = 2 * TICKED + 2 * MAILED
    while workers.kills < KILLS:
        # Spread over all that is to be done, so that each kind of work is met in the middle.
        until_there = whole * workers.kills // KILLS
        workers.be_there()
        until(lambda at=until_there: progress() > at, seconds=120)  # type: ignore[misc]
        workers.kill(box)
    workers.be_there()
    until(lambda: TickRun.objects.get(id=run.id).state == RunState.DONE, seconds=120)
    workers.stop()
    # What a killed worker had taken is another's after its lease.
    send_to(monkeypatch, MailServer(kind="smtp", host="127.0.0.1", port=box.port, security="none"))
    while run_once(timezone.now() + timedelta(minutes=3)):
        pass
    assert tick_runs.numbers(run) == tick_runs.Numbers(ticked=TICKED)
    rows = Administrator.objects.of(run.customer_id)
    assert rows.filter(require_2fa=True).count() == TICKED
    assert Event.objects.filter(type=REQUIRING_DONE).count() == 1
    for event_type, many in (
        (TWO_FACTOR_REQUIRED, TICKED),
        (REMINDED, MAILED),
        (ADOPTION_MAILED, MAILED),
    ):
        assert Counter(happened(event_type).values()) == {1: many}, event_type
    assert Reminder.objects.count() == MAILED
    mails = mails_came_once(box, Postman(box), workers.kills)
    invariants.history_holds()
    figures = {
        "kills": workers.kills,
        "workers": WORKERS,
        "events": Event.objects.count() - events,
        "mails": mails,
        "mails sent twice": len(box.envelopes) - mails,
        "seconds": round(time.monotonic() - began),
    }
    print(figures)  # noqa: T201 - what `make faults` says


def mails_came_once(box: servers.Box, postman: Postman, kills: int) -> int:
    """Hold what arrived against what was to be sent; return the number of mails, duplicates once."""
    received = postman.received()
    sent = Delivery.objects.filter(state=State.SENT)
    assert not Delivery.objects.exclude(state=State.SENT).exists()
    assert Counter(sent.filter(template__in=ONCE).values_list("template", flat=True)) == ONCE
    # A Message-ID of its own for each delivery, to its own receiver.
    assert len({number for number, _to in received}) == len(received) == sent.count()
    assert len(box.envelopes) - len(received) <= kills
    return len(received)
