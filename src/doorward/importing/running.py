"""Going through many lines, part by part: each part is one transaction, and what was done stays done.

A line is known by its e-mail or its name. So the same lines once more change nothing, and what was stopped or killed in
the middle goes on where it was.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import transaction

from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.importing import customers, people, rules
from doorward.importing.errors import LineTwice
from doorward.importing.events import IMPORTED
from doorward.importing.rules import CustomerLine, Fate, LineOutcome, PersonLine, Totals
from doorward.kernel.errors import Refusal
from doorward.kernel.text.cleaning import fold_case, fold_email, storable
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.importing.files import Row

# So many in one transaction.
PART: Final = 500

Line = TypeVar("Line", PersonLine, CustomerLine)


def import_people(  # noqa: PLR0913 - an import is this wide
    lines: Iterable[PersonLine | LineOutcome],
    *,
    customer_id: UUID | None = None,
    invite: bool = False,
    actor: Actor,
    now: datetime,
    dry: bool = False,
) -> Iterator[LineOutcome]:
    """Import people, and return what came of each line; `dry`: what would come of it, and nothing is done.

    `customer_id` and `invite`: as for `people.do`.
    """
    authorise(actor, people.needed(customer_id), customer_id)
    do = partial(people.do, customer_id=customer_id, invite=invite, actor=actor, now=now)
    return _each(lines, do, _person_key, dry=dry)


def import_customers(
    lines: Iterable[CustomerLine | LineOutcome],
    *,
    actor: Actor,
    now: datetime,
    dry: bool = False,
) -> Iterator[LineOutcome]:
    """Import customers, and return what came of each line; `dry`: as above."""
    authorise(actor, Action.MOVE_IN)
    return _each(lines, partial(customers.do, actor=actor, now=now), _customer_key, dry=dry)


def record_done(
    totals: Totals, *, kind: str, customer_id: UUID | None = None, actor: Actor
) -> None:
    """Record that an import was done, where anything came of it."""
    authorise(actor, people.needed(customer_id), customer_id)
    if totals.made + totals.changed == 0:
        return
    with transaction.atomic():
        record(
            IMPORTED,
            actor=actor,
            details={
                "kind": kind,
                "made": totals.made,
                "changed": totals.changed,
                "refused": totals.refused,
            },
        )


def people_of(rows: Iterable[Row]) -> Iterator[PersonLine | LineOutcome]:
    """Return the people of a file's lines, or what is wrong with a line."""
    return _read(rows, rules.person_of, "email")


def customers_of(rows: Iterable[Row]) -> Iterator[CustomerLine | LineOutcome]:
    """Return the customers of a file's lines, or what is wrong with a line."""
    return _read(rows, rules.customer_of, "name")


def _read(
    rows: Iterable[Row], of: Callable[[int, Mapping[str, str]], Line], key: str
) -> Iterator[Line | LineOutcome]:
    for row in rows:
        try:
            if row.refused:
                raise row.refused
            yield of(row.number, row.cells)
        except Refusal as refusal:
            yield _refused(row.number, row.cells.get(key, ""), refusal)


def _each(
    lines: Iterable[Line | LineOutcome],
    do: Callable[[Sequence[Line]], list[LineOutcome]],
    key_of: Callable[[Line], str],
    *,
    dry: bool,
) -> Iterator[LineOutcome]:
    found = _once(lines, key_of)
    while part := list(islice(found, PART)):
        with transaction.atomic():
            ready = [line for line in part if not isinstance(line, LineOutcome)]
            done = {one.number: one for one in (do(ready) if ready else ())}
            if dry:
                transaction.set_rollback(True)
        for line in part:
            yield line if isinstance(line, LineOutcome) else done[line.number]


def _once(
    lines: Iterable[Line | LineOutcome], key_of: Callable[[Line], str]
) -> Iterator[Line | LineOutcome]:
    """Refuse each line that is about the same one as an earlier line."""
    first: dict[str, int] = {}
    for line in lines:
        if isinstance(line, LineOutcome):
            yield line
            continue
        number = first.setdefault(key_of(line), line.number)
        yield (
            line
            if number == line.number
            else _refused(line.number, _shown(line), LineTwice(number))
        )


def _refused(number: int, key: str, refusal: Refusal) -> LineOutcome:
    fields = (refusal.field,) if refusal.field else ()
    return LineOutcome(
        number=number,
        key=storable(key)[:254],
        fate=Fate.REFUSED,
        fields=fields,
        refusal=refusal,
    )


def _shown(line: PersonLine | CustomerLine) -> str:
    return line.email if isinstance(line, PersonLine) else line.name


def _person_key(line: PersonLine) -> str:
    return fold_email(line.email)[:320]


def _customer_key(line: CustomerLine) -> str:
    return fold_case(line.name)[:240]
