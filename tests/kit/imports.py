"""Files to import, as spreadsheets save them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.audit.actor import CONSOLE, Actor
from doorward.importing import columns, lines_of_part, part_by_part, reading_files, results, runs
from doorward.importing.models import ImportRun, ImportState

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.customers.models import Customer
    from doorward.importing.rules import LineOutcome


def people(
    text: str | bytes,
    customer: Customer | None = None,
    *,
    actor: Actor = CONSOLE,
    dry: bool = False,
    **options: Any,
) -> list[LineOutcome]:
    """Import the people of a file, and return what came of each line."""
    file = text if isinstance(text, bytes) else text.encode()
    table = reading_files.read(file, columns.PEOPLE, needed="email")
    chosen = {"customer_id": customer.id if customer else None, **options}
    return _do(table, runs.About(kind="people", **chosen), actor=actor, dry=dry)


def run(
    customer: Customer,
    state: ImportState = ImportState.MAPPING,
    *,
    asker: Administrator | None = None,
    dry: bool = True,
    email: str = "anna@harbourbakery.example",
) -> ImportRun:
    """Return an import of two people, one of whom is refused, that has come so far."""
    text = f"E-mail,Surname,Colour\n{email},Berg,red\nnobody,X,blue\n"
    table = reading_files.load(text.encode(), columns.PEOPLE)
    about = runs.About(kind="people", customer_id=customer.id, file_name="people.csv")
    made = runs.receive(table, about, actor=CONSOLE, now=timezone.now())
    if state == ImportState.DONE:
        _to_its_end(made, actor=CONSOLE, dry=False)
    elif state == ImportState.REHEARSED:
        fields = ["email", "last_name", ""]
        runs.work(
            runs.rehearse(made, fields, actor=CONSOLE, now=timezone.now()),
            actor=CONSOLE,
            now=timezone.now(),
        )
    else:
        ImportRun.objects.filter(id=made.id).update(state=state, dry=dry)
    ImportRun.objects.filter(id=made.id).update(asked_by=asker)
    made.refresh_from_db()
    return made


def customers(text: str, *, actor: Actor = CONSOLE, dry: bool = False) -> list[LineOutcome]:
    """Import the customers of a file, and return what came of each line."""
    table = reading_files.read(text.encode(), columns.CUSTOMERS, needed="name")
    return _do(table, runs.About(kind="customers"), actor=actor, dry=dry)


def said(outcomes: list[LineOutcome]) -> list[tuple[str, str]]:
    """Return of each line its fate, and the code of what refused it."""
    return [(one.fate.value, one.refusal.code if one.refusal else "") for one in outcomes]


def _do(
    table: reading_files.Table, about: runs.About, *, actor: Actor, dry: bool
) -> list[LineOutcome]:
    lines = (lines_of_part.line_of(row, about.kind) for row in table.rows())
    run = runs.receive_lines(lines, about, digest="", actor=actor, now=timezone.now())
    return _to_its_end(run, actor=actor, dry=dry)


def _to_its_end(run: ImportRun, *, actor: Actor, dry: bool) -> list[LineOutcome]:
    """Do an import part by part, and return what came of each line."""
    runs.begin(run, dry=dry, actor=actor, now=timezone.now())
    while part_by_part.do_part(run, actor=actor, now=timezone.now()):
        pass
    outcomes = list(results.outcomes(run))
    if dry:
        run.delete()
    return outcomes
