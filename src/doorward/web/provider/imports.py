"""Moving in: a file is handed over, its columns are named, a dry run says what comes of each line, then it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers import staff_scope
from doorward.gate.requirement import Need
from doorward.importing import columns, inviting, queries, reading_files, results, runs
from doorward.importing.errors import FileMissing, NoSuchCustomer, NotInScope
from doorward.importing.models import ImportState
from doorward.importing.runs import About
from doorward.kernel.errors import ChoiceInvalid, NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.kernel.text.cleaning import fold_case, storable
from doorward.kernel.text.tables import lines as lines_of
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.http.streaming import export
from doorward.web.kit import csv_separator
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, say_refused, wrong
from doorward.web.kit.removed_before import say_removed
from doorward.web.provider.customers import RIGHT
from doorward.web.provider.forms import ColumnsForm, ImportForm
from doorward.web.provider.import_page import COLUMNS, ListPage, cells, fate_of, run_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.audit.actor import Actor
    from doorward.importing.models import ImportRun
    from doorward.web.http.requests import Request

IMPORT = Need.of(Action.IMPORT_PEOPLE, behalf=True)


@needs(IMPORT)
@both
def list_(request: Request) -> HttpResponse:
    """Show what was imported, and take a file.

    It wants its reauthentication before a file is chosen: a file cannot wait for one.
    """
    form, found = blank(ImportForm, kind="people"), NOTHING
    if request.method == "POST":
        form = read(request, ImportForm)
        try:
            made = _receive(request, form)
        except Refusal as refusal:
            found = wrong(refusal, ImportForm)
        else:
            return see_other(f"/customers/import/{made.id}/")
    stopped = request.GET.get("state") == ImportState.STOPPED
    page = ListPage.of(form, signed_in(request).scope, found, stopped=stopped)
    return render(request, "provider/imports.html", page, status=422 if found else 200)


@needs(RIGHT, post=IMPORT)
@both
def run(request: Request, import_id: UUID) -> HttpResponse:
    """Show how far it is, and what comes of each line; a POST says what its columns are, and begins the dry run."""
    shown, found = _find(request, import_id), NOTHING
    if request.method == "POST":
        try:
            fields = read(request, ColumnsForm).of(len(shown.headings))
            shown = runs.rehearse(shown, fields, actor=acting(request), now=request.now)
            runs.work(shown, actor=acting(request), now=request.now)
        except Refusal as refusal:
            found = Wrong(above=sentence(refusal))
        else:
            return see_other(f"/customers/import/{import_id}/")
    page = run_page(request, shown, acting(request), found)
    return render(request, "provider/import.html", page, status=422 if found else 200)


@needs(IMPORT)
@require_POST
def begin(request: Request, import_id: UUID) -> HttpResponse:
    """Do what the dry run said."""
    return _do(request, import_id, runs.apply)


@needs(IMPORT)
@require_POST
def stop(request: Request, import_id: UUID) -> HttpResponse:
    """Stop it; what was done stays."""
    return _do(request, import_id, runs.stop)


@needs(IMPORT)
@require_POST
def go_on(request: Request, import_id: UUID) -> HttpResponse:
    """Go on with what was stopped."""
    return _do(request, import_id, runs.resume)


@needs(IMPORT)
@require_POST
def invite(request: Request, import_id: UUID) -> HttpResponse:
    """Invite who was imported and waits for it; it is an import of its own."""
    shown = _find(request, import_id)
    try:
        begun = runs.invite(shown, actor=acting(request), now=request.now)
        runs.work(begun, actor=acting(request), now=request.now)
    except Refusal as refusal:
        say_refused(request, refusal)
        return see_other(f"/customers/import/{import_id}/")
    return see_other(f"/customers/import/{begun.id}/")


@needs(IMPORT)
@require_POST
def discard(request: Request, import_id: UUID) -> HttpResponse:
    """Forget a file that was not imported."""
    try:
        found = _find(request, import_id)
        runs.discard(found, actor=acting(request))
    except NotFound:
        if not runs.was_discarded(import_id, actor=acting(request)):
            raise
        return say_removed(request, "/customers/import/")
    except Refusal as refusal:
        say_refused(request, refusal)
        return see_other(f"/customers/import/{import_id}/")
    is_file = found.kind != inviting.KIND
    done = _("The file is no longer kept.") if is_file else _("Nobody else is invited.")
    messages.success(request, done)
    return see_other("/customers/import/")


@needs(IMPORT)
@require_safe
def table(request: Request, import_id: UUID) -> HttpResponseBase:
    """Return what came of each line as a table."""
    found, language = _find(request, import_id), translation.get_language() or "en"
    fate = fate_of(request)
    separator = csv_separator.chosen_separator(request.GET.get("separator", ""), language=language)
    lines = lines_of(COLUMNS, map(cells, results.outcomes(found, fate)), separator=separator)
    narrowed = [fate] if fate else []

    def recorded(_customer_id: UUID, *, filters: list[str], actor: Actor) -> None:
        runs.record_report(found, filters=filters, actor=actor)

    return export(request, lines, filename="import.csv", filters=narrowed, recorded=recorded)


def _receive(request: Request, form: ImportForm) -> ImportRun:
    """Keep the file that was sent."""
    if form.kind not in columns.KNOWN:
        raise ChoiceInvalid(field="kind")
    customer_id = _customer(form, request) if form.kind == "people" else None
    sent = request.FILES.getlist("file")
    if len(sent) != 1:
        raise FileMissing
    about = About(
        kind=form.kind,
        customer_id=customer_id,
        invite=form.invite and form.kind == "people",
        file_name=sent[0].name or "",
    )
    loaded = reading_files.load(bytes(sent[0].read()), columns.KNOWN[form.kind])
    return runs.receive(loaded, about, actor=acting(request), now=request.now)


def _customer(form: ImportForm, request: Request) -> UUID | None:
    scope, name = signed_in(request).scope, fold_case(form.customer)
    if not name and not scope.is_all:
        raise NotInScope
    if not name:
        return None
    found = staff_scope.customers(scope).filter(name_folded=name[:240])
    customer_id: UUID | None = found.values_list("id", flat=True).first()
    if customer_id is None:
        raise NoSuchCustomer(storable(form.customer)[:80])
    return customer_id


def _do(request: Request, import_id: UUID, deed: Callable[..., ImportRun | None]) -> HttpResponse:
    shown = _find(request, import_id)
    try:
        begun = deed(shown, actor=acting(request), now=request.now)
        if begun is not None:
            runs.work(begun, actor=acting(request), now=request.now)
    except Refusal as refusal:
        say_refused(request, refusal)
    return see_other(f"/customers/import/{import_id}/")


def _find(request: Request, import_id: UUID) -> ImportRun:
    return queries.find(import_id, scope=signed_in(request).scope)
