"""A request in the words of Django's handler: what was sent, and nothing that would pass for something else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from doorward.web.server.environ import environ_of


class Headers:
    """As granian has them: a value that is more than ASCII is not among the items."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.lines = lines

    def items(self):
        return [(name.lower(), value) for name, value in self.lines if value.isascii()]

    def keys(self):
        return list({name.lower(): None for name, _ in self.lines})


@dataclass
class Scope:
    """As RSGI describes one."""

    method: str = "GET"
    path: str = "/"
    query_string: str = ""
    http_version: str = "1.1"
    server: str = "[::1]:8000"
    client: str = "[2001:db8::7]:4711"
    authority: str | None = None
    scheme: str = "http"
    headers: Headers = field(default_factory=Headers)


def of(*lines, **more) -> dict[str, Any]:
    scope: Any = Scope(headers=Headers(*lines), **more)
    return environ_of(scope)


def test_addresses_have_no_brackets_and_no_port():
    assert of()["REMOTE_ADDR"] == "2001:db8::7"
    assert of(client="192.0.2.1:80")["REMOTE_ADDR"] == "192.0.2.1"
    assert (of()["SERVER_NAME"], of()["SERVER_PORT"]) == ("::1", "8000")


def test_what_is_said_twice_is_joined():
    environ = of(
        ("X-Forwarded-For", "a"), ("Cookie", "a=1"), ("x-forwarded-for", "b"), ("cookie", "b=2")
    )
    assert environ["HTTP_X_FORWARDED_FOR"] == "a,b"
    assert environ["HTTP_COOKIE"] == "a=1;b=2"


@pytest.mark.parametrize(
    "name", ["X_Forwarded_For", "x-forwarded_for", "Content_Length", "_", "Host_"]
)
def test_a_name_with_an_underscore_is_nobodys(name):
    assert of((name, "203.0.113.9")) == of()


def test_a_value_that_cannot_be_read_is_there_and_empty():
    assert of(("X-Forwarded-For", "é, 203.0.113.9"))["HTTP_X_FORWARDED_FOR"] == ""
    assert of(("Content-Type", "é"), ("User-Agent", "x"))["CONTENT_TYPE"] == ""


def test_the_host_is_the_headers_or_the_targets():
    assert of(("Host", "a"), authority="b")["HTTP_HOST"] == "a"
    assert of(authority="b")["HTTP_HOST"] == "b"
    assert of()["HTTP_HOST"] == ""


@pytest.mark.parametrize("path", ["/é", "/\x00", "/\ufffd", "/\U0001f600"])
def test_a_path_is_the_bytes_of_utf_8(path):
    assert of(path=path)["PATH_INFO"].encode("latin-1").decode() == path
