"""Rehearsing from a page, showing what was rehearsed, and applying it: the same in each room that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.utils import translation

from doorward.kernel.errors import FieldsRefused, MustWait, NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.kernel.text.tables import lines as lines_of
from doorward.rollout import applying
from doorward.rollout.errors import RehearsalOutdated
from doorward.rollout.models import TickRun
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting
from doorward.web.http.streaming import export
from doorward.web.kit import policy_versions
from doorward.web.kit.after_requiring import after_ticks
from doorward.web.kit.csv_separator import chosen_separator
from doorward.web.kit.rehearsal_page import COLUMNS, filters_of, rehearsal_page, table

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.policy.versions import Owner, Wanted
    from doorward.rollout.kept_rehearsals import Kept
    from doorward.rollout.rehearsal import Plan
    from doorward.web.http.requests import Request
    from doorward.web.kit.rehearsal_page import Room


def begin(request: Request, plan: Plan, room: Room) -> HttpResponse:
    """Rehearse, and go to the page that shows it. Raises what making one refuses."""
    rehearsal_id = applying.make(plan, actor=acting(request), now=request.now)
    return see_other(f"{room.base}{rehearsal_id}/")


def find(request: Request, rehearsal_id: UUID, owner: Owner, *, ticks: bool = False) -> Kept:
    """Return the reader's own rehearsal of these versions, or of `ticks` at this customer, or raise `NotFound`."""
    kept = applying.find(rehearsal_id, actor=acting(request), now=request.now)
    if kept.plan.owner != owner or (kept.plan.wanted is None) is not ticks:
        raise NotFound
    return kept


def wanted_of(request: Request, owner: Owner) -> Wanted | None:
    """Return what the reader rehearsed, where the address of a form names it by its id; None for anything else."""
    try:
        rehearsal_id = UUID(request.GET.get("rehearsal", ""))
        kept = applying.find(rehearsal_id, actor=acting(request), now=request.now)
    except (NotFound, ValueError):
        return None
    return kept.plan.wanted if kept.plan.owner == owner else None


def show(request: Request, kept: Kept, room: Room) -> HttpResponse:
    """Show a rehearsal; a POST applies it."""
    if request.method != "POST":
        return render(request, "rehearsal.html", rehearsal_page(request, kept, room))
    try:
        done = applying.apply(kept, actor=acting(request), now=request.now)
    except RehearsalOutdated as refusal:
        return _again(request, kept, room, refusal)
    except NotFound:
        raise
    except Refusal as refusal:
        page = rehearsal_page(request, kept, room, error=_sentences(refusal))
        return render(request, "rehearsal.html", page, status=422)
    if isinstance(done, TickRun):
        return after_ticks(request, done, room.back)
    if kept.plan.wanted is not None:
        messages.success(request, policy_versions.done(done, kept.plan.wanted))
    return see_other(room.back)


def _again(request: Request, kept: Kept, room: Room, refusal: Refusal) -> HttpResponse:
    """Rehearse once more, and show what is different; the button below it does what is shown now."""
    try:
        newer = applying.make_again(kept, actor=acting(request), now=request.now)
        found = applying.find(newer, actor=acting(request), now=request.now)
    except MustWait:
        raise
    except Refusal as other:
        page = rehearsal_page(request, kept, room, error=_sentences(other))
        return render(request, "rehearsal.html", page, status=422)
    page = rehearsal_page(request, found, room, error=sentence(refusal), before=kept)
    return render(request, "rehearsal.html", page, status=422)


def _sentences(refusal: Refusal) -> str:
    if isinstance(refusal, FieldsRefused):
        return " ".join(dict.fromkeys(sentence(one) for one in refusal.fields.values()))
    return sentence(refusal)


def download(request: Request, kept: Kept) -> HttpResponseBase:
    """Return the table as a file, with its filters; taking it along is an event itself."""
    filters, language = filters_of(request), translation.get_language() or "en"
    separator = chosen_separator(request.GET.get("separator", ""), language=language)
    narrowed = [one for one in (filters.q, filters.outcome) if one]
    lines = lines_of(COLUMNS, table(kept, filters), separator=separator)
    return export(request, lines, filename="rehearsal.csv", filters=narrowed, people=True)
