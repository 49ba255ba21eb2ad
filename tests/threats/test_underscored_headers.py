"""Headers with an underscore for a hyphen: proxies pass them on, CGI's names make them the same. They are nobody's."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, NamedTuple

import pytest

from doorward.kernel.db.sqlite.driver import Database
from tests.kit import serving
from tests.kit.waiting import until
from tests.threats.proxies import haproxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

REAL = "203.0.113.9"
FORGED = "198.51.100.66"
# This machine too, and no proxy of the portal's.
SOURCE = "127.0.0.2"
SPELLINGS = ("X_Forwarded_For", "X-Forwarded_For", "X_Forwarded-For", "x_forwarded_for")
# What stands around it, so that its place among the others changes; a form's headers are taken out first.
OTHERS = (
    "Host: localhost",
    "User-Agent: a browser",
    "Accept-Language: en",
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Length: 0",
    "Connection: close",
)


class Portal(NamedTuple):
    """A portal behind trusted proxies, and what it wrote."""

    server: serving.Server
    folder: Path

    def address_of(self, request_id: str) -> str:
        """Return the address that a request was said to come from."""
        line = re.compile(rf"request_id={request_id} .*address=(.*)$", re.MULTILINE)
        until(lambda: line.search(self.server.log.read_text()))
        [address] = line.findall(self.server.log.read_text())
        return str(address)

    def newest(self, column: str) -> str:
        """Return a column of the newest event."""
        database = Database.connect(self.folder / "doorward.sqlite3")
        try:
            query = f"SELECT {column} FROM audit_event ORDER BY id DESC LIMIT 1"
            return str(database.execute(query).fetchone()[0])
        finally:
            database.close()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = serving.made_before(tmp_path_factory.mktemp("headers") / "data")
    server = serving.start(folder, trusted_proxies="127.0.0.1", metrics_token="t" * 32)
    try:
        yield Portal(server, folder)
    finally:
        server.stop()


class Answer(NamedTuple):
    status: int
    head: str
    body: str

    @property
    def request_id(self) -> str:
        found = re.search(r"^x-request-id: (\w+)", self.head, re.MULTILINE | re.IGNORECASE)
        assert found, self.head
        return found[1]


def send(
    port: int,
    *headers: str,
    method: str = "GET",
    path: str = "/sign-in/",
    body: str = "",
    source: str = "127.0.0.1",
) -> Answer:
    """Send one request to the letter; `headers` in this order, with a Host unless they have one."""
    lines = (
        headers if any(one.startswith("Host") for one in headers) else ("Host: localhost", *headers)
    )
    closing = () if any(one.startswith("Connection") for one in headers) else ("Connection: close",)
    text = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, *closing, "", body])
    with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as line:
        line.sendall(text.encode("latin-1"))
        came = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = came.decode(errors="replace").partition("\r\n\r\n")
    return Answer(int(head.split()[1]), head, body)


def places(forged: str) -> Iterator[tuple[str, ...]]:
    for place in range(len(OTHERS) + 1):
        yield (*OTHERS[:place], forged, *OTHERS[place:])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_directly_it_chooses_no_address(portal: Portal, spelling: str) -> None:
    for headers in places(f"{spelling}: {FORGED}"):
        answer = send(portal.server.port, *headers)
        assert portal.address_of(answer.request_id) == "127.0.0.1", headers


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_beside_a_proxys_own_it_chooses_none(portal: Portal, spelling: str) -> None:
    for headers in places(f"{spelling}: {FORGED}"):
        for proxys in range(len(headers) + 1):
            both = (*headers[:proxys], f"X-Forwarded-For: {REAL}", *headers[proxys:])
            answer = send(portal.server.port, *both)
            assert portal.address_of(answer.request_id) == REAL, both


def test_behind_a_proxy_that_passes_it_on_it_chooses_none(
    portal: Portal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with haproxy(tmp_path_factory.mktemp("haproxy"), portal.server.port) as port:
        for spelling in (*SPELLINGS, "X-Forwarded-For"):
            for headers in places(f"{spelling}: {FORGED}"):
                answer = send(port, *headers, source=SOURCE)
                assert portal.address_of(answer.request_id) == SOURCE, headers


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ((f"X-Forwarded-For: {FORGED}", f"X-Forwarded-For: {REAL}"), REAL),
        ((f"X-Forwarded-For: {FORGED}, {REAL}",), REAL),
        (("X-Forwarded-For: fe80::1%anything",), "127.0.0.1"),
        (("X-Forwarded-For: ::ffff:203.0.113.9",), REAL),
        (("Forwarded: for=198.51.100.66", f"X-Real-IP: {FORGED}"), "127.0.0.1"),
    ],
)
def test_an_address_is_one_or_none(portal: Portal, said: tuple[str, ...], believed: str) -> None:
    answer = send(portal.server.port, *said)
    assert portal.address_of(answer.request_id) == believed


def test_what_nobody_can_read_hides_no_address(portal: Portal) -> None:
    """Some proxies add to what came, whatever it was; the server gives nothing of what is not ASCII."""
    answer = send(portal.server.port, f"X-Forwarded-For: \xff\xfe, {REAL}")
    assert answer.status == 400
    both = ("X-Forwarded-For: \xff\xfe", f"X-Forwarded-For: {REAL}")
    answer = send(portal.server.port, *both)
    assert portal.address_of(answer.request_id) == REAL


def test_every_other_header_is_nobodys_too(portal: Portal) -> None:
    port = portal.server.port
    assert 'lang="de"' in send(port, "Accept-Language: de").body
    assert 'lang="en"' in send(port, "Accept_Language: de").body
    assert send(port, "Authorization: Bearer " + "t" * 32, path="/metrics").status == 200
    for spelling in ("X_Request_ID", "X-Request_ID"):
        assert "forged" not in send(port, f"{spelling}: forged").head
    assert send(port, "Content_Length: 70000", "Content_Type: text/plain").status == 200
    assert (
        send(port, "Transfer_Encoding: chunked", "Content-Length: 0", method="POST").status == 403
    )
    assert (
        send(port, "X_HTTP_Method_Override: DELETE", "X-HTTP-Method-Override: DELETE").status == 200
    )


def test_a_form_is_not_sent_by_what_they_say(portal: Portal) -> None:
    """Its origin, its scheme and its browser are those of the headers proper."""
    port = portal.server.port
    page = send(port)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
    cookie = re.search(
        r"^set-cookie:\s*(\S*csrf\S*=[^;]+)", page.head, re.MULTILINE | re.IGNORECASE
    )
    assert token
    assert cookie, page.head
    body = f"csrfmiddlewaretoken={token[1]}&email=x@x.example&password=wrong&next="

    def post(*headers: str) -> int:
        form = (f"Cookie: {cookie[1]}", "Content-Type: application/x-www-form-urlencoded")
        head = (*headers, *form, f"Content-Length: {len(body)}")
        return send(port, *head, method="POST", body=body).status

    assert post("Origin: http://localhost", "User_Agent: forged", "X_Forwarded_For: 1.2.3.4") == 422
    assert (portal.newest("type"), portal.newest("browser")) == ("sign_in_failed", "")
    assert portal.newest("address") == "127.0.0.1"
    assert post("Origin: https://localhost", "X_Forwarded_Proto: https") == 403
    assert post("Origin: https://localhost", "X-Forwarded-Proto: https") == 422
    assert post("Origin: http://elsewhere.example", "Host: localhost") == 403
    assert post("Origin: http://elsewhere.example", "Origin_: http://localhost") == 403


@pytest.mark.parametrize("method", ["get", "head", "Head", "post", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/sign-in/", "/activity/export.csv", "/healthz"])
def test_methods_are_exact_on_the_wire(portal: Portal, method: str, path: str) -> None:
    answer = send(portal.server.port, "Content-Length: 0", method=method, path=path)
    assert answer.status in {405, 501}
    assert len(answer.body) < 100
