"""The page of a rehearsal, the same in each room that has one: what would happen, to whom, and the button's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from doorward.accounts.models import Administrator
from doorward.audit.naming import full_name
from doorward.customers.models import Customer
from doorward.directory.search_and_sort import LONGEST_SEARCH, with_words
from doorward.policy import series
from doorward.policy.fields import FIELDS
from doorward.rollout import kept_rehearsals, tick_runs
from doorward.rollout.rehearsal import Helpers
from doorward.rollout.rules import Outcome
from doorward.web.kit import rehearsal_words as words
from doorward.web.kit.charts import Bar, Bars
from doorward.web.kit.paging import PAGE_SIZE, lines_shown, page_address, page_number
from doorward.web.kit.policy_versions import differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.policy.fields import Values
    from doorward.rollout.kept_rehearsals import Kept
    from doorward.rollout.rules import Foretold
    from doorward.web.http.requests import Request

MOST_CUSTOMERS: Final = 25
MOST_DIFFERENCES: Final = 50


@dataclass(frozen=True, slots=True)
class Room:
    """Where a rehearsal is shown: `base` is what its address begins with, `back` the page that it came from."""

    base: str
    back: str
    links: tuple[tuple[str, str], ...]
    exports: bool = True


@dataclass(frozen=True, slots=True)
class Tag:
    """How a line says what happens."""

    text: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Line:
    """One person: what happens, why they would be stuck, from which day, and whether they are signed in and stopped."""

    name: str
    email: str
    tag: Tag
    why: str
    day: datetime | None
    stopped: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody who fares differently than when it was rehearsed first."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What the table is narrowed to, by the address."""

    q: str
    outcome: str
    page: int

    def address(self, path: str, page: int = 1) -> str:
        """Return the address of a page of what is narrowed so."""
        return page_address(path, page, q=self.q, outcome=self.outcome)


@dataclass(frozen=True, slots=True)
class RehearsalPage:
    """The page. `verb`: what its button says; `form`: where what is rehearsed can be changed.

    `already`: people of whom a tick is required already, so that the button does not count them.

    `changed` and `changed_more`: who fares differently by now.
    """

    path: str
    room: Room
    verb: str
    concerns_nobody: str
    already: int
    form: str
    differences: tuple[str, ...]
    starts_at: datetime | None
    reason: str
    chart: Bars
    customers: Bars | None
    sessions: int
    helpers: Helpers | None
    filters: Filters
    outcomes: list[tuple[str, str]]
    lines: tuple[Line, ...]
    count: str
    previous: str | None
    next: str | None
    made_at: datetime
    error: str = ""
    changed: tuple[Changed, ...] = ()
    changed_more: int = 0


def rehearsal_page(
    request: Request, kept: Kept, room: Room, *, error: str = "", before: Kept | None = None
) -> RehearsalPage:
    """Make the page. `before`: the rehearsal that is out of date, to which this one is compared."""
    filters, wanted = filters_of(request), kept.plan.wanted
    path = f"{room.base}{kept.id}/"
    start = (filters.page - 1) * PAGE_SIZE
    lines, found = _lines(kept, filters, start=start)
    told = {one: line.told for one, line in kept.people.items()}
    changed = kept_rehearsals.differences(before, told, at=kept.made_at) if before else []
    of_brand = kept.plan.owner.brand_id is not None
    before_it = _holding(kept, now=request.now)
    concerned = _concerned(kept, before_it)
    changes = wanted is not None and wanted.values != before_it
    return RehearsalPage(
        path=path,
        room=room,
        verb=words.verb(kept, concerned=concerned),
        concerns_nobody="" if concerned else words.concerns_nobody(kept, changes=changes),
        already=len(kept.plan.people) - concerned if wanted is None and concerned else 0,
        form=f"{room.back}?rehearsal={kept.id}" if wanted else "",
        differences=differences(before_it, wanted.values) if wanted else (),
        starts_at=wanted.starts_at if wanted else None,
        reason=wanted.reason if wanted else "",
        chart=_chart(kept, path),
        customers=_by_customer(kept) if of_brand else None,
        sessions=kept.sessions,
        helpers=None if of_brand else Helpers.among(one.told for one in kept.people.values()),
        filters=filters,
        outcomes=[("", _("All outcomes")), *((one.value, words.outcome(one)) for one in Outcome)],
        lines=lines,
        count=lines_shown(start, found) if lines else _("Nobody found"),
        previous=filters.address(path, filters.page - 1) if filters.page > 1 else None,
        next=filters.address(path, filters.page + 1) if start + PAGE_SIZE < found else None,
        made_at=kept.made_at,
        error=error,
        changed=_changed(changed[:MOST_DIFFERENCES], kept),
        changed_more=max(0, len(changed) - MOST_DIFFERENCES),
    )


def filters_of(request: Request) -> Filters:
    """Read what the table is narrowed to; what is not one of ours is as if it were not there."""
    outcome = request.GET.get("outcome", "")
    return Filters(
        q=" ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH],
        outcome=outcome if outcome in set(Outcome) else "",
        page=page_number(request),
    )


def _holding(kept: Kept, *, now: datetime) -> Values:
    """Return what holds now."""
    owner = kept.plan.owner
    text = owner.rows().values_list(owner.column, flat=True).first() or ""
    return series.current(series.load(text), now=now, default=owner.default)


def _concerned(kept: Kept, before: Values) -> int:
    """Return how many people it concerns: where it only says who must use two factors and when, those who must."""
    counts, wanted = kept.count(), kept.plan.wanted
    if wanted is None:
        return tick_runs.newly_ticked(kept.plan.people, customer_id=kept.plan.owner.of_customer)
    changed = {name for name in FIELDS if getattr(wanted.values, name) != getattr(before, name)}
    people = sum(counts[one] for one in Outcome)
    if changed <= _OF_REQUIREMENT:
        people -= counts[Outcome.NOT_CONCERNED]
    return max(people, counts["newly"] + counts["freed"]) if changed else 0


_OF_REQUIREMENT: Final = {"required_of", "tabs"} | {
    name for name, field in FIELDS.items() if field.says_when
}


def _chart(kept: Kept, path: str) -> Bars:
    counts = kept.count()
    bars = tuple(
        Bar(
            label=words.outcome(one),
            value=counts[one],
            href=f"{page_address(path, outcome=one.value)}#people" if kept.people else "",
            tone=words.LOOKS[one][0],
        )
        for one in Outcome
    )
    whole = sum(one.value for one in bars)
    return Bars(
        title=_("What would happen"),
        what=_("What would happen"),
        counted=_("People"),
        bars=bars,
        whole=whole,
    )


def _by_customer(kept: Kept) -> Bars:
    """Return where most people would have to do something, the customers with most of them first."""
    asked = {
        one: sum(counts.get(of, 0) for of in _DOING) for one, counts in kept.by_customer.items()
    }
    most = sorted(asked, key=lambda one: (-asked[one], str(one)))[:MOST_CUSTOMERS]
    names = dict(Customer.objects.filter(id__in=most).values_list("id", "name"))
    return Bars(
        title=_("Customers with the most people who would have to do something"),
        what=_("Customer"),
        counted=_("People"),
        bars=tuple(
            Bar(label=names[one], value=asked[one], href=f"/customers/{one}/")
            for one in most
            if one in names and asked[one]
        ),
    )


_DOING: Final = (
    Outcome.SET_UP_NEXT,
    Outcome.SET_UP_LATER,
    Outcome.OTHER_KIND_NEXT,
    Outcome.STUCK,
)


def _lines(kept: Kept, filters: Filters, *, start: int) -> tuple[tuple[Line, ...], int]:
    """Return one page of the table, and how many people its filters find."""
    if not kept.people:
        return (), 0
    ids = list(_shown(kept, filters))
    rows = _rows(kept, ids[start : start + PAGE_SIZE])
    return tuple(_line(row, kept.people[row["id"]]) for row in rows), len(ids)


def _shown(kept: Kept, filters: Filters) -> Iterator[UUID]:
    people = _people(kept).filter(with_words(filters.q)).order_by("name_sort", "id")
    for person_id in people.values_list("id", flat=True).iterator(chunk_size=5000):
        line = kept.people.get(person_id)
        if line and filters.outcome in {"", line.told.foretold.outcome.value}:
            yield person_id


def _people(kept: Kept) -> QuerySet[Administrator]:
    return Administrator.objects.of(kept.plan.owner.of_customer)


def _rows(kept: Kept, ids: list[UUID]) -> list[Mapping[str, Any]]:
    columns = ("id", "email", "first_name", "last_name")
    found = _people(kept).filter(id__in=ids).order_by("name_sort", "id")
    return list(found.values(*columns))


def _name(row: Mapping[str, Any]) -> str:
    return full_name(row["first_name"], row["last_name"], row["email"])


def _line(row: Mapping[str, Any], line: kept_rehearsals.Line) -> Line:
    foretold = line.told.foretold
    tone, icon = words.LOOKS[foretold.outcome]
    tag = Tag(words.outcome(foretold.outcome), tone, icon)
    why = words.why(foretold.why)
    return Line(_name(row), row["email"], tag, why, foretold.day, line.stopped)


def table(kept: Kept, filters: Filters) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table as a file has them, in pieces of some hundred."""
    ids = list(_shown(kept, filters))
    for start in range(0, len(ids), _AT_ONCE):
        for row in _rows(kept, ids[start : start + _AT_ONCE]):
            line = kept.people[row["id"]]
            foretold = line.told.foretold
            yield (
                _name(row),
                row["email"],
                foretold.outcome.value,
                words.outcome(foretold.outcome),
                words.why(foretold.why),
                foretold.day.strftime("%Y-%m-%dT%H:%M:%SZ") if foretold.day else "",
                "yes" if line.stopped else "no",
            )


_AT_ONCE: Final = 500
COLUMNS: Final = ("name", "email", "outcome", "what", "why", "day", "session_stopped")


def _changed(found: list[kept_rehearsals.Difference], kept: Kept) -> tuple[Changed, ...]:
    if not found or kept.plan.owner.brand_id is not None:
        return ()
    rows = {row["id"]: row for row in _rows(kept, [one.person_id for one in found])}
    return tuple(
        Changed(
            _name(rows[one.person_id]) if one.person_id in rows else "–",
            _in_words(one.before),
            _in_words(one.after),
        )
        for one in found
    )


def _in_words(foretold: Foretold | None) -> str:
    return _("was not there") if foretold is None else words.outcome(foretold.outcome)
