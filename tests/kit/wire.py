"""A browser in plain HTTP against a real server: it keeps cookies and every answer, and runs no scripts."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

_TARGET = re.compile(r'(?:href|src|action|formaction|poster)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as it came."""

    method: str
    path: str
    status: int
    headers: list[tuple[str, str]]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def all(self, name: str) -> list[str]:
        """Return all headers of this name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        """Return the header of this name, which comes once; empty: it is not there."""
        found = self.all(name)
        assert len(found) <= 1, (name, found)
        return found[0] if found else ""

    def between(self, start: str, end: str) -> str:
        """Return what stands in the page between two texts."""
        assert start in self.text, (start, self.text)
        return self.text.partition(start)[2].partition(end)[0]

    def addresses(self) -> list[str]:
        """Return every address that the answer leads to."""
        return [*self.all("Location"), *_TARGET.findall(self.text)]


@dataclass
class Wire:
    """One browser. `origin`: scheme, host and port that it believes to be at.

    `tls`: how it speaks to a proxy that has the origin's certificate; `source`: the address that it comes from.
    """

    port: int
    origin: str
    tls: ssl.SSLContext | None = field(default=None, kw_only=True)
    source: str = field(default="127.0.0.1", kw_only=True)
    cookies: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    # Every value that a cookie ever had.
    kept: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        return "__Host-" if self.origin.startswith("https") else ""

    @property
    def suffix(self) -> str:
        port = urlsplit(self.origin).port
        return f"-{port}" if port else ""

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Send one request on a connection of its own; `headers` by names with _ for -."""
        given = {
            "Host": urlsplit(self.origin).netloc,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(self.source, 0)
        )
        try:
            if self.tls:
                connection.connect()
                host = urlsplit(self.origin).hostname
                connection.sock = self.tls.wrap_socket(connection.sock, server_hostname=host)
            connection.request(method, path, body=body, headers=given)
            came = connection.getresponse()
            answer = Answer(method, path, came.status, came.getheaders(), came.read())
        finally:
            connection.close()
        self.answers.append(answer)
        self._keep(answer)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form as a page of the portal has it."""
        if f"{self.prefix}csrf{self.suffix}" not in self.cookies:
            self.get("/sign-in/")
        fields["csrfmiddlewaretoken"] = self.cookies[f"{self.prefix}csrf{self.suffix}"]
        return self.send(
            "POST",
            path,
            urlencode(fields),
            Content_Type="application/x-www-form-urlencoded",
            Origin=self.origin,
        )

    def follow(self, answer: Answer) -> Answer:
        """Go on to where an answer redirects to, until one does not."""
        while answer.status in {302, 303}:
            answer = self.get(
                urlsplit(answer.header("Location"))._replace(scheme="", netloc="").geturl()
            )
        return answer

    def _keep(self, answer: Answer) -> None:
        for name, value in _pairs(answer):
            if value:
                self.cookies[name] = value
                self.kept.add(value)
            else:
                self.cookies.pop(name, None)


def _pairs(answer: Answer) -> Iterator[tuple[str, str]]:
    for cookie in answer.all("Set-Cookie"):
        name, _, rest = cookie.partition("=")
        yield name, rest.partition(";")[0].strip('"')
