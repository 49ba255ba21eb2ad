"""A connection that is given up when it does not answer, or when its server may only be read."""

from __future__ import annotations

import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus

from doorward.kernel.db.postgresql import patience

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import PQGen

_INTERVAL_SECONDS: Final = 0.1
# Attempts follow one another; each takes as long as it may (`settings/database.py`).
_LATELY_SECONDS: Final = 15.0
# An attempt that takes longer is at a server that says nothing.
_LONG: Final = 1.0


class NoConnection(psycopg.OperationalError):
    """There was none in time: nothing was asked."""


class Unanswered(psycopg.OperationalError):
    """What was asked had no answer in time. Whether it was done, nobody knows."""


class Attempts:
    """What came of attempts to connect: whoever waits at the pool is told nothing. Moments are monotonic."""

    failed_at: float = float("-inf")
    error: psycopg.Error | None = None
    # When those began that have not ended yet.
    begun: ClassVar[list[float]] = []

    @classmethod
    def why_none(cls) -> str:
        """Return why there is no connection to be had; empty: all that there are are in use."""
        now = time.monotonic()
        if cls.error is not None and now - cls.failed_at < _LATELY_SECONDS:
            return str(cls.error)
        # Nobody answers, not even that there is nobody.
        return "connection timeout expired" if any(now - one > _LONG for one in cls.begun) else ""

    @classmethod
    @contextmanager
    def noted(cls) -> Iterator[None]:
        """Note what becomes of an attempt; one that succeeds takes back what was before."""
        try:
            yield
        except psycopg.Error as error:
            cls.error, cls.failed_at = error, time.monotonic()
            raise
        cls.error = None

    @classmethod
    @contextmanager
    def timed(cls) -> Iterator[None]:
        """Note how long a server says nothing at all."""
        began = time.monotonic()
        cls.begun.append(began)
        try:
            yield
        finally:
            cls.begun.remove(began)


class Link(psycopg.Connection[Any]):
    """A connection of the pool. `is_doomed`: it must not be used for another request.

    `keeps_statements`: as long as it is open, one process of the server answers, which keeps what was prepared there.
    """

    is_doomed = False
    keeps_statements = False

    @classmethod
    def connect(cls, conninfo: str = "", **given: Any) -> Self:  # noqa: ANN401 - psycopg's
        """Connect, and remember why that failed."""
        with Attempts.noted():
            with Attempts.timed():
                link = super().connect(conninfo, **given)
            # A pooler that has no connection to give has whoever comes wait here: it is there, and busy.
            link.ask_who_answers()
        return link

    def ask_who_answers(self) -> None:
        """Have statements prepared where nothing is between: a pooler greets with another process's number, or none."""
        [answering] = self.execute("SELECT pg_backend_pid()").fetchone() or [0]
        self.keeps_statements = answering == self.info.backend_pid
        # At the first use: only what is asked again and again is ever prepared (`DatabaseWrapper.keeping_cursor`).
        self.prepare_threshold = 0 if self.keeps_statements else None

    def wait(
        self,
        gen: PQGen[Any],
        interval: float = _INTERVAL_SECONDS,
        timeout: float | None = None,
    ) -> Any:  # noqa: ANN401 - psycopg's
        """Wait for an answer as long as this thread may.

        An old primary that lost its place refuses every write (25006): another connection may find the new one.
        """
        try:
            return super().wait(gen, interval, timeout or patience.statement_seconds())
        except errors._WaitTimeout as error:  # noqa: SLF001 - as its `wait` documents
            # What it still answers must not pass for the answer to something else.
            self.close()
            raise Unanswered("the database did not answer in time") from error
        except errors.ReadOnlySqlTransaction:
            self.is_doomed = True
            raise

    def is_fresh(self) -> bool:
        """Return whether nothing came since it was used last: a server that ends says goodbye. Asks nobody."""
        if self.closed or self.pgconn.status != ConnStatus.OK:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)
