"""How soon others see that the worker is gone: as soon as docs/operating.md says, where there is nothing to send."""

from __future__ import annotations

from threading import Event

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doorward.kernel import heartbeat
from doorward.kernel.db.postgresql import patience
from doorward.notifications import worker

pytestmark = pytest.mark.django_db


class Rounds(Event):
    """What ends the worker after so many rounds."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for nothing."""
        del timeout
        self.left -= 1
        return self.left < 0


@pytest.fixture(autouse=True)
def patient():
    """Have this thread wait for statements as before."""
    yield
    patience.allow(statement=None)


def test_a_worker_with_nothing_to_do_writes_nothing():
    """But for its two heartbeats, every ten seconds: on SQLite each write is a wait for the disk."""
    with CaptureQueriesContext(connection) as first:
        worker.run_forever(Rounds(2))
    with CaptureQueriesContext(connection) as more:
        worker.run_forever(Rounds(6))
    two, six = (
        [one["sql"] for one in found if one["sql"].startswith('UPDATE "kernel_heartbeat"')]
        for found in (first, more)
    )
    assert 0 < len(six) <= len(two)


def test_a_worker_with_nothing_to_send_is_missed_after_the_usual_silence():
    worker.run_forever(Rounds(2))
    said = heartbeat.seen(heartbeat.WORKER)
    assert said
    assert said.due_by - said.at == heartbeat.USUAL
