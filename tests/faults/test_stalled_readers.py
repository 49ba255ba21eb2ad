"""Readers that take nothing lose their connections: the real server, in real time. Only in `make faults`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psutil
import pytest

from doorward.web.server.stalled import LOOK_SECONDS, PATIENCE_SECONDS
from tests.browser.portal import Inside, Portal
from tests.kit import serving
from tests.kit.waiting import until
from tests.kit.wire import Wire
from tests.threats.held import held, kinds

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tests.threats.held import Held

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif("FAULTS_REQUESTS" not in os.environ, reason="takes most of a minute"),
]

EXPORT = "/activity/export.csv"
EVENTS = 24_000


def still_open(portal: Portal, ones: Held) -> bool:
    """Return whether the server has any of these connections, without taking anything from them."""
    ours = {one.getsockname()[1] for one in ones.sockets}
    return any(
        connection.status == psutil.CONN_ESTABLISHED and connection.raddr.port in ours
        for worker in portal.server.answering()
        for connection in psutil.Process(worker.pid).net_connections("tcp")
    )


def read_all(connection: socket.socket) -> None:
    """Read to the end."""
    while connection.recv(65536):
        pass


def test_they_are_ended_in_time_and_an_export_does_not_look_whole(tmp_path: Path) -> None:
    folder, port = serving.made_before(tmp_path / "data"), serving.free_port()
    address = f"http://localhost:{port}"
    server = serving.start(folder, port=port, public_url=address)
    inside = Inside(folder, public_url=address)
    portal = Portal(server=server, inside=inside, folder=folder, address=address)
    try:
        somebody = portal.boss()
        portal.ask("many_events", email=somebody.email, number=EVENTS)
        wire = Wire(port, address)
        wire.follow(wire.post("/sign-in/", email=somebody.email, password=somebody.password))
        of = kinds(wire, EXPORT, port)
        with ExitStack() as all_of_them:
            for kind in ("readers of exports", "readers of files"):
                all_of_them.enter_context(held(of[kind], 1))
            [export] = of["readers of exports"].sockets
            assert export.recv(12) == b"HTTP/1.1 200"
            seconds = PATIENCE_SECONDS + 4 * LOOK_SECONDS
            until(lambda: not still_open(portal, of["readers of exports"]), seconds=seconds)
            until(lambda: not still_open(portal, of["readers of files"]), seconds=seconds)
            with pytest.raises(ConnectionResetError):
                read_all(export)
        # It is under way no longer, at whichever worker it was.
        until(lambda: {wire.get(f"{EXPORT}?from=2999-01-01").status for _ in range(12)} == {200})
    finally:
        inside.stop()
        server.stop()
