"""Traces: two spans of our own a request, the request and the gate in it, told to whoever makes spans of them.

What is told has closed lists of values: a route's pattern, never a path, a query or anything of a person. Where no
endpoint is set, nobody makes spans, and nothing is told or imported (`web/server/spans.py`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from doorward.web.http.methods import METHODS
from doorward.web.http.rooms import outcome_of, room_of

if TYPE_CHECKING:
    from doorward.web.http.requests import Gated, Request

# OpenTelemetry's word for a method that is none of the known ones (semantic conventions, HTTP).
OTHER_METHOD: Final = "_OTHER"


@dataclass(frozen=True, slots=True)
class Traced:
    """A request that was answered, as it may be told. Times: Unix, in ns."""

    request_id: str
    began: int
    ended: int
    said: dict[str, str | int | bool]
    gated: Gated | None
    gate_said: dict[str, str | int | bool]


class Teller(Protocol):
    """What makes spans."""

    def tell(self, traced: Traced) -> None:
        """Make the spans of a request; never waits, never fails."""

    def stop(self) -> None:
        """Send what there is, within a second or so."""


class _Here:
    """Whom this process tells."""

    def __init__(self) -> None:
        self.teller: Teller | None = None


_here = _Here()


def begin(teller: Teller) -> None:
    """Tell of each request from now on."""
    _here.teller = teller


def stop() -> None:
    """Tell nobody any more."""
    teller, _here.teller = _here.teller, None
    if teller is not None:
        teller.stop()


def is_on() -> bool:
    """Return whether somebody is told."""
    return _here.teller is not None


def tell(request: Request, status: int, *, seconds: float) -> None:
    """Tell of a request that has just been answered."""
    teller, ended = _here.teller, time.time_ns()
    if teller is None:
        return
    match, method = request.resolver_match, request.META["REQUEST_METHOD"]
    said: dict[str, str | int | bool] = {
        "http.request.method": method if method in METHODS else OTHER_METHOD,
        "http.response.status_code": status,
        "doorward.room": room_of(request),
        "doorward.outcome": outcome_of(status).value,
    }
    if match is not None:
        said["http.route"] = f"/{match.route}"
    gated = getattr(request, "gated", None)
    began = ended - int(seconds * 1e9)
    teller.tell(
        Traced(
            request_id=request.client.request_id,
            began=min(began, gated.began) if gated else began,
            ended=ended,
            said=said,
            gated=gated,
            gate_said=_of_gate(request, gated) if gated else {},
        )
    )


def _of_gate(request: Request, gated: Gated) -> dict[str, str | int | bool]:
    said: dict[str, str | int | bool] = {"doorward.let": gated.let}
    if request.verdict is not None:
        said["doorward.step"] = request.verdict.step.value
        if request.verdict.why is not None:
            said["doorward.reason"] = request.verdict.why.reason.value
    return said
