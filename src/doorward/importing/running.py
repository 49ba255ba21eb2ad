"""Going through many lines at once, for who is there: an import that is kept until it is done, as all are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.importing import parts, results, runs
from doorward.importing.parts import line_of
from doorward.importing.runs import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.importing.files import Row
    from doorward.importing.keeping import Line
    from doorward.importing.models import ImportRun
    from doorward.importing.rules import LineOutcome


def import_people(  # noqa: PLR0913 - an import is this wide
    lines: Iterable[Line],
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
    about = About(kind="people", customer_id=customer_id, invite=invite)
    run = runs.receive_lines(lines, about, digest="", actor=actor, now=now)
    return through(run, actor=actor, now=now, dry=dry)


def import_customers(
    lines: Iterable[Line], *, actor: Actor, now: datetime, dry: bool = False
) -> Iterator[LineOutcome]:
    """Import customers, and return what came of each line; `dry`: as above."""
    about = About(kind="customers")
    run = runs.receive_lines(lines, about, digest="", actor=actor, now=now)
    return through(run, actor=actor, now=now, dry=dry)


def through(run: ImportRun, *, actor: Actor, now: datetime, dry: bool) -> Iterator[LineOutcome]:
    """Do an import to its end, and return what came of each line."""
    runs.begin(run, dry=dry, actor=actor, now=now)
    while parts.do_part(run, actor=actor, now=now):
        pass
    yield from results.outcomes(run)
    if dry:
        runs.discard(run, actor=actor)


def people_of(rows: Iterable[Row]) -> Iterator[Line]:
    """Return the people of a file's lines, or what is wrong with a line."""
    return (line_of(row, "people") for row in rows)


def customers_of(rows: Iterable[Row]) -> Iterator[Line]:
    """Return the customers of a file's lines, or what is wrong with a line."""
    return (line_of(row, "customers") for row in rows)
