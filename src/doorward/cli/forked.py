"""Processes that are forked from the one that has everything loaded: what all of them only read is in memory once.

So the one that forks has no thread and never a connection to the database: what needs one is done aside, in a process
that ends.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from doorward.cli import parent_death
from doorward.cli.failure import Failure
from doorward.kernel.why_not_saved import sentence_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

Made = TypeVar("Made")

_FORK: Final = multiprocessing.get_context("fork")
# What whoever forks may have taken over.
_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
_PR_SET_NAME: Final = 15  # prctl(2)


def begin(name: str, run: Callable[[], object], *, aside: bool = False) -> ForkProcess:
    """Start a process that runs this; return it. It dies with this one.

    `name` is what `ps -o comm` shows, of at most 15 characters. `aside`: nobody waits for it at this one's end.
    """
    process = _FORK.Process(target=_run, args=(os.getpid(), name, run), name=name, daemon=aside)
    # A signal that came in between would find this process's handlers in the other one.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def done_aside(make: Callable[[], Made]) -> Made:
    """Return what this makes, made in a process that ends: nothing else of it is left here.

    Raises `Failure` with the sentence of whatever went wrong there; where there is none, all that is known of it was
    printed.
    """
    receiver, sender = _FORK.Pipe(duplex=False)
    process = begin("doorward-first", partial(_tell, sender, make), aside=True)
    sender.close()
    try:
        is_made, told = cast("tuple[bool, Any]", receiver.recv())
    except EOFError:
        process.join()
        raise _end_of(process) from None
    except BaseException:
        # Whoever ends this one wants nothing written any more.
        process.kill()
        process.join()
        raise
    finally:
        receiver.close()
    process.join()
    if not is_made:
        raise Failure(told)
    return cast("Made", told)


def _end_of(process: ForkProcess) -> BaseException:
    code = process.exitcode or 0
    if code < 0:
        return Failure(f"What comes before the start was ended by a signal ({-code}).")
    return SystemExit(1)


def _run(parent: int, name: str, run: Callable[[], object]) -> None:
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    parent_death.hold(parent)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode())
    run()


def _tell(sender: Connection[Any, Any], make: Callable[[], object]) -> None:
    try:
        sender.send((True, make()))
    except Failure as failure:
        sender.send((False, failure.message))
    except Exception as error:
        said = sentence_for(error)
        if not said:
            raise
        sender.send((False, said))
