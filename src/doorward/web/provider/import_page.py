"""The pages of imports, made from rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.customers.rights import is_allowed
from doorward.importing import columns, inviting, queries, results
from doorward.importing.models import ImportState
from doorward.importing.rules import Fate
from doorward.kernel.errors import FieldsRefused
from doorward.kernel.refusals import by_code, sentence
from doorward.permissions.actions import Action
from doorward.web.kit.fields import Field, Option, line, plain_field, tick
from doorward.web.kit.forms import NOTHING, Wrong
from doorward.web.kit.paging import PAGE_SIZE, lines_shown, page_address, page_number
from doorward.web.kit.part_by_part import Count, being_done
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.importing.models import ImportRun
    from doorward.importing.rules import LineOutcome
    from doorward.kernel.errors import Refusal
    from doorward.permissions.staff_scope import Scope
    from doorward.web.http.requests import Request
    from doorward.web.provider.forms import ImportForm

# More of the past are not shown: they are forgotten after a week.
LISTED: Final = 50
COLUMNS: Final = ("line", "what", "fate", "fields", "reason", "said")
_LOOKS: Final = {
    Fate.MADE: ("good", "plus"),
    Fate.CHANGED: ("accent", "pencil"),
    Fate.SAME: ("", "check"),
    Fate.REFUSED: ("bad", "circle-alert"),
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """One import in the list."""

    id: UUID
    title: str
    into: str
    by: str
    at: datetime
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """What was imported, and the form of a file."""

    lines: tuple[RunLine, ...]
    fields: dict[str, Field]
    wrong: Wrong
    # Only those that wait until somebody goes on are shown.
    stopped: bool = False

    @classmethod
    def of(
        cls, form: ImportForm, scope: Scope, found: Wrong = NOTHING, *, stopped: bool = False
    ) -> ListPage:
        """Make the page of a form as it stands."""
        listed = (queries.stopped if stopped else queries.listed)(scope=scope)[:LISTED]
        lines = tuple(_run_line(one) for one in listed)
        return cls(lines, _fields(form, scope, found), found, stopped)


@dataclass(frozen=True, slots=True)
class Line:
    """What comes of one line of the file."""

    number: int
    what: str
    fate: str
    tone: str
    icon: str
    said: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One import. `told`: how it stands, in a sentence with its tone; `do`: what the button says that does it."""

    path: str
    title: str
    state: str
    into: str
    told: str
    tone: str
    looked_at: int
    all: int
    columns: tuple[Field, ...]
    may_secrets: bool
    do: str
    forget: str
    counts: tuple[Count, ...]
    fate: str
    fates: list[tuple[str, str]]
    lines: tuple[Line, ...]
    found: str
    # Who came without a password and was not invited: how many, the way to them, and the button that invites them.
    uninvited: str
    uninvited_at: str
    invite: str
    previous: str | None
    next: str | None
    wrong: Wrong


def run_page(request: Request, run: ImportRun, actor: Actor, found: Wrong = NOTHING) -> RunPage:
    """Make the page of an import."""
    path, fate, page = f"/customers/import/{run.id}/", fate_of(request), page_number(request)
    start = (page - 1) * PAGE_SIZE
    waiting = inviting.waiting(run).count()
    counts = {one.value: getattr(run, one.value) for one in Fate}
    there = {"": run.looked_at, results.UNINVITED: waiting, **counts}[fate]
    rows = results.rows(run, fate)[start : start + PAGE_SIZE]
    told, tone = _told(run)
    secrets = is_allowed(actor, Action.TAKE_OVER_CREDENTIALS)
    return RunPage(
        path=path,
        title=_title(run),
        state=run.state,
        into=run.customer.name if run.customer else "",
        told=told,
        tone=tone,
        looked_at=run.looked_at,
        all=run.lines,
        columns=tuple(_columns(run, secrets=secrets)) if _is_open(run) else (),
        may_secrets=secrets,
        do=_button(run),
        forget=_("Invite nobody else") if run.kind == inviting.KIND else _("Forget the file"),
        counts=tuple(_counts(run, path)),
        fate=fate,
        fates=[("", _("All lines")), *_fates(run, waiting)],
        lines=tuple(_line(results.outcome_of(row), run.kind) for row in rows),
        found=lines_shown(start, there) if start < there else _("No lines found"),
        uninvited=_uninvited(waiting),
        uninvited_at=f"{page_address(path, fate=results.UNINVITED)}#lines",
        invite=_invite(waiting),
        previous=page_address(path, page - 1, fate=fate) if page > 1 else None,
        next=page_address(path, page + 1, fate=fate) if start + PAGE_SIZE < there else None,
        wrong=found,
    )


def fate_of(request: Request) -> str:
    """Return to which lines the address narrows it; '': to all."""
    asked = request.GET.get("fate", "")
    return asked if asked in {*Fate, results.UNINVITED} else ""


def fate_word(fate: Fate, kind: str) -> str:
    """Return what came of a line, in words, in an import of this kind."""
    return {
        Fate.MADE: _("Invited") if kind == inviting.KIND else _("New"),
        Fate.CHANGED: _("Changed"),
        Fate.SAME: _("Nothing to do"),
        Fate.REFUSED: _("Refused"),
    }[fate]


def cells(outcome: LineOutcome) -> tuple[str, ...]:
    """Return a line of the report."""
    reason = outcome.refusal.code if outcome.refusal else ""
    fields = " ".join(outcome.fields)
    what = (str(outcome.number), outcome.key, outcome.fate.value, fields, reason)
    return (*what, _said(outcome))


def _fates(run: ImportRun, waiting: int) -> Iterator[tuple[str, str]]:
    for one in Fate:
        yield one.value, fate_word(one, run.kind)
    if waiting:
        yield results.UNINVITED, _("Not invited yet")


def _title(run: ImportRun) -> str:
    name = run.file_name or run.kind
    return _("Invitations: %(name)s") % {"name": name} if run.kind == inviting.KIND else name


def _is_open(run: ImportRun) -> bool:
    return bool(run.headings) and run.state in {ImportState.MAPPING, ImportState.REHEARSED}


def _fields(form: ImportForm, scope: Scope, found: Wrong) -> dict[str, Field]:
    kinds = [Option("people", _("People"), form.kind == "people")]
    if scope.is_all:
        kinds.append(Option("customers", _("Customers"), form.kind == "customers"))
    into = (
        _("Leave it empty where a column of the file says it.")
        if scope.is_all
        else _("Type its name.")
    )
    customer = {"maxlength": 80, "autocomplete": "off", "required": not scope.is_all}
    said = _("CSV or XLSX, at most 8 MB. The first line has the names of the columns.")
    file = {"kind": "file", "required": True, "accept": ".csv,.txt,.xlsx", "help": said}
    invite = _("Invite people who come without a password by mail")
    return {
        "kind": line(
            form, found, "kind", _("What the file contains"), kind="select", options=kinds
        ),
        "customer": line(form, found, "customer", _("Into this customer"), help=into, **customer),
        "file": line(form, found, "file", _("File"), **file),
        "invite": tick(form, found, "invite", invite),
    }


def _columns(run: ImportRun, *, secrets: bool) -> Iterator[Field]:
    words = _field_words()
    for position, (heading, field) in enumerate(zip(run.headings, run.fields, strict=True)):
        known = [one for one in columns.KNOWN[run.kind] if secrets or one not in columns.SECRET]
        options = [
            Option(f"{position}:{one}", words[one] if one else _("Leave it out"), one == field)
            for one in ("", *known)
        ]
        label = heading or _("Column %(n)s") % {"n": position + 1}
        id_ = f"column-{position}"
        yield plain_field("column", label, id=id_, kind="select", options=options)


def _field_words() -> dict[str, str]:
    return {
        "email": _("E-mail"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "phone": _("Phone"),
        "customer": _("Customer"),
        "tabs": _("Tabs"),
        "require_2fa": _("Required 2FA"),
        "language": _("Language"),
        "time_zone": _("Time zone"),
        "status": _("Status"),
        "password_hash": _("Password hash"),
        "totp": _("Secret of an authenticator app"),
        "name": _("Name"),
        "brand": _("Brand"),
    }


def _state(run: ImportRun) -> tuple[str, str]:
    if run.state == ImportState.STOPPED:
        return _("Stopped"), "warn"
    invited = run.kind == inviting.KIND
    if run.state == ImportState.RUNNING:
        goes_on = _("Being invited") if invited else _("Being imported")
        return (_("Dry run is going on") if run.dry else goes_on), "accent"
    return {
        ImportState.MAPPING: (_("Columns to be named"), "warn"),
        ImportState.REHEARSED: (_("Dry run is done"), "accent"),
        ImportState.DONE: (_("Invited") if invited else _("Imported"), "good"),
        ImportState.FORGOTTEN: (_("Given up") if invited else _("File no longer kept"), ""),
    }[ImportState(run.state)]


def _run_line(run: ImportRun) -> RunLine:
    state, tone = _state(run)
    return RunLine(
        id=run.id,
        title=_title(run),
        into=run.customer.name if run.customer else "",
        by=run.asked_by.full_name if run.asked_by else _("The console"),
        at=run.begun_at,
        state=state,
        tone=tone,
    )


def _told(run: ImportRun) -> tuple[str, str]:
    match run.state:
        case ImportState.MAPPING:
            return _("Say what each column is. Nothing is imported by that."), ""
        case ImportState.RUNNING:
            return being_done(), ""
        case ImportState.STOPPED:
            return f"{_why(run.stopped_by)} {_stopped(run)}".strip(), "warn"
        case ImportState.FORGOTTEN:
            return _forgotten(run), "warn"
        case ImportState.REHEARSED:
            return _rehearsed(run)
        case _:
            return _done(run)


def _stopped(run: ImportRun) -> str:
    if run.kind == inviting.KIND:
        return _(
            "It was stopped. People who were invited stay invited; the others wait until somebody goes on."
        )
    return _("It was stopped. What was done stays; the other lines wait until somebody goes on.")


def _forgotten(run: ImportRun) -> str:
    if run.kind == inviting.KIND:
        return _(
            "Nobody went on with it within a day. Invite those who wait from the import they came with."
        )
    return _("The file of this import is no longer kept. Choose it once more.")


def _done(run: ImportRun) -> tuple[str, str]:
    if run.refused:
        return ngettext(
            "Done, except for %(n)s line. The reason is beside it.",
            "Done, except for %(n)s lines. The reason is beside each.",
            run.refused,
        ) % {"n": number(run.refused)}, "warn"
    return _("It is done."), "good"


def _uninvited(waiting: int) -> str:
    """Say how many were imported and wait for an invitation; empty: nobody."""
    text = ngettext(
        "%(n)s person has not been invited yet, and cannot sign in.",
        "%(n)s people have not been invited yet, and cannot sign in.",
        waiting,
    )
    return text % {"n": number(waiting)} if waiting else ""


def _invite(waiting: int) -> str:
    text = ngettext("Invite %(n)s person", "Invite %(n)s people", waiting)
    return text % {"n": number(waiting)} if waiting else ""


def _rehearsed(run: ImportRun) -> tuple[str, str]:
    if not run.to_do:
        return _("Nothing would change by this file."), "warn" if run.refused else ""
    if run.invite:
        return _(
            "This is what would happen to each line. New people without a password are then invited by mail. "
            "Nothing was changed yet. The file is kept, sealed, for a day."
        ), ""
    return _(
        "This is what would happen to each line. Nothing was changed yet. The file is kept, sealed, for a day."
    ), ""


def _button(run: ImportRun) -> str:
    if run.state != ImportState.REHEARSED or not run.to_do:
        return ""
    text = (
        ngettext("Import %(n)s customer", "Import %(n)s customers", run.to_do)
        if run.kind == "customers"
        else ngettext("Import %(n)s person", "Import %(n)s people", run.to_do)
    )
    return text % {"n": number(run.to_do)}


def _why(code: str) -> str:
    refusal = by_code().get(code)
    return _(refusal.sentence) if refusal else ""


def _counts(run: ImportRun, path: str) -> Iterator[Count]:
    for one in Fate:
        yield Count(
            fate_word(one, run.kind),
            getattr(run, one.value),
            f"{page_address(path, fate=one.value)}#lines",
        )


def _line(outcome: LineOutcome, kind: str) -> Line:
    tone, icon = _LOOKS[outcome.fate]
    word, said = fate_word(outcome.fate, kind), _said(outcome)
    return Line(outcome.number, outcome.key, word, tone, icon, said)


def _said(outcome: LineOutcome) -> str:
    words = _field_words()
    said = " ".join(filter(None, (_refused(outcome.refusal), *map(sentence, outcome.notes))))
    if outcome.fate is Fate.CHANGED:
        said = f"{', '.join(words.get(one, one) for one in outcome.fields)}. {said}".strip()
    return said


def _refused(refusal: Refusal | None) -> str:
    """Say all that is wrong with a line, each with its field where there are several."""
    if not isinstance(refusal, FieldsRefused) or len(refusal.fields) == 1:
        return sentence(refusal) if refusal else ""
    words = _field_words()
    return " ".join(
        f"{words.get(field, field)}: {sentence(one)}" for field, one in refusal.fields.items()
    )
