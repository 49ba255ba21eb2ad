"""A site without a sign-in of its own behind each proxy that we have an example for: who gets through, and as whom.

One `doorward run`, a site that answers with the headers that reached it, and the proxies with the files of
`deploy/proxies/forward-auth`. People come from 127.0.0.2, the proxies from 127.0.0.1.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.installing.proxies import BEFORE_SITE, HOST, SITE, running_before_site
from tests.kit import tls
from tests.kit.serving import doorward, environment, free_port, listens, start
from tests.kit.waiting import until
from tests.kit.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.processes,
    pytest.mark.xdist_group("proxies"),
]

ORIGIN, PORTAL = f"https://{SITE}", f"https://{HOST}"
OTHER = "https://logs.example.com"
EMAIL, PASSWORD = "zoe@portal.example", "seven bridges over a quiet river"
PERSON = "127.0.0.2"
GIVEN = {"public_url": PORTAL, "trusted_proxies": "127.0.0.1"}
OPENS = {"Sec_Fetch_Mode": "navigate", "Accept": "text/html"}
COOKIE = "__Host-doorward-site"
FORGED = "admin@evil.example"
NAMES = {"remote-user", "remote-email", "remote-name", "remote-customer", "doorward-assertion"}


class Site(BaseHTTPRequestHandler):
    """Says what reached it."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        said = {
            "path": self.path,
            "method": self.command,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Places:
    portal: int
    site: int


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("asked") / "data"
    assert doorward("customers", "add", "Mill", folder=folder, **GIVEN).returncode == 0
    add = ["administrators", "add", EMAIL, "--customer", "Mill", "--primary", "--password-stdin"]
    assert doorward(*add, folder=folder, stdin=PASSWORD, **GIVEN).returncode == 0
    subprocess.run(
        [sys.executable, "-m", "tests.installing.filling", f"wiki={ORIGIN}", f"logs={OTHER}"],
        env=environment(folder, **GIVEN),
        check=True,
        timeout=120,
    )
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    server = start(folder, port=None, **GIVEN)
    yield Places(server.port, site.server_port)
    site.shutdown()
    site.server_close()
    assert server.stop() == 0


@pytest.fixture(scope="module", params=sorted(BEFORE_SITE))
def front(request, places, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with running_before_site(request.param, folder, places.portal, places.site) as one:
        # It listens before it has read what it passes on to whom.
        until(lambda: asks(one))
        yield one


def asks(front):
    try:
        return at_site(front).get("/", Sec_Fetch_Mode="cors").status == 401
    except (OSError, http.client.HTTPException):
        return False


def at_site(front):
    return Wire(front.secure, ORIGIN, tls=tls.authority().trusted(), source=PERSON)


@pytest.fixture(scope="module")
def portal(places):
    """Be a browser that is signed in at the portal."""
    browser = Wire(places.portal, PORTAL)
    browser.get("/sign-in/")
    assert browser.post("/sign-in/", email=EMAIL, password=PASSWORD).status == 303
    return browser


def path_of(address):
    return urlsplit(address)._replace(scheme="", netloc="").geturl()


def begin(browser, path="/"):
    """Be led to the portal; return the path there."""
    led = browser.get(path, **OPENS)
    assert (led.status, led.header("Location").partition("?")[0]) == (
        303,
        f"{PORTAL}/forward-auth/start/",
    )
    return path_of(led.header("Location"))


@pytest.fixture
def signed_in(front, portal):
    browser = at_site(front)
    handed = portal.get(begin(browser, "/page?x=1"))
    answer = browser.get(path_of(handed.header("Location")))
    assert answer.header("Location") == f"{ORIGIN}/page?x=1"
    return browser


def reached(answer):
    """Return what reached the site, and that something did."""
    assert answer.status == 200, (answer.status, answer.headers, answer.text)
    said = json.loads(answer.text)
    return said, dict(said["headers"])


def test_who_is_signed_in_gets_through_and_nobody_else(front, signed_in):
    said, headers = reached(signed_in.get("/deep//page%2fx?y=%20z"))
    # Traefik writes a path anew.
    assert said["path"] in {"/deep//page%2fx?y=%20z", "/deep/page%2Fx?y=%20z"}
    assert (headers["remote-user"], headers["remote-email"]) == (EMAIL, EMAIL)
    assert (headers["remote-name"], headers["remote-customer"]) == ("Zo%C3%AB Mill", "Mill")
    assert headers["doorward-assertion"].count(".") == 2
    sent = signed_in.send("POST", "/save", "a=b", Content_Type="text/plain")
    assert reached(sent)[0]["body"] == "a=b"
    stranger = at_site(front)
    assert stranger.get("/", Sec_Fetch_Mode="cors").status == 401
    begin(stranger, "/deep//page")
    assert stranger.send("POST", "/save", "a=b", **OPENS).status == 303
    assert stranger.send("POST", "/save", "a=b", Sec_Fetch_Mode="cors").status == 401


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//x",
        "/%2f",
        "/%2F..%2f",
        "/./x",
        "/x/../y",
        "/.doorward/../x",
        "/.doorward/%2e%2e/x",
        "/.doorward/..%2fx",
        "/.DOORWARD/sign-in/",
        "/%2edoorward/x",
        "/.doorward%2fx",
        "//.doorward/x",
        "/.doorward",
        "/.doorward/",
        "/.doorward-ask",
        "/.doorward-page",
        "/.doorward/sign-in",
        "/;/x",
        "/%00",
        "/x?/.doorward/",
    ],
)
def test_no_spelling_of_an_address_is_a_way_around(front, path):
    stranger = at_site(front)
    for headers in (OPENS, {"Sec_Fetch_Mode": "cors"}):
        answer = stranger.get(path, **headers)
        assert answer.status != 200, path
        assert "doorward-assertion" not in answer.text
        for led in answer.all("Location"):
            assert led.startswith((f"{PORTAL}/forward-auth/start/", ORIGIN, "/")), led


def raw(front, target, headers, method="GET"):
    """Send a request with headers as they are written here, and return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", front.secure, timeout=30)
    connection.connect()
    connection.sock = tls.authority().trusted().wrap_socket(connection.sock, server_hostname=SITE)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        came = connection.getresponse()
        return came.status, came.read().decode(errors="replace")
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["WIKI.example.COM", f"{SITE}.", f"{SITE}:443"])
def test_other_spellings_of_the_host_let_no_stranger_in(front, signed_in, host):
    status, text = raw(front, "/", [("Host", host), ("Sec-Fetch-Mode", "cors")])
    # Caddy's own answer to a name that it does not know is 200, and empty.
    assert status in {303, 401, 404, 421} or not text
    assert "headers" not in text
    cookie = f"{COOKIE}={signed_in.cookies[COOKIE]}"
    status, text = raw(front, "/", [("Host", host), ("Cookie", cookie)])
    # It is the same site, or the proxy knows no such one.
    assert EMAIL in text or status >= 400 or not text


def test_forged_headers_reach_no_site(front, signed_in):
    names = ("Remote-User", "Remote-Email", "Remote-Name", "Remote-Customer", "Doorward-Assertion")
    spelt = [*names, *(name.upper() for name in names), *(one.replace("-", "_") for one in names)]
    cookie = f"{COOKIE}={signed_in.cookies[COOKIE]}"
    forged = [(name, FORGED) for name in spelt]
    status, text = raw(front, "/", [("Host", SITE), ("Cookie", cookie), *forged])
    assert (status, FORGED in text) == (200, False), text
    assert EMAIL in text
    status, text = raw(front, "/", [("Host", SITE), ("Sec-Fetch-Mode", "cors"), *forged])
    assert status == 401


@pytest.mark.parametrize(
    "named",
    [["Remote-User"], ["remote-customer, doorward-assertion"], ["close", "Remote-Name"]],
)
def test_no_client_takes_a_header_of_who_it_is_away(front, signed_in, named):
    """A proxy passes on nothing that Connection names (RFC 9110, 7.6.1), not even what it put there itself."""
    cookie = f"{COOKIE}={signed_in.cookies[COOKIE]}"
    sent = [("Host", SITE), ("Cookie", cookie), *(("Connection", one) for one in named)]
    status, text = raw(front, "/", sent)
    told = {name for name, _value in json.loads(text)["headers"]} if status == 200 else NAMES
    assert told >= NAMES, (status, text)


def test_what_is_upgraded_is_a_websocket_and_nothing_else(front, signed_in):
    """By HTTP/2 in the clear a client would send more requests, of which nobody is asked (h2c smuggling)."""
    cookie = ("Cookie", f"{COOKIE}={signed_in.cookies[COOKIE]}")
    settings = ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")
    for kind in (["h2c"], ["H2C"], ["h2c, websocket"], ["h2c", "websocket"], ["websocket", "h2c"]):
        upgrade = [("Upgrade", one) for one in kind]
        wants = ("Connection", "Upgrade, HTTP2-Settings")
        status, text = raw(front, "/", [("Host", SITE), cookie, wants, settings, *upgrade])
        assert status >= 400 or "h2c" not in text.lower(), (status, text)
    opens = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
    opens += [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    status, text = raw(front, "/", [("Host", SITE), *opens])
    assert status == 401, text
    status, text = raw(front, "/", [("Host", SITE), cookie, *opens])
    assert ["upgrade", "websocket"] in json.loads(text)["headers"], text


def test_what_connection_names_is_asked_about_all_the_same(front, signed_in):
    for named in ("X-Forwarded-Host", "X-Forwarded-Proto, X-Forwarded-Uri", "X-Forwarded-For"):
        forged = [("Connection", named), ("X-Forwarded-Host", "logs.example.com")]
        status, text = raw(front, "/", [("Host", SITE), ("Sec-Fetch-Mode", "cors"), *forged])
        assert status in {400, 401}, (named, text)
        cookie = ("Cookie", f"{COOKIE}={signed_in.cookies[COOKIE]}")
        status, text = raw(front, "/", [("Host", SITE), cookie, *forged])
        assert status >= 400 or EMAIL in text


def test_what_a_client_says_of_its_request_is_not_what_is_asked(front):
    forged = [
        ("X-Forwarded-Host", "logs.example.com"),
        ("X-Forwarded-Uri", "/.doorward/x"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Proto", "http"),
        ("X_Forwarded_Host", "logs.example.com"),
        ("X-Original-URL", "/.doorward/x"),
        ("Authorization", "Bearer x"),
    ]
    status, _ = raw(front, "/", [("Host", SITE), ("Sec-Fetch-Mode", "cors"), *forged])
    assert status == 401


def test_a_cookie_of_another_site_is_nothing_here(front, places, portal):
    """Also where the request line names one site, and the header the other."""
    other = Wire(places.portal, OTHER)
    by_proxy = {"X_Forwarded_Host": "logs.example.com", "X_Forwarded_Proto": "https"}
    led = other.get("/forward-auth/", **OPENS, **by_proxy)
    handed = portal.get(path_of(led.header("Location")))
    other.get(path_of(handed.header("Location")), **by_proxy)
    assert other.get("/forward-auth/", **by_proxy).status == 200
    cookie = ("Cookie", f"{COOKIE}={other.cookies[COOKIE]}")
    for target in ("/", f"{ORIGIN}/", f"{OTHER}/"):
        for host in (SITE, "logs.example.com"):
            status, text = raw(front, target, [("Host", host), cookie])
            assert "doorward-assertion" not in text, (status, target, host)


def test_a_code_works_once_and_in_its_browser(front, portal):
    browser = at_site(front)
    address = path_of(portal.get(begin(browser)).header("Location"))
    thief = at_site(front)
    assert thief.get(address).status == 422
    assert browser.get(address).status == 422
    again = path_of(portal.get(begin(browser)).header("Location"))
    assert browser.get(again).status == 303
    assert browser.get(again).status == 422
    assert browser.get("/").status == 200


@pytest.mark.parametrize("breaks", ["", "error('broken')"])
def test_haproxy_lets_nobody_through_where_its_question_breaks_off(places, tmp_path, breaks):
    """It goes on to the site by itself after a script that failed."""
    behind = places.portal if breaks else free_port()
    with running_before_site("haproxy", tmp_path, behind, places.site, breaks=breaks) as one:
        until(lambda: listens(one.secure))
        status, text = raw(one, "/", [("Host", SITE), ("Sec-Fetch-Mode", "cors")])
    assert (status, "headers" in text) == (503, False), text


def test_signing_out_at_the_site_ends_its_cookie(front, signed_in):
    kept = signed_in.cookies[COOKIE]
    answer = signed_in.get("/.doorward/sign-out/")
    assert answer.header("Location") == f"{PORTAL}/oidc/logout/"
    assert COOKIE not in signed_in.cookies
    signed_in.cookies[COOKIE] = kept
    assert signed_in.get("/", Sec_Fetch_Mode="cors").status == 401


def test_signing_out_at_the_portal_ends_it_at_the_very_next_request(front, places):
    portal, browser = Wire(places.portal, PORTAL), at_site(front)
    portal.get("/sign-in/")
    assert portal.post("/sign-in/", email=EMAIL, password=PASSWORD).status == 303
    handed = portal.get(begin(browser))
    assert browser.get(path_of(handed.header("Location"))).status == 303
    assert browser.get("/").status == 200
    assert portal.post("/sign-out/").status == 303
    assert browser.get("/", Sec_Fetch_Mode="cors").status == 401
