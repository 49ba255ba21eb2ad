"""Sealing: all that was written, once, whoever seals and whenever it was committed."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import chain, sealing, verifying
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Batch, Event
from doorward.notifications import erasing
from tests.audit import histories
from tests.kit.racing import at_once

ONLY_POSTGRESQL = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="on SQLite one transaction writes at a time"
)


def seal() -> int:
    return sealing.seal(now=timezone.now())


def test_what_waits_is_sealed_once(owner: Administrator) -> None:
    waiting = Event.objects.count()
    assert seal() == waiting
    assert seal() == 0
    histories.happen(owner, 2)
    assert seal() == 2
    first, second = Batch.objects.order_by("number")
    assert [(batch.size, batch.complete) for batch in (first, second)] == [
        (waiting, True),
        (2, True),
    ]
    assert bytes(first.head) == chain.head_hash(first.sealed(), previous=chain.START)
    assert bytes(second.head) == chain.head_hash(second.sealed(), previous=bytes(first.head))
    assert not Event.objects.filter(batch__isnull=True).exists()


def test_nothing_is_written_where_nothing_waits(
    owner: Administrator, django_assert_num_queries: Any
) -> None:
    seal()
    with django_assert_num_queries(1):
        seal()


def test_a_backlog_is_sealed_in_batches_and_is_no_finding(owner: Administrator) -> None:
    seal()
    waiting = 2 * sealing.EVENTS_A_BATCH + 1
    histories.happen(owner, waiting)
    # The worker was down for a day: what was left by a full batch is older than that batch.
    later = histories.days_later(1)
    assert sealing.seal(now=later) == waiting
    sizes = Batch.objects.order_by("number").values_list("size", "complete")
    assert list(sizes)[1:] == [(200, False), (200, False), (1, True)]
    assert histories.faults() == set()


def test_a_clock_that_was_set_back_is_no_finding(owner: Administrator) -> None:
    sealing.seal(now=histories.days_later(2))
    for _ in range(3):
        histories.happen(owner)
        seal()
    assert histories.faults() == set()


@pytest.mark.django_db(transaction=True)
def test_workers_that_seal_at_once_seal_each_event_once(owner: Administrator) -> None:
    waiting = Event.objects.count() + 3 * sealing.EVENTS_A_BATCH
    histories.happen(owner, 3 * sealing.EVENTS_A_BATCH)
    outcomes = at_once([seal] * 6)
    assert sum(number for number in outcomes if isinstance(number, int)) == waiting, outcomes
    assert histories.faults() == set()
    assert sum(Batch.objects.values_list("size", flat=True)) == waiting


@pytest.mark.django_db(transaction=True)
def test_writing_and_sealing_at_once_loses_nothing(owner: Administrator) -> None:
    before = Event.objects.count()

    def write() -> int:
        for _ in range(10):
            histories.happen(owner, 2)
        return 0

    def seal_often() -> int:
        return sum(seal() for _ in range(10))

    outcomes = at_once([write] * 4 + [seal_often] * 2)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    seal()
    assert sum(Batch.objects.values_list("size", flat=True)) == before + 80
    assert histories.faults() == set()


@pytest.mark.django_db(transaction=True)
def test_looking_at_a_history_that_goes_on_finds_nothing(
    owner: Administrator, colleague: Administrator
) -> None:
    """While others write, seal and erase, `verify` sees no half of it."""
    for _ in range(3):
        histories.happen(colleague, 30, typed={"factor": "Sam's phone"})
        seal()
    # Of these some are sealed before they are erased, and some after.
    histories.happen(colleague, 30, typed={"factor": "Sam's phone"})
    Administrator.objects.everywhere().filter(id=colleague.id).update(status="removed")

    def write_and_seal() -> int:
        for _ in range(5):
            histories.happen(owner, 2)
            seal()
        return 0

    def erase() -> int:
        erasing.erase(colleague, actor=CONSOLE)
        return 0

    def look() -> int:
        return sum(len(verifying.verify().findings) for _ in range(5))

    outcomes = at_once([write_and_seal, write_and_seal, erase, look, look])
    assert outcomes == [0] * 5
    seal()
    assert histories.faults() == set()
    assert not Event.objects.filter(subject_name=colleague.full_name).exists()


class Slow(threading.Thread):
    """A transaction that writes events, and goes on only when it is let."""

    def __init__(self, person: Administrator) -> None:
        super().__init__()
        self._person = person
        self.wrote, self.may_end = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic():
                histories.happen(self._person)
                self.wrote.set()
                self.may_end.wait(30)
        finally:
            connection.close()


@ONLY_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_with_a_lower_id_is_sealed_too(owner: Administrator) -> None:
    seal()
    slow = Slow(owner)
    slow.start()
    assert slow.wrote.wait(30)
    histories.happen(owner)
    assert seal() == 3
    slow.may_end.set()
    slow.join(30)
    assert seal() == 3
    early, late = histories.of_batch(2), histories.of_batch(3)
    assert max(event.id for event in late) < min(event.id for event in early)
    assert histories.faults() == set()


@ONLY_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_who_writes_waits_for_nobody_who_seals(owner: Administrator) -> None:
    slow = Slow(owner)
    with transaction.atomic():
        assert seal()
        slow.start()
        # It has written although this transaction still holds all that sealing holds.
        assert slow.wrote.wait(30)
        slow.may_end.set()
        slow.join(30)
    assert seal() == 3


def test_a_batch_that_was_begun_and_not_ended_leaves_nothing(owner: Administrator) -> None:
    with transaction.atomic():
        seal()
        transaction.set_rollback(True)
    assert (Batch.objects.count(), Event.objects.filter(batch__isnull=False).count()) == (0, 0)
    seal()
    assert histories.faults() == set()


def test_each_event_has_salts_of_its_own(owner: Administrator) -> None:
    histories.happen(owner, 5)
    rows = Event.objects.values_list("actor_salt", "subject_salt")
    salts = [bytes(salt or b"") for row in rows for salt in row]
    assert {len(salt) for salt in salts} == {16}
    assert len(set(salts)) == len(salts)


def test_an_empty_history_is_whole(db: None) -> None:
    report = verifying.verify()
    assert (report.findings, report.batches, report.events) == ([], 0, 0)


def test_a_slow_transaction_is_no_finding(owner: Administrator) -> None:
    histories.sealed(owner, batches=1)
    event = histories.of_batch(2)[0]
    almost = timezone.now() - timedelta(minutes=55)
    histories.insert_copy(event, batch=None, at=almost)
    seal()
    assert histories.faults() == set()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_who_writes_waits_for_no_backlog(owner: Administrator) -> None:
    """On SQLite one writes at a time, and nobody is next: between two batches there is room for others."""
    for _ in range(20):
        histories.happen(owner, sealing.EVENTS_A_BATCH)
    waits: list[float] = []
    over = threading.Event()

    def seal_all() -> int:
        try:
            return seal()
        finally:
            over.set()

    def write() -> int:
        while not over.is_set():
            begin = time.monotonic()
            histories.happen(owner, 1)
            waits.append(time.monotonic() - begin)
            time.sleep(0.05)
        return 0

    begin = time.monotonic()
    outcomes = at_once([seal_all, write, write])
    took = time.monotonic() - begin
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    assert max(waits) < took / 3, (took, sorted(waits)[-5:])
