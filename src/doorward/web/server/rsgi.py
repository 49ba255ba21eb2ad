"""What granian calls for each request (RSGI): a body is read before a thread is taken for it.

granian itself puts no deadline on a body, and as a WSGI server reads it in the thread that answers:
as many senders as threads would stop everything (decision 0060). So the event loop reads bodies,
each within its bound and its deadline, and threads only ever work.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from threading import Semaphore
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import DatabaseError, connections
from granian.rsgi import ProtocolClosed, ProtocolError

from doorward.customers import cached
from doorward.kernel.db.postgresql import patience
from doorward.web.http import tracing
from doorward.web.server import stalled
from doorward.web.server.answers import Held, answer
from doorward.web.server.body_limits import (
    BODY,
    BUSY,
    PAUSE_SECONDS,
    REFUSED,
    TOO_SLOW,
    UNWANTED,
    UPLOAD,
    UPLOADS,
    bound_of,
    judge,
    refuse,
)
from doorward.web.server.environ import environ_of
from doorward.web.server.threads import Threads

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope

# More than one, so that somebody's password hash, or lock, is nobody else's wait. No more than that:
# they share the interpreter, and the event loop's turn comes among theirs.
THREADS: Final = 8
TURN_SECONDS: Final = 0.001
# How often it is looked whether a long answer is still on its way.
LOOK_SECONDS: Final = 2.0
# Answered by a thread of their own: they say that this process lives, whatever the others wait for.
LIVENESS: Final = frozenset({"/healthz"})
# How long a database that does not answer is waited for, where that is shorter than usual.
WAITS: Final = {"/readyz": patience.MONITOR_SECONDS, "/metrics": patience.MONITOR_SECONDS}
# What unfinished bodies of a kind may have announced altogether; the one that waits longest makes room.
UNFINISHED_BYTES: Final = 32 * 1024 * 1024
# So many files that came whole are looked at, or wait for it, at a time.
FILES_AT_ONCE: Final = 4


def _know_brands() -> None:
    """Read whose portal this is: who comes first may come when the database is away, and is told so in its look."""
    patience.begin_request(came=time.monotonic())
    try:
        cached.all_brands()
    except DatabaseError:
        # Whoever comes is told.
        return
    finally:
        connections.close_all()


class UnfinishedBodies:
    """Bodies that are being read."""

    def __init__(self) -> None:
        self._announced = 0
        self._reading: dict[asyncio.Timeout, int] = {}

    async def read(self, proto: HTTPProtocol, length: int, *, seconds: float) -> bytes:
        """Return a body, all of it. Raises `TimeoutError`, and `ProtocolClosed` where its sender is gone."""
        async with asyncio.timeout(seconds) as deadline:
            self._reading[deadline] = length
            self._announced += length
            self._make_room()
            try:
                return await proto()
            finally:
                self._announced -= self._reading.pop(deadline, 0)

    def _make_room(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._announced > UNFINISHED_BYTES:
            oldest = next(iter(self._reading))
            self._announced -= self._reading.pop(oldest)
            oldest.reschedule(now)


async def throw_away(proto: HTTPProtocol) -> None:
    """Read what comes of a refused body, up to `UNWANTED`: so that its sender comes to read the answer."""
    clock = asyncio.get_running_loop().time
    left, last = UNWANTED.bytes, clock() + UNWANTED.seconds
    try:
        async with asyncio.timeout(PAUSE_SECONDS) as deadline:
            async for part in proto:
                left -= len(part)
                if left < 0:
                    return
                deadline.reschedule(min(last, clock() + PAUSE_SECONDS))
    except (TimeoutError, ProtocolClosed, ProtocolError):
        return


class Application:
    """The application, in one worker of granian."""

    def __init__(self) -> None:
        # Of each kind its own: what is announced as a file makes no form wait, or go.
        self._bodies = {bound: UnfinishedBodies() for bound in (BODY, *UPLOADS.values())}
        self._files = Semaphore(FILES_AT_ONCE)
        self._threads = Threads(THREADS, name="answering")
        self._liveness = Threads(1, name="liveness")
        # Requests whose answers are given. They end when the next one begins: to wake the loop for
        # each costs a thirtieth of a page.
        self._answered: deque[asyncio.Future[Held | None]] = deque()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in a worker."""
        self._loop = loop
        sys.setswitchinterval(TURN_SECONDS)
        stalled.watch(settings.DOORWARD.port)
        if settings.DOORWARD.otlp_endpoint:
            from doorward.web.server import spans  # noqa: PLC0415 - who makes no traces imports nothing of it

            chosen = settings.DOORWARD
            spans.start(
                chosen.otlp_endpoint, headers=chosen.headers_of_traces, share=chosen.otlp_share
            )
        self._threads.hand(_know_brands)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin nothing any more; what is being answered still is."""
        del loop
        for threads in (self._threads, self._liveness):
            threads.end()
        tracing.stop()

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one request."""
        while self._answered:
            self._answered.popleft().set_result(None)
        environ = environ_of(scope)
        body = b""
        if length := judge(environ):
            try:
                bound = bound_of(environ)
                body = await self._bodies[bound].read(proto, length, seconds=bound.seconds)
            except TimeoutError:
                refuse(environ, TOO_SLOW)
            except (ProtocolClosed, ProtocolError):
                return
        elif REFUSED in environ and "HTTP_EXPECT" not in environ:
            await throw_away(proto)
        held = await self._in_a_thread(environ, body, proto)
        if held is not None:
            # RSGI tells of a client that went away before it was answered, and not of one after.
            await asyncio.sleep(LOOK_SECONDS)
            while held.is_being_read():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(LOOK_SECONDS)
            held.close()

    def _in_a_thread(
        self, environ: dict[str, Any], body: bytes, proto: HTTPProtocol
    ) -> asyncio.Future[Held | None]:
        done: asyncio.Future[Held | None] = self._loop.create_future()
        is_file = len(body) > UPLOAD.bytes
        if is_file and not self._files.acquire(blocking=False):
            refuse(environ, BUSY)
            body, is_file = b"", False

        came = time.monotonic()

        def work() -> None:
            seconds = WAITS.get(environ["PATH_INFO"], patience.REQUEST_SECONDS)
            patience.begin_request(came=came, seconds=seconds)
            try:
                held = answer(environ, body, proto)
            finally:
                if is_file:
                    self._files.release()
            if held is None and REFUSED not in environ:
                self._answered.append(done)
            else:
                self._loop.call_soon_threadsafe(done.set_result, held)

        threads = self._liveness if environ["PATH_INFO"] in LIVENESS else self._threads
        threads.hand(work)
        return done


application: Final = Application()
