"""Where the browser goes once two factors were required of several: back, or to who is left or was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.rollout import tick_runs
from doorward.rollout.models import RunState
from doorward.web.http.pages import see_other
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.rollout.models import TickRun
    from doorward.web.http.requests import Request


def address(run_id: UUID) -> str:
    """Return the address of the page of a run."""
    return f"/administrators/require/runs/{run_id}/"


def after_ticks(request: Request, run: TickRun, back: str) -> HttpResponse:
    """Go back and say of how many it is required now; where it goes on, or somebody was left out, show that."""
    if run.state == RunState.RUNNING or run.failed:
        return see_other(address(run.id))
    found = tick_runs.numbers(run)
    messages.success(request, required_of(found.ticked, already=found.already))
    return see_other(back)


def required_of(people: int, *, already: int = 0) -> str:
    """Say of how many it is newly required, and of how many it was."""
    if not people:
        return _("It is already required of everybody you selected.")
    text = ngettext(
        "Two-factor sign-in is now required of %(people)s person.",
        "Two-factor sign-in is now required of %(people)s people.",
        people,
    )
    text %= {"people": number(people)}
    if already:
        more = ngettext(
            "It was already required of %(already)s more.",
            "It was already required of %(already)s more.",
            already,
        )
        text += " " + more % {"already": number(already)}
    return text
