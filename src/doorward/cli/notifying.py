"""What systemd is told of a service that says itself when it is ready (sd_notify(3), `Type=notify`)."""

from __future__ import annotations

import logging
import os
import socket
from typing import Final

_log = logging.getLogger("doorward.run")

_SOCKET: Final = "NOTIFY_SOCKET"


def tell(state: str) -> None:
    """Send a line such as `READY=1` to whoever started this process and wants to hear; nobody does: do nothing.

    Whether it arrives is not for the service to mind: it goes on without.
    """
    address = os.environ.get(_SOCKET, "")
    if not address.startswith(("/", "@")):
        return
    # An abstract name begins with a NUL byte, which no variable can hold.
    name = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(1)
            sender.sendto(state.encode(), name)
    except OSError as error:
        _log.warning("systemd could not be told %s: %s", state, error.strerror or error)
