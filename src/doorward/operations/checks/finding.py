"""One thing that was looked at, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["unfit", "advice", "fine"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so (`what`), and what to do about it (`do`; empty where it is fine).

    `unfit`: not in production. `advice`: better otherwise.
    """

    check: str
    verdict: Verdict
    what: str
    do: str = ""


def unfit(check: str, what: str, do: str) -> Finding:
    """Return what must not be so in production."""
    return Finding(check, "unfit", what, do)


def advice(check: str, what: str, do: str) -> Finding:
    """Return what had better be otherwise."""
    return Finding(check, "advice", what, do)


def fine(check: str, what: str) -> Finding:
    """Return what is as it should be."""
    return Finding(check, "fine", what)
