"""Whatever a stranger or somebody who is signed in sends: an answer below 500, soon, and nothing in the log.

Some hundred requests here; `make faults` sends 20,000. FAULTS_REQUESTS: how many.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import HealthCheck, given, settings

from doorward.web.server.body_limits import BODY
from tests.browser.portal import Inside, Portal
from tests.faults.odd_requests import Odd, requests
from tests.kit import serving
from tests.kit.people import ALL_TABS
from tests.kit.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.portal import Somebody

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

REQUESTS = int(os.environ.get("FAULTS_REQUESTS", "200"))
# Ten times what a password hash takes on a busy machine.
MOST_CPU_SECONDS = 0.5
ANSWER_SECONDS = 5
# Who announces more than they send waits, and is waited for.
_UNFINISHED = ("content-length", "transfer-encoding", "expect")
# No method of ours, and a version of HTTP that is not spoken: nothing of it reached a page.
_REFUSED = frozenset({501, 505})


@dataclass
class Target:
    """A portal, and the browser of somebody who may see all of it."""

    portal: Portal
    staff: Somebody
    wire: Wire

    def sign_in(self) -> None:
        """Sign in, unless somebody is."""
        if self.wire.get("/").status == 200:
            return
        self.wire = Wire(self.portal.server.port, self.portal.address)
        self.wire.post("/sign-in/", email=self.staff.email, password=self.staff.password)
        self.wire.post("/sign-in/code/", code=self.staff.code())
        assert self.wire.follow(self.wire.get("/")).status == 200

    def cpu(self) -> float:
        """Return the seconds of processor that answering has taken."""
        spent = [psutil.Process(one.pid).cpu_times() for one in self.portal.server.answering()]
        return sum(one.user + one.system for one in spent)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = serving.made_before(tmp_path_factory.mktemp("odd") / "data")
    port = serving.free_port()
    address = f"http://localhost:{port}"
    server = serving.start(folder, port=port, public_url=address, trusted_proxies="127.0.0.1")
    inside = Inside(folder, public_url=address)
    portal = Portal(server=server, inside=inside, folder=folder, address=address)
    try:
        tabs = [*ALL_TABS, "customers", "brands", "tabs"]
        staff = portal.person("Nora Lindqvist", customer=portal.ask("provider"), tabs=tabs)
        yield Target(portal, staff.has_app(), Wire(port, address))
    finally:
        inside.stop()
        server.stop()


def send(port: int, written: bytes) -> bytes:
    """Send it, and return what came until the other side had enough."""
    came = b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
        try:
            connection.sendall(written)
            while part := connection.recv(65536):
                came += part
        except (TimeoutError, ConnectionError):
            pass
    return came


def check(target: Target, odd: Odd, cookies: dict[str, str]) -> None:
    host = target.portal.address.removeprefix("http://")
    written = odd.written(host=host, cookies=cookies)
    before = target.cpu()
    came = send(target.portal.server.port, written)
    assert target.cpu() - before < MOST_CPU_SECONDS
    status = re.match(
        rb"(?:HTTP/1\.1 1\d\d [^\r]*\r\n(?:[^\r\n]+\r\n)*\r\n)*HTTP/1\.\d (\d{3})", came
    )
    if status is None:
        assert any(name.lower() in _UNFINISHED for name, _ in odd.headers), came
        return
    assert int(status[1]) < 500 or int(status[1]) in _REFUSED, came[:2000]


@pytest.mark.parametrize("who", ["a stranger", "somebody signed in"])
def test_nothing_breaks(target: Target, who: str) -> None:
    stranger = Wire(target.portal.server.port, target.portal.address)
    stranger.get("/sign-in/")

    @settings(
        max_examples=REQUESTS // 2,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(odd=requests())
    def examples(odd: Odd) -> None:
        if who == "a stranger":
            check(target, odd, stranger.cookies)
        else:
            target.sign_in()
            check(target, odd, target.wire.cookies)

    examples()
    assert "Traceback" not in target.portal.server.log.read_text()
    assert target.portal.server.healthy()


POST = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def sized(length: int, kind: str = "application/x-www-form-urlencoded") -> bytes:
    return POST + f"Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("written", "status"),
    [
        (sized(BODY.bytes + 1) + bytes(BODY.bytes + 1), b"413"),
        (sized(9 * 2**20) + bytes(9 * 2**20), b"413"),
        (sized(9, "text/x; charset=utf-7") + b"x" * 9, b"415"),
        (
            POST + b"Transfer-Encoding: chunked\r\n\r\n5000\r\n%b\r\n0\r\n\r\n" % bytes(0x5000),
            b"411",
        ),
    ],
    ids=["just above", "nine megabytes", "of another kind", "in chunks"],
)
def test_who_sends_what_is_refused_reads_the_answer(
    target: Target, written: bytes, status: bytes
) -> None:
    """A connection that is closed over bytes that nobody read is reset: a proxy makes 502 of that."""
    came = send(target.portal.server.port, written + NEXT)
    assert re.findall(rb"HTTP/1\.1 (\d{3})", came) == [status, b"200"]


@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"])
def test_who_announces_too_much_and_waits_is_answered(target: Target, more: bytes) -> None:
    written = POST + more + b"Content-Length: 999999999\r\n\r\n"
    assert send(target.portal.server.port, written).startswith(b"HTTP/1.1 413 ")


def test_what_is_far_too_large_is_not_read_to_its_end(target: Target) -> None:
    far = 64 * 2**20
    came = send(target.portal.server.port, sized(far) + bytes(far) + NEXT)
    assert b"HTTP/1.1 200" not in came
