"""Senders and readers that take their own time take nobody else's, and come to an end."""

from __future__ import annotations

import socket
import statistics
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from doorward.web.server.body_limits import BODY, UPLOAD
from tests.browser.portal import Inside, Portal
from tests.kit import serving
from tests.kit.waiting import until
from tests.kit.wire import Wire
from tests.threats.held import Held, held, kinds
from tests.threats.proxies import haproxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.portal import Somebody

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

EXPORT = "/activity/export.csv"
# More than a connection that nobody reads takes up by itself.
EVENTS = 8_000
TRIES = 3
# A busy machine comes late; whom a held thread keeps waits until a body's time is over.
SOON = BODY.seconds / 2
KINDS = (
    "heads",
    "bodies",
    "readers of exports",
    "readers of files",
    "idle",
    "idle after an answer",
)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = serving.made_before(tmp_path_factory.mktemp("slow") / "data")
    port = serving.free_port()
    address = f"http://localhost:{port}"
    server = serving.start(folder, port=port, public_url=address, trusted_proxies="127.0.0.1")
    inside = Inside(folder, public_url=address)
    try:
        yield Portal(server=server, inside=inside, folder=folder, address=address)
    finally:
        inside.stop()
        server.stop()


@pytest.fixture(scope="module")
def owner(portal: Portal) -> Somebody:
    return portal.boss()


@pytest.fixture(scope="module")
def reader(portal: Portal) -> Wire:
    """Return the browser of somebody at whose customer much has happened."""
    somebody = portal.boss()
    portal.ask("many_events", email=somebody.email, number=EVENTS)
    wire = Wire(portal.server.port, portal.address)
    wire.follow(wire.post("/sign-in/", email=somebody.email, password=somebody.password))
    return wire


@pytest.fixture(scope="module", params=["directly", "through a proxy"])
def port(
    request: pytest.FixtureRequest, portal: Portal, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    if request.param == "directly":
        yield portal.server.port
        return
    with haproxy(tmp_path_factory.mktemp("haproxy"), portal.server.port) as front:
        yield front


def sign_in(port: int, owner: Somebody) -> float:
    """Return the seconds of the form with the password."""
    wire = Wire(port, owner.portal.address)
    wire.get("/sign-in/")
    began = time.monotonic()
    assert wire.post("/sign-in/", email=owner.email, password=owner.password).status == 303
    return time.monotonic() - began


def median(port: int, owner: Somebody) -> float:
    return statistics.median(sign_in(port, owner) for _ in range(TRIES))


@pytest.fixture(scope="module")
def undisturbed(port: int, owner: Somebody) -> float:
    return median(port, owner)


@pytest.mark.parametrize("kind", KINDS)
def test_others_sign_in_meanwhile(
    kind: str, port: int, undisturbed: float, portal: Portal, owner: Somebody, reader: Wire
) -> None:
    with held(kinds(reader, EXPORT, port)[kind]) as connections:
        connections.go_on()
        assert portal.server.healthy(seconds=SOON)
        # What it takes beside a server that is kept busy, but not what a held thread would make it.
        assert median(port, owner) < 5 * undisturbed + SOON
        connections.go_on()
        assert portal.server.healthy(seconds=SOON)


def test_all_of_them_at_once(portal: Portal, owner: Somebody, reader: Wire) -> None:
    port = portal.server.port
    with ExitStack() as all_of_them:
        for one in kinds(reader, EXPORT, port).values():
            all_of_them.enter_context(held(one))
        assert portal.server.healthy(seconds=SOON)
        assert sign_in(port, owner) < SOON


def test_what_does_not_come_to_an_end_is_ended(portal: Portal, reader: Wire) -> None:
    """A body with an answer, the rest in silence; each in its time, in drops or not."""
    of = kinds(reader, EXPORT, portal.server.port)
    with ExitStack() as all_of_them:
        for kind in ("heads", "bodies", "idle", "idle after an answer"):
            all_of_them.enter_context(held(of[kind], 8))

        def told() -> bool:
            of["bodies"].go_on()
            return len(of["bodies"].ended()) == 8

        until(told)
        for came in of["bodies"].ended():
            assert came.startswith(b"HTTP/1.1 408 ")
            assert b"x-request-id: " in came
        for kind in ("heads", "idle", "idle after an answer"):
            until(lambda one=of[kind]: len(one.ended()) == 8)  # type: ignore[misc]


def test_unfinished_bodies_are_bounded_and_the_oldest_makes_room(
    portal: Portal, reader: Wire
) -> None:
    """Uploads may be long: 500 of them would be 250 MB, so the first are ended before their time."""
    head = kinds(reader, EXPORT, portal.server.port)["bodies"].head
    head = head.replace(b"/sign-in/", b"/brands/").replace(b": 65536", b": 524288")
    first, others = Held(portal.server.port, head), Held(portal.server.port, head)
    with held(first, 2), held(others, 500):
        until(lambda: len(first.ended()) == 2, seconds=UPLOAD.seconds / 2)
        assert all(came.startswith(b"HTTP/1.1 408 ") for came in first.ended())


def test_heads_of_files_make_no_form_go(portal: Portal, reader: Wire) -> None:
    """A stranger announces files of 8 MB, and never sends one: forms that are slow come through all the same."""
    head = kinds(reader, EXPORT, portal.server.port)["bodies"].head
    files = head.replace(b"/sign-in/", b"/customers/import/").replace(b": 65536", b": 8388608")
    forms = Held(portal.server.port, head)
    with held(forms, 2), held(Held(portal.server.port, files), 100) as strangers:
        until(lambda: strangers.ended() != [], seconds=10)
        assert not forms.ended()


def test_an_export_that_is_read_late_comes_whole(portal: Portal, reader: Wire) -> None:
    """Its reader is one connection's matter; its length is known, so that no other looks whole."""
    none = f"{EXPORT}?from=2999-01-01"
    # What the tests before it asked for may be under way still: one at a time for a person.
    until(lambda: {reader.get(none).status for _ in range(12)} == {200}, seconds=60)
    of = kinds(reader, EXPORT, portal.server.port)["readers of exports"]
    with held(of, 1):
        [connection] = of.sockets
        connection.settimeout(60)
        assert connection.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
        whole = b"".join(iter(lambda: connection.recv(262144), b""))
    # It is under way no longer, at whichever worker it was: the same person has the next one.
    until(lambda: {reader.get(none).status for _ in range(12)} == {200})
    head, _, body = whole.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}\r\n".encode() in head
    assert b"transfer-encoding" not in head
    assert body.count(b"\r\n") > EVENTS
