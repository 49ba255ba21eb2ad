"""What a table of an evidence pack is, and the rows of those that tell what happened.

Each is read page by page, so that none is ever held as a whole; its cells are in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.accounts.models import Administrator, PolicyException
from doorward.audit.actor import ActorType
from doorward.audit.events import Group, Outcome
from doorward.audit.naming import full_name, named
from doorward.credentials.events import TWO_FACTOR_RESET
from doorward.customers.models import CustomerKind
from doorward.kernel.db.paging import in_pages
from doorward.notifications import history_table
from doorward.notifications.history_details import details_of
from doorward.notifications.history_words import tell, types_of
from doorward.recovery.models import RecoveryRequest, State, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.utils.functional import _StrPromise

    from doorward.audit.models import Event
    from doorward.operations.evidence.about import About

Cell: TypeAlias = str | datetime | None
Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its file, its title, what it says in a sentence, its columns (`times`: those that are moments).

    `widths`: what each has of the report's page, in percent. Given, no word is broken where there is room for it.
    """

    file: str
    title: _StrPromise
    says: _StrPromise
    none: _StrPromise
    columns: tuple[_StrPromise, ...]
    widths: tuple[int, ...]
    times: frozenset[int]
    rows: Callable[[About], Iterator[Row]]
    # So many are in the report as well; the file has all.
    shown: int = 200

    @property
    def name(self) -> str:
        """What its file is called without the ending."""
        return self.file.removesuffix(".csv")

    def head(self, zone: str) -> list[str]:
        """Return the heads of the file's columns: a moment has two, in UTC and in the reader's zone."""
        found: list[str] = []
        for place, column in enumerate(self.columns):
            utc = [f"{column} (UTC)", f"{column} ({zone})"]
            found += utc if place in self.times else [str(column)]
        return found

    def cells(self, row: Row, about: About) -> list[str]:
        """Return the cells of the file's row."""
        found: list[str] = []
        for place, cell in enumerate(row):
            if place in self.times:
                found += _moments(cell, about)
            else:
                found.append(str(cell or ""))
        return found


def _moments(cell: Cell, about: About) -> list[str]:
    if not isinstance(cell, datetime):
        return ["", ""]
    local = cell.astimezone(about.tz)
    return [
        cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        local.isoformat(sep=" ", timespec="seconds"),
    ]


def exception_rows(about: About) -> Iterator[Row]:
    """Return the exceptions that ran in the period, with who made them and why."""
    rows = PolicyException.objects.select_related("administrator").filter(
        administrator__customer_id=about.customer.id, made_at__lt=about.until
    )
    there = rows.filter(
        Q(ended_at__gt=about.since) | Q(ended_at__isnull=True, ends_at__gt=about.since)
    )
    for one in in_pages(there):
        ended = one.ended_at or (one.ends_at if one.ends_at <= about.now else None)
        yield (
            who_of(one.administrator),
            one.reason,
            one.made_by_name or _("the operator"),
            one.made_at,
            one.ends_at,
            ended,
        )


WAYS: Final = {
    Way.COLLEAGUE: gettext_lazy("a colleague"),
    Way.WAITING: gettext_lazy("by waiting"),
    Way.SUPPORT: gettext_lazy("the provider's support"),
}
STATES: Final = {
    State.OPEN: gettext_lazy("open"),
    State.APPROVED: gettext_lazy("approved"),
    State.ISSUED: gettext_lazy("set-up pass given out"),
    State.CONFIRMED: gettext_lazy("it was them"),
    State.DENIED: gettext_lazy("it was not them: everything was ended"),
    State.REFUSED: gettext_lazy("refused"),
    State.ENDED: gettext_lazy("ended unused"),
}


def help_rows(about: About) -> Iterator[Row]:
    """Return who was helped after a loss, asked for and agreed to by whom; and factors that the operator removed."""
    people = ("administrator", "asked_by", "approved_by", "closed_by")
    rows = RecoveryRequest.objects.select_related(*people).filter(
        administrator__customer_id=about.customer.id,
        asked_at__gte=about.since,
        asked_at__lt=about.until,
    )
    for one in in_pages(rows):
        # Who waits asks for themselves.
        asked_by = one.asked_by or (one.administrator if one.way == Way.WAITING else None)
        yield (
            who_of(one.administrator),
            str(WAYS[Way(one.way)]),
            who_of(asked_by),
            one.how,
            one.asked_at,
            _approver(one),
            one.approved_at,
            str(STATES[State(one.state)]),
        )
    for event in in_pages(about.events().filter(type=TWO_FACTOR_RESET, outcome=Outcome.OK)):
        by = named(event.actor_name, event.actor_email) or _("the operator")
        subject = named(event.subject_name, event.subject_email) or _("(erased)")
        what = _("all factors removed")
        yield (subject, _("the command line"), by, "", event.at, "", None, what)


def _approver(request: RecoveryRequest) -> str:
    if request.approved_by is not None:
        return who_of(request.approved_by)
    if request.approved_at is None:
        return ""
    return _("nobody objected in time") if request.due_at else _("no second person was needed")


def who_of(person: Administrator | None) -> str:
    """Return somebody by name and e-mail, as they are now; '' for nobody."""
    if person is None:
        return ""
    name = full_name(person.first_name, person.last_name, person.email)
    return named(name, person.email) or _("(erased)")


def support_rows(about: About) -> Iterator[Row]:
    """Return what the provider's people and the operator did, and what was done on somebody's behalf."""
    others = Q(on_behalf_of_id__isnull=False) | Q(actor_type=ActorType.OPERATOR)
    if about.customer.kind != CustomerKind.PROVIDER:
        staff = Administrator.objects.everywhere().filter(customer__kind=CustomerKind.PROVIDER)
        others |= Q(actor_id__in=staff.values("id"))
    for event in in_pages(about.events().filter(others)):
        by = named(event.actor_name, event.actor_email)
        by = by or (_("the operator") if event.actor_type == ActorType.OPERATOR else _("(erased)"))
        whom = named(event.on_behalf_of_name, event.on_behalf_of_email)
        yield (event.at, by, whom, tell(event), "; ".join(details_of(event)), _outcome(event))


def refused_rows(about: About) -> Iterator[Row]:
    """Return what failed and what was refused of signing in."""
    wanted = Q(type__in=types_of(Group.SIGN_IN)) & ~Q(outcome=Outcome.OK)
    for event in in_pages(about.events().filter(wanted)):
        details = "; ".join(details_of(event))
        yield (event.at, _outcome(event), tell(event), details, event.address)


def _outcome(event: Event) -> str:
    words = {Outcome.REFUSED: _("refused"), Outcome.FAILED: _("failed")}
    return words.get(Outcome(event.outcome), _("done")) if event.outcome in OUTCOMES else ""


OUTCOMES: Final = frozenset(Outcome)


def history_rows(about: About) -> Iterator[tuple[str, ...]]:
    """Return the readable history of the period, the oldest first."""
    return map(history_table.cells, in_pages(about.events()))
