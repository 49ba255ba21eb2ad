"""Senders that trickle: they take their own time and nobody else's."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests import serving
from tests.browser.portal import Inside, Portal
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

SENDERS = 16
ROUNDS = 5


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder, port = tmp_path_factory.mktemp("slow") / "data", serving.free_port()
    address = f"http://localhost:{port}"
    server = serving.start(folder, port=port, public_url=address)
    inside = Inside(folder, public_url=address)
    try:
        yield Portal(server=server, inside=inside, folder=folder, address=address)
    finally:
        inside.stop()
        server.stop()


def test_others_are_answered_and_sign_in_meanwhile(portal: Portal) -> None:
    """Each sends a form whose body does not come: read for its token, it holds a thread."""
    owner = portal.boss().has_app()
    cookie = "a" * 32  # of the right form, so that the form is read for its token
    head = (
        "POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nCookie: csrf={cookie}\r\n\r\nemail="
    )
    with ExitStack() as open_ones:
        senders = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", portal.server.port)))
            for _ in range(SENDERS)
        ]
        for sender in senders:
            sender.sendall(head.encode())
        for _ in range(ROUNDS):
            for sender in senders:
                sender.sendall(b"a")
            began = time.monotonic()
            assert portal.server.healthy()
            assert time.monotonic() - began < 1
        wire = Wire(portal.server.port, portal.address)
        began = time.monotonic()
        wire.post("/sign-in/", email=owner.email, password=owner.password)
        assert wire.post("/sign-in/code/", code=owner.code()).status == 303
        assert wire.follow(wire.get("/")).status == 200
        assert time.monotonic() - began < 5
