"""Settings of a portal from which two guards are really gone, in all of its processes: for `test_selftest.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.settings.django import *  # noqa: F403 - everything else is as it is
from doorward.settings.django import MIDDLEWARE as GUARDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from doorward.gate.requirement import Need, Step
    from doorward.sessions.facts import Facts

MIDDLEWARE = [
    "tests.operations.guards_taken_away.WithoutSecondStep",
    # Nor does it look at the token of a form.
    *(one for one in GUARDED if "Csrf" not in one),
]


class WithoutSecondStep:
    """No middleware, but what takes the second step out of the gate of this process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from doorward.gate import evaluate  # noqa: PLC0415 - when Django is ready
        from doorward.gate.requirement import Step  # noqa: PLC0415

        of_gate = vars(evaluate)
        self.get_response, decide = get_response, of_gate["next_step"]

        def waved_through(facts: Facts | None, need: Need, *, now: datetime) -> Step:
            step: Step = decide(facts, need, now=now)
            return Step.THROUGH if step is Step.VERIFY_FACTOR else step

        of_gate["next_step"] = waved_through

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as usual."""
        return self.get_response(request)
