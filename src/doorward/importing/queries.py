"""Which imports somebody sees, and which one of a file was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from doorward.customers import staff_scope
from doorward.importing.models import ImportRun, ImportState
from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.importing.runs import About
    from doorward.permissions.staff_scope import Scope


def find(run_id: UUID, *, scope: Scope) -> ImportRun:
    """Return an import into a customer in this scope; of the whole file's customers, for who sees all.

    Raises `NotFound`.
    """
    rows = ImportRun.objects.filter(staff_scope.which(scope, of="customer")).select_related(
        "asked_by", "customer"
    )
    run: ImportRun | None = rows.filter(id=run_id).first()
    if run is None:
        raise NotFound
    return run


def listed(*, scope: Scope) -> QuerySet[ImportRun]:
    """Return the imports that somebody with this scope sees, the newest first."""
    # Each is asked after its customer: joined, a database may begin with all customers of a brand.
    rows = ImportRun.objects.select_related("asked_by", "customer").order_by("-begun_at")
    if scope.is_all:
        return rows
    return rows.filter(Exists(staff_scope.customers(scope).filter(id=OuterRef("customer_id"))))


def stopped(*, scope: Scope) -> QuerySet[ImportRun]:
    """Return those of `listed` that wait until somebody goes on."""
    return listed(scope=scope).filter(state=ImportState.STOPPED)


def resumable(about: About, digest: str) -> ImportRun | None:
    """Return the newest import of this file at the console that was interrupted."""
    into = Q(customer_id=about.into) if about.into else Q(customer=None)
    rows = ImportRun.objects.filter(
        into,
        kind=about.kind,
        digest=digest,
        asked_by=None,
        dry=False,
        state__in=(ImportState.RUNNING, ImportState.STOPPED),
    )
    return rows.order_by("-begun_at").first()
