"""Commands of Doorward as processes of their own, forked from one that has Django loaded: that is half of their time.

Nothing of Doorward's settings, models or data is loaded in the one that forks; each command does that by itself.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from doorward.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 1 << 20
_SECONDS: Final = 60
LOADED: Final = (
    *("django.core.management", "django.db.models", "django.forms", "django.template"),
    *("pydantic_settings", "rich.progress", "doorward.environment.fields"),
)


def run(
    *words: str, environment: Mapping[str, str], stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Return a command that came to its end, with what it printed."""
    with ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))
        given.write(stdin or "")
        given.seek(0)
        mine, theirs = map(stack.enter_context, socket.socketpair())
        asked = {"words": words, "environment": dict(environment), "folder": os.getcwd()}  # noqa: PTH109 - as it is
        files = [one.fileno() for one in (given, out, err, theirs)]
        socket.send_fds(_forker(os.getpid()), [json.dumps(asked).encode()], files)
        theirs.close()
        mine.settimeout(_SECONDS)
        status = mine.recv(16)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(words, int(status), out.read(), err.read())


@cache
def _forker(_process: int) -> socket.socket:
    """Start the one that forks; it ends when these tests do. A process that was forked from these has its own."""
    mine, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    for one in (mine, theirs):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)
    forking = subprocess.Popen(
        [sys.executable, "-m", "tests.kit.commands", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    theirs.close()
    atexit.register(_end, mine, forking)
    return mine


def _end(asking: socket.socket, forking: subprocess.Popen[bytes]) -> None:
    # Whoever was forked from this process meanwhile may hold the same socket.
    asking.shutdown(socket.SHUT_RDWR)
    asking.close()
    forking.wait()


def _serve(asking: socket.socket) -> None:
    """Fork one that waits, and one that is the command, for each that is asked for."""
    while True:
        said, files, _flags, _from = socket.recv_fds(asking, _LONGEST, 4)
        if not said:
            return
        if os.fork() == 0:
            asking.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            command = os.fork()
            if command == 0:
                _become(json.loads(said), files)
            _pid, status = os.waitpid(command, 0)
            os.write(files[3], str(os.waitstatus_to_exitcode(status)).encode())
            os._exit(0)
        for file in files:
            os.close(file)


def _become(asked: dict[str, Any], files: list[int]) -> NoReturn:
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, 100)
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    random.seed()
    sys.argv = ["doorward", *asked["words"]]
    status = 1
    try:
        main(prog_name="doorward")
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        if (failure := sys.exc_info()[1]) is not None:
            traceback.print_exception(failure)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    for _each in LOADED:
        import_module(_each)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _serve(socket.socket(fileno=int(sys.argv[1])))
