"""One thing that was looked at, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["unfit", "advice", "fine"]


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the name system, as it should be."""

    name: str
    type: Literal["A", "AAAA", "TXT"]
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so (`what`), and what to do about it (`do`; empty where it is fine), with the `record` to set.

    `unfit`: not in production. `advice`: better otherwise.
    """

    check: str
    verdict: Verdict
    what: str
    do: str = ""
    record: Record | None = None


def unfit(check: str, what: str, do: str, record: Record | None = None) -> Finding:
    """Return what must not be so in production."""
    return Finding(check, "unfit", what, do, record)


def advice(check: str, what: str, do: str, record: Record | None = None) -> Finding:
    """Return what had better be otherwise."""
    return Finding(check, "advice", what, do, record)


def fine(check: str, what: str) -> Finding:
    """Return what is as it should be."""
    return Finding(check, "fine", what)
