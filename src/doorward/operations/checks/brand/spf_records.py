"""Who may send for a domain (SPF, RFC 7208), read as a receiver reads it, with what makes receivers drop it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward.operations.checks.brand.name_system import NameSystem

Network: TypeAlias = IPv4Network | IPv6Network

# RFC 7208, 4.6.4: a receiver looks up so much for one mail, of which so many may find nothing.
MOST_LOOKUPS: Final = 10
MOST_VOID: Final = 2
_MOST_EXCHANGES: Final = 10

_ASKING: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_TERM: Final = re.compile(
    r"(?P<sign>[-+~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?P<rest>[:/].*)?",
    re.IGNORECASE,
)
_MODIFIER: Final = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)", re.IGNORECASE)
_WIDTH: Final = re.compile(r"(?P<where>[^/]*)(?:/(?P<four>\d{1,2}))?(?://(?P<six>\d{1,3}))?")


class Fault(StrEnum):
    """Why receivers make nothing of a record."""

    SYNTAX = "syntax"
    TOO_MANY = "too-many"
    VOID = "void"
    # What another domain has, and is included: none, or several.
    INCLUDED = "included"


class SpfFault(Exception):
    """A record is of no use, and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a record. `value`: what follows its name, without the sign between them."""

    text: str
    name: str
    sign: str
    value: str


@dataclass(slots=True)
class Walk:
    """What a receiver looks up for one record and all that it includes, in the worst case."""

    names: NameSystem
    lookups: int = 0
    void: int = 0
    networks: list[Network] = field(default_factory=list)

    def follow(self, term: Term, domain: str) -> None:
        """Look up what a term asks for. Raises `SpfFault`, `NotAnswered`."""
        if term.name in _ASKING:
            self.lookups += 1
            if self.lookups > MOST_LOOKUPS:
                raise SpfFault(Fault.TOO_MANY)
        # What depends on the mail (RFC 7208, 7) is counted, and cannot be looked up without one.
        if "%" in term.value or term.name in {"ptr", "exists"}:
            return
        if term.name in {"ip4", "ip6"}:
            self._allow(term.value, term)
        elif term.name in {"include", "redirect"}:
            self._include(term.value)
        elif term.name in {"a", "mx"}:
            self._hosts(term, domain)

    def _include(self, domain: str) -> None:
        found = records_of(texts := self.names.texts(domain))
        if not texts:
            self._found_nothing()
        if len(found) != 1:
            raise SpfFault(Fault.INCLUDED)
        for term in parse(found[0]):
            if not term.name:
                raise SpfFault(Fault.INCLUDED)
            self.follow(term, domain)

    def _hosts(self, term: Term, domain: str) -> None:
        width = _WIDTH.fullmatch(term.value)
        if width is None:
            raise SpfFault(Fault.SYNTAX)
        where = width["where"] or domain
        hosts: Sequence[str] = [where]
        if term.name == "mx":
            hosts = self.names.mail_servers(where)
            if len(hosts) > _MOST_EXCHANGES:
                raise SpfFault(Fault.TOO_MANY)
        found = [one for host in hosts for one in self.names.addresses(host)]
        if not found:
            self._found_nothing()
        for address in found:
            bits = width["four"] if ip_address(address).version == 4 else width["six"]  # noqa: PLR2004
            self._allow(f"{address}/{bits}" if bits else address, term)

    def _allow(self, network: str, term: Term) -> None:
        try:
            one = ip_network(network, strict=False)
        except ValueError as error:
            raise SpfFault(Fault.SYNTAX) from error
        if term.name in {"ip4", "ip6"} and one.version != int(term.name[-1]):
            raise SpfFault(Fault.SYNTAX)
        if term.sign == "+":
            self.networks.append(one)

    def _found_nothing(self) -> None:
        self.void += 1
        if self.void > MOST_VOID:
            raise SpfFault(Fault.VOID)


def records_of(texts: Sequence[str]) -> list[str]:
    """Return those texts of a domain that are SPF (RFC 7208, 4.5)."""
    return [text for text in texts if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]


def parse(record: str) -> list[Term]:
    """Return the terms of a record; one that cannot be read has no name."""
    terms = [_term(text) for text in record.split()[1:]]
    names = [one.name for one in terms]
    if "all" not in names:
        return terms
    # RFC 7208, 5.1 and 6.1: behind `all` nothing is looked at, and `redirect` only where there is none.
    end = names.index("all")
    return [
        one
        for at, one in enumerate(terms)
        if not one.name or (at <= end and one.name != "redirect")
    ]


def _term(text: str) -> Term:
    found = _TERM.fullmatch(text)
    if found:
        name, rest = found["name"].lower(), found["rest"] or ""
        value = rest.removeprefix(":")
        wants = name in {"include", "exists", "ip4", "ip6"}
        given = bool(value) and rest.startswith(":")
        right = given if wants else not rest if name == "all" else rest != ":"
        return Term(text, name if right else "", found["sign"] or "+", value)
    modifier = _MODIFIER.fullmatch(text)
    if modifier is None:
        return Term(text, "", "", "")
    name = modifier["name"].lower()
    known = name in {"redirect", "exp"}
    return Term(text, name if not known or modifier["value"] else "", "", modifier["value"])
