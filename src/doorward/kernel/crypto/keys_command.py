"""The key ring as a secret manager gives it: printed once by a command, and never on a disk of ours."""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from doorward.kernel.crypto.keyring import KeyRingBroken, parse
from doorward.kernel.loglines import visible

if TYPE_CHECKING:
    from doorward.kernel.crypto.keyring import KeyRing

SECONDS: Final = 30.0
# A hundred keys are a tenth of it.
LONGEST_BYTES: Final = 128 * 1024
_SAID_CHARACTERS: Final = 300
_AT_ONCE: Final = 16 * 1024
_NAME: Final = "DOORWARD_KEYS_COMMAND"


class CommandedKeys:
    """The keys that the command printed when this process began; another ring wants another start."""

    was_made = False
    where = f"what {_NAME} prints"

    def __init__(self, command: str) -> None:
        """Run the command, without a shell; raises `KeyRingBroken`, whose words have nothing of what it printed."""
        self.ring: KeyRing = parse(_printed_by(command), where=self.where)


def _begun(command: str) -> subprocess.Popen[bytes]:
    # A secret manager's client needs none of our settings, and the database's password least.
    given = {name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")}
    try:
        return subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=given,
            start_new_session=True,
        )
    except (OSError, ValueError, IndexError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no command"
        raise KeyRingBroken(f"{_NAME} cannot be run: {said}.") from None


def _printed_by(command: str) -> bytes:
    with _begun(command) as process:
        try:
            out, err = _read(process)
            code = process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise KeyRingBroken(f"{_NAME} did not end within {SECONDS:g} seconds.") from None
        finally:
            # With whatever it started.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if code:
        said = visible(err.decode(errors="replace").strip())[:_SAID_CHARACTERS]
        raise KeyRingBroken(
            f"{_NAME} failed with status {code}: {said.rstrip('.') or 'it said nothing'}."
        )
    return out


def _read(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Return what it wrote to its stdout and stderr, each up to the bound. Raises `TimeoutExpired`, `KeyRingBroken`."""
    pipes: Any = process
    found = {pipes.stdout: bytearray(), pipes.stderr: bytearray()}
    ends = time.monotonic() + SECONDS
    with selectors.DefaultSelector() as selector:
        for pipe in found:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(ends - time.monotonic(), 0))
            if not ready and time.monotonic() >= ends:
                raise subprocess.TimeoutExpired(_NAME, SECONDS)
            for key, _events in ready:
                part = os.read(key.fd, _AT_ONCE)
                if not part:
                    selector.unregister(key.fileobj)
                found[key.fileobj] += part
                if len(found[pipes.stdout]) > LONGEST_BYTES:
                    raise KeyRingBroken(
                        f"{_NAME} prints more than {LONGEST_BYTES} bytes: those are no keys."
                    )
                del found[pipes.stderr][LONGEST_BYTES:]
    return bytes(found[pipes.stdout]), bytes(found[pipes.stderr])
