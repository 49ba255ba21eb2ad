"""The parts of `doorward run`, each a process of its own.

What serves and what works are forked from the first process (`forked.py`), which has loaded what they need. A backup is
a program of its own, which ends: `python -m doorward.cli.processes back-up PARENT`.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from doorward.cli import parent_death
from doorward.cli.base import set_up_django
from doorward.cli.failure import Failure
from doorward.kernel import memory
from doorward.kernel.why_not_saved import sentence_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STOP_SECONDS = 5
BACKUP_LOOK_SECONDS = 60
# Also how long a connection may be quiet between two requests.
HEADER_MILLISECONDS = 10_000
# The head of a request; it grows in memory up to here.
HEAD_BYTES = 64 * 1024
# Connections that a worker holds, and file descriptors that it wants for what else it does. Those
# that are quiet cost some kilobytes each.
CONNECTIONS = 4096
OTHER_FILES = 256
# The settings, secrets among them, stay with the server: a worker has read them before its fork.
KEPT = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TZ"})

_QUIET: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {
        name: {"handlers": [], "level": "ERROR", "propagate": True}
        for name in ("_granian", "granian.access")
    },
}


def load(names: Iterable[str]) -> None:
    """Load what these parts need, once for all of them: they share it, and one that is made again is ready at once."""
    from django.conf import settings  # noqa: PLC0415 - after set-up

    if "work" in names:
        importlib.import_module("doorward.notifications.worker")
    if "serve" in names:
        importlib.import_module("granian")
        importlib.import_module("doorward.web.server.rsgi")
        importlib.import_module("doorward.web.server.preloading").load()
        if settings.DOORWARD.otlp_endpoint:
            importlib.import_module("doorward.web.server.spans")
    _log_lightly()
    _collect_lightly()
    memory.give_back()


def serve(address: str, port: int) -> None:
    """Answer requests there, in as many processes as the settings say, until SIGTERM or SIGINT."""
    from django.conf import settings  # noqa: PLC0415 - after set-up
    from granian import Granian  # noqa: PLC0415 - only here
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        "doorward.web.server.rsgi:application",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        workers=settings.DOORWARD.workers,
        backlog=CONNECTIONS,
        backpressure=_connections(),
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEAD_BYTES
        ),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig=_QUIET,
    ).serve(target_loader=partial(_application, os.getpid()), wrap_loader=False)


def _connections() -> int:
    """Return how many connections each worker may hold, as the limit of open files allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    if soft < wanted:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(CONNECTIONS, soft - OTHER_FILES), OTHER_FILES)


def _log_lightly() -> None:
    """Leave out of each log entry what no line shows (Python's logging HOWTO, *Optimization*)."""
    logging._srcfile = None  # noqa: SLF001 - as documented there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _collect_lightly() -> None:
    """Leave what lives as long as the process out of every look for garbage, and look less often.

    A look that touches all modules also copies their pages into each worker (Python's `gc.freeze`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _application(server: int) -> Callable[..., Any]:
    """Run in each worker: bind it to the life of its server, and return what answers requests.

    `server` was asked for before the fork: one that was killed since then is nobody's parent any more.
    """
    parent_death.hold(server)
    application: Callable[..., Any] = importlib.import_module(
        "doorward.web.server.rsgi"
    ).application
    for name in [name for name in os.environ if name not in KEPT]:
        del os.environ[name]
    return application


def work() -> None:
    """Do the background work until SIGTERM or SIGINT."""
    set_up_django()
    from doorward.notifications.worker import run_forever  # noqa: PLC0415 - after set-up

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    from django.conf import settings  # noqa: PLC0415

    if settings.DOORWARD.backup_dir.name:
        threading.Thread(target=_back_up_when_due, args=(stop,), daemon=True).start()
    run_forever(stop)


def _back_up_when_due(stop: threading.Event) -> None:
    """Make the backups that are due, each in a process of its own: nobody's mail waits for it."""
    from django.db import connections  # noqa: PLC0415 - after set-up, as all below
    from django.utils import timezone  # noqa: PLC0415

    from doorward.kernel.why_not_saved import log_failure  # noqa: PLC0415
    from doorward.operations.backup import schedule  # noqa: PLC0415

    wait = 0
    while not stop.wait(wait):
        wait = BACKUP_LOOK_SECONDS
        try:
            if heart := schedule.begin(now=timezone.now()):
                done = _run_part("back-up", stop, meanwhile=lambda: schedule.go_on(heart))
                schedule.end(good=done)
        except Exception as error:  # noqa: BLE001 - the next look may find a database again
            log_failure(logging.getLogger("doorward.operations"), "a backup is not made", error)
        finally:
            connections.close_all()


def _run_part(part: str, stop: threading.Event, *, meanwhile: Callable[[], None]) -> bool:
    """Run a part to its end, or until `stop`; return whether it ended well. It dies with this thread, the worker's."""
    words = [sys.executable, "-m", "doorward.cli.processes", part, str(os.getpid())]
    with subprocess.Popen(words) as process:
        try:
            while process.poll() is None and not stop.wait(0.2):
                meanwhile()
        finally:
            process.kill()
    return process.returncode == 0


def back_up() -> None:
    """Make the backup that is due; exit status 1 where there is none."""
    set_up_django()
    from django.utils import timezone  # noqa: PLC0415 - after set-up, as all below

    from doorward.operations.backup import schedule  # noqa: PLC0415

    # Whoever signs in meanwhile goes first; a service may be kept from it.
    with suppress(OSError):
        os.nice(10)
    if not schedule.back_up(now=timezone.now()):
        sys.exit(1)


def main(run: Callable[[], None]) -> None:
    """Run a part to its end; what keeps it from starting is said in one sentence, as by a command."""
    try:
        run()
    except Failure as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except Exception as error:
        said = sentence_for(error)
        if not said:
            raise
        sys.exit(said)


if __name__ == "__main__":
    parent_death.hold(int(sys.argv[2]))
    main(back_up)
