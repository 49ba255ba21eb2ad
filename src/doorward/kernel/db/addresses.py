"""The address of a PostgreSQL database, of one server or several (libpq, section 32.1.1.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote

_URL: Final = re.compile(
    r"postgres(?:ql)?://(?P<servers>[^/?#]*)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_DEFAULT_PORT: Final = "5432"
_LAST_PORT: Final = 65535
_SERVER: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:,/]*)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says. `host` and `port` have commas where it names several servers, as libpq takes them."""

    name: str
    user: str
    password: str = field(repr=False)
    host: str
    port: str
    options: dict[str, str]

    @property
    def is_of_several(self) -> bool:
        """Return whether it names more than one server, of which one is to be found that serves."""
        return "," in self.host


def read(url: str) -> Address:
    """Return what `postgresql://user:password@host:port,host:port/name?option=value` says; raises `ValueError`."""
    # Not by `urlsplit`, which knows one server alone.
    found = _URL.fullmatch(url)
    # libpq reads up to a NUL, and takes its own defaults for what comes after.
    if found is None or not found["path"].strip("/") or "\0" in unquote(url):
        raise ValueError
    who, _, where = found["servers"].rpartition("@")
    user, _, password = who.partition(":")
    servers = [_server(one) for one in where.split(",")]
    hosts, ports = zip(*servers, strict=True)
    if len(servers) > 1:
        if not all(hosts):
            raise ValueError
        ports = tuple(port or _DEFAULT_PORT for port in ports)
    return Address(
        name=unquote(found["path"].lstrip("/")),
        user=unquote(user),
        password=unquote(password),
        host=",".join(hosts),
        port=",".join(ports),
        options=dict(parse_qsl(found["query"] or "")),
    )


def _server(written: str) -> tuple[str, str]:
    found = _SERVER.fullmatch(written)
    if found is None or int(found["port"] or 1) not in range(1, _LAST_PORT + 1):
        raise ValueError
    return unquote(found["host"].strip("[]")), found["port"] or ""
