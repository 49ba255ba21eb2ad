"""What an answer to a proxy costs that asks about a request to a site, beside the server's own bare answer.

    python -m benchmarks.forward_auth [--rate 1000] [--seconds 10] [--rounds 3] [--connections 8] [--json FILE]

One `doorward run` with two workers on SQLite, somebody who is signed in at a site, and connections that stay open, as
those of a proxy. CPU is what the operating system says of the web server's processes; the client's own is in none of
it. First both are asked as fast as they answer, in turns; then `/forward-auth/` at the rate, for so long: how many were
answered, and how long each took. The client is on the same processors: the rate is what they do with it beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.throughput import cpu
from tests.kit import serving
from tests.kit.wire import Wire

ORIGIN, PORTAL = "https://wiki.example.com", "https://portal.example.com"
EMAIL, PASSWORD = "zoe@portal.example", "seven bridges over a quiet river"
GIVEN = {"public_url": PORTAL, "trusted_proxies": "127.0.0.1"}
FORWARDED = {"X_Forwarded_Host": "wiki.example.com", "X_Forwarded_Proto": "https"}
OPENS = {"Sec_Fetch_Mode": "navigate", "Accept": "text/html"}
COOKIE = "__Host-doorward-site"
# Of one answer, in ms of CPU, and beside the bare one.
GOAL_MS = 1.0
EACH = 3000


def fill(folder: Path) -> None:
    """Make somebody, and a site that they have the right to."""
    for words, stdin in (
        (["customers", "add", "Mill"], None),
        (
            [
                *("administrators", "add", EMAIL, "--customer", "Mill"),
                *("--primary", "--password-stdin"),
            ],
            PASSWORD,
        ),
    ):
        done = serving.doorward(*words, folder=folder, stdin=stdin, **GIVEN)
        if done.returncode:
            raise SystemExit(done.stderr)
    subprocess.run(
        [sys.executable, "-m", "tests.installing.filling", f"wiki={ORIGIN}"],
        env=serving.environment(folder, **GIVEN),
        check=True,
    )


def sign_in(port: int) -> str:
    """Return the cookie of somebody who is signed in at the site."""

    def path_of(answer: Any) -> str:
        address: str = answer.header("Location")
        return urlsplit(address)._replace(scheme="", netloc="").geturl()

    portal, site = Wire(port, PORTAL), Wire(port, ORIGIN)
    portal.get("/sign-in/")
    portal.post("/sign-in/", email=EMAIL, password=PASSWORD)
    led = site.get("/forward-auth/", **OPENS, **FORWARDED)
    site.get(path_of(portal.get(path_of(led))), **FORWARDED)
    cookie: str = site.cookies[COOKIE]
    return cookie


def request(path: str, cookie: str) -> bytes:
    """Return a request as a proxy sends it."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: wiki.example.com",
        *(f"{name.replace('_', '-')}: {value}" for name, value in (FORWARDED | OPENS).items()),
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Uri: /page?x=1",
        "X-Forwarded-Method: GET",
        "Accept-Language: en",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        f"Cookie: {COOKIE}={cookie}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


class Connection:
    """One that stays open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, sent: bytes) -> None:
        """Ask once; anything but 200 ends the benchmark."""
        self._socket.sendall(sent)
        came = b""
        while b"\r\n\r\n" not in came:
            came += self._more()
        head, _, body = came.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._more()

    def _more(self) -> bytes:
        came = self._socket.recv(65536)
        if not came:
            raise SystemExit("the server closed a connection")
        return came

    def close(self) -> None:
        self._socket.close()


def _each(port: int, sent: bytes, times: int) -> None:
    connection = Connection(port)
    for _ in range(times):
        connection.ask(sent)
    connection.close()


def cost(server: serving.Server, sent: bytes, connections: int) -> float:
    """Return the CPU milliseconds of the web server for one answer."""
    part = server.part("serve")
    before = cpu(part)
    with ThreadPoolExecutor(connections) as pool:
        each = EACH // connections
        list(pool.map(lambda _: _each(server.port, sent, each), range(connections)))
    return (cpu(part) - before) / (each * connections) * 1000


def _at_rate(port: int, sent: bytes, rate: float, seconds: float) -> list[float]:
    """Ask at a steady rate for so long; return the seconds from when each was due to its answer."""
    connection, waited = Connection(port), []
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        pause = due - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        if time.monotonic() > began + seconds:
            break
        connection.ask(sent)
        waited.append(time.monotonic() - due)
    connection.close()
    return waited


def steadily(server: serving.Server, sent: bytes, given: argparse.Namespace) -> dict[str, float]:
    """Ask at the rate that is given, and return how it went."""
    part, number = server.part("serve"), given.connections
    before = cpu(part)
    with ThreadPoolExecutor(number) as pool:
        turns = [
            pool.submit(_at_rate, server.port, sent, given.rate / number, given.seconds)
            for _ in range(number)
        ]
        waited = sorted(one for turn in turns for one in turn.result())
    return {
        "a second": len(waited) / given.seconds,
        "cpu ms": (cpu(part) - before) / len(waited) * 1000,
        "median ms": statistics.median(waited) * 1000,
        "99 of 100 ms": waited[int(len(waited) * 0.99)] * 1000,
        "longest ms": waited[-1] * 1000,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {len(os.sched_getaffinity(0))} processors")
    with tempfile.TemporaryDirectory(prefix="doorward-bench-") as name:
        folder = Path(name) / "data"
        fill(folder)
        server = serving.start(folder, "--workers", "2", port=None, **GIVEN)
        try:
            cookie = sign_in(server.port)
            asked, bare = request("/forward-auth/", cookie), request("/healthz", cookie)
            for one in (asked, bare):
                cost(server, one, given.connections)  # warm
            rounds = [
                (cost(server, asked, given.connections), cost(server, bare, given.connections))
                for _ in range(given.rounds)
            ]
            steady = steadily(server, asked, given)
        finally:
            server.stop()
    best = min(rounds)
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"an answer: {best[0]:.2f} ms of CPU (goal {GOAL_MS}), a bare one {best[1]:.2f}")
    print(f"  beside the bare one: {ratio:.2f} times, the median of {len(rounds)} rounds")
    print(f"at {given.rate:.0f} a second: " + ", ".join(f"{k} {v:.2f}" for k, v in steady.items()))
    print(f"load {os.getloadavg()[0]:.1f}")
    if given.json:
        found = {"rounds": rounds, "ratio": ratio, "steady": steady}
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
