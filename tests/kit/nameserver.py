"""A name system of a test's own on loopback, which `dnspython` asks in place of the machine's."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Names:
    """What is answered: texts by name and type; `asked`: what was asked for, in order."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    # Of these nothing is answered at all.
    silent: set[str] = field(default_factory=set)

    def put(self, name: str, kind: str, *values: str) -> None:
        """Have a name answered with these values."""
        self.records[name, kind] = list(values)

    def answer(self, wire: bytes) -> bytes:
        """Return the answer to a question."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
        self.asked.append((name, kind))
        if name in self.silent:
            return b""
        response = dns.message.make_response(query)
        values = self.records.get((name, kind))
        if values:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif not any(f".{one}".endswith(f".{name}") for one, _kind in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextmanager
def serving() -> Iterator[Names]:
    """Answer questions until the block ends."""
    names, ended = Names(), threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)

        def serve() -> None:
            while not ended.is_set():
                try:
                    wire, sender = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                if said := names.answer(wire):
                    sock.sendto(said, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], sock.getsockname()[1]
        before, dns.resolver.default_resolver = dns.resolver.default_resolver, resolver
        try:
            yield names
        finally:
            dns.resolver.default_resolver = before
            ended.set()
            thread.join()
