"""Two factors required of many: how far it is, stopping it and going on, who was left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doorward.audit.naming import full_name
from doorward.customers.tabs import ADMINISTRATORS
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import by_code
from doorward.kernel.text.tables import lines as lines_of
from doorward.permissions.actions import Action
from doorward.rollout import tick_runs
from doorward.rollout.models import RunState, TickOutcome
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.http.streaming import export
from doorward.web.kit import csv_separator
from doorward.web.kit.after_requiring import address
from doorward.web.kit.forms import say_refused
from doorward.web.kit.paging import PAGE_SIZE, lines_shown, page_address, page_number
from doorward.web.kit.part_by_part import Count, being_done
from doorward.web.kit.tags import Tag
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.rollout.models import Tick, TickRun
    from doorward.rollout.tick_runs import Numbers
    from doorward.web.http.requests import Request

_AT_ONCE: Final = 500
COLUMNS: Final = ("name", "email", "outcome", "what", "why")


@dataclass(frozen=True, slots=True)
class Line:
    """One person: what came of it, and why not. Who was removed has no address."""

    name: str
    email: str
    address: str
    tag: Tag
    why: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """The page. `told`: how it stands, in a sentence with its tone."""

    path: str
    title: str
    state: str
    told: str
    tone: str
    asked_by: str
    begun_at: datetime
    numbers: Numbers
    counts: tuple[Count, ...]
    outcome: str
    outcomes: list[tuple[str, str]]
    lines: tuple[Line, ...]
    found: str
    previous: str | None
    next: str | None


@needs(Need.right(ADMINISTRATORS))
@require_safe
def run(request: Request, run_id: UUID) -> HttpResponse:
    """Show how far it is, and what came of it for each person."""
    return render(request, "administrators/run.html", _page(request, _find(request, run_id)))


@needs(Need.of(Action.REQUIRE_TWO_FACTORS))
@require_POST
def stop(request: Request, run_id: UUID) -> HttpResponse:
    """Stop it; whoever was ticked stays so."""
    return _do(
        request, run_id, tick_runs.stop, _("Stopped. Nobody more is done until somebody goes on.")
    )


@needs(Need.of(Action.REQUIRE_TWO_FACTORS))
@require_POST
def go_on(request: Request, run_id: UUID) -> HttpResponse:
    """Go on with what was stopped."""
    return _do(request, run_id, tick_runs.resume, _("It goes on."))


@needs(Need.of(Action.EXPORT_PEOPLE))
@require_safe
def table(request: Request, run_id: UUID) -> HttpResponseBase:
    """Return what came of it for each person as a table."""
    found, language = _find(request, run_id), translation.get_language() or "en"
    outcome = _outcome(request)
    separator = csv_separator.chosen_separator(request.GET.get("separator", ""), language=language)
    lines = lines_of(COLUMNS, _cells(found, outcome), separator=separator)
    narrowed = [outcome] if outcome else []
    return export(request, lines, filename="required.csv", filters=narrowed, people=True)


def _do(request: Request, run_id: UUID, deed: Callable[..., None], done: str) -> HttpResponse:
    try:
        deed(
            run_id,
            customer_id=signed_in(request).customer_id,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        messages.success(request, done)
    return see_other(address(run_id))


def _find(request: Request, run_id: UUID) -> TickRun:
    return tick_runs.find(run_id, customer_id=signed_in(request).customer_id)


def _page(request: Request, found: TickRun) -> RunPage:
    numbers, path = tick_runs.numbers(found), address(found.id)
    outcome, page = _outcome(request), page_number(request)
    rows, start = _rows(found, outcome), (page - 1) * PAGE_SIZE
    there = numbers.people if not outcome else getattr(numbers, outcome)
    told, tone = _told(found, numbers)
    return RunPage(
        path=path,
        title=title(numbers.people),
        state=found.state,
        told=told,
        tone=tone,
        asked_by=found.asked_by.full_name,
        begun_at=found.begun_at,
        numbers=numbers,
        counts=tuple(_counts(numbers, path)),
        outcome=outcome,
        outcomes=[("", _("All outcomes")), *((one.value, _word(one)) for one in TickOutcome)],
        lines=tuple(_line(one, found) for one in rows[start : start + PAGE_SIZE]),
        found=lines_shown(start, there) if start < there else _("Nobody found"),
        previous=page_address(path, page - 1, outcome=outcome) if page > 1 else None,
        next=page_address(path, page + 1, outcome=outcome) if start + PAGE_SIZE < there else None,
    )


def title(people: int) -> str:
    """Return what a run is called."""
    text = ngettext("Require 2FA of %(n)s person", "Require 2FA of %(n)s people", people)
    return text % {"n": number(people)}


def _told(found: TickRun, numbers: Numbers) -> tuple[str, str]:
    if found.state == RunState.RUNNING:
        return being_done(), ""
    if found.state == RunState.STOPPED:
        why = _why(found.stopped_by, found)
        text = _(
            "It was stopped. People who are done stay as they are; the others wait until somebody goes on."
        )
        return f"{why} {text}".strip(), "warn"
    if numbers.failed:
        return ngettext(
            "Done, except for %(n)s person. The reason is beside each name.",
            "Done, except for %(n)s people. The reason is beside each name.",
            numbers.failed,
        ) % {"n": number(numbers.failed)}, "warn"
    return _("It is done."), "good"


def _counts(numbers: Numbers, path: str) -> Iterator[Count]:
    for one in TickOutcome:
        yield Count(
            _word(one),
            getattr(numbers, one.value),
            f"{page_address(path, outcome=one.value)}#people",
        )


def _word(outcome: TickOutcome) -> str:
    return {
        TickOutcome.WAITING: _("Still to be done"),
        TickOutcome.TICKED: _("Now required"),
        TickOutcome.ALREADY: _("Was required already"),
        TickOutcome.FAILED: _("Not done"),
    }[outcome]


_LOOKS: Final = {
    TickOutcome.WAITING: ("", "clock"),
    TickOutcome.TICKED: ("good", "check"),
    TickOutcome.ALREADY: ("", "check"),
    TickOutcome.FAILED: ("bad", "circle-alert"),
}


def _why(code: str, found: TickRun) -> str:
    refusal = by_code().get(code)
    if refusal is None:
        return ""
    text = _(refusal.sentence)
    return text % {"customer": found.customer.name} if "%(customer)s" in text else text


def _rows(found: TickRun, outcome: str) -> QuerySet[Tick]:
    rows = found.ticks.select_related("administrator").order_by(
        "administrator__name_sort", "administrator_id"
    )
    return rows.filter(outcome=outcome) if outcome else rows


def _line(one: Tick, found: TickRun) -> Line:
    outcome, person = TickOutcome(one.outcome), one.administrator
    tone, icon = _LOOKS[outcome]
    return Line(
        name=full_name(person.first_name, person.last_name, person.email),
        email=person.email,
        address="" if person.status == "removed" else f"/administrators/{person.id}/",
        tag=Tag(_word(outcome), tone, icon),
        why=_why(one.reason, found),
    )


def _cells(found: TickRun, outcome: str) -> Iterator[tuple[str, ...]]:
    for one in _rows(found, outcome).iterator(chunk_size=_AT_ONCE):
        line = _line(one, found)
        yield line.name, line.email, one.outcome, line.tag.text, line.why


def _outcome(request: Request) -> str:
    asked = request.GET.get("outcome", "")
    return asked if asked in TickOutcome.values else ""
