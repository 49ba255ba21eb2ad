"""What is forgotten of imports: files that nobody went on with, what came of old ones, and what names somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from doorward.importing.models import WAITING, ImportLine, ImportPart, ImportRun, ImportState
from doorward.kernel.text.cleaning import fold_email

if TYPE_CHECKING:
    from datetime import datetime

# What was handed over is kept for so long, and what came of it for so long after.
FILE_KEPT: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=7)


def forget(*, now: datetime) -> int:
    """Forget files that nobody went on with, and what came of imports of long ago; return how many there were."""
    day = now - FILE_KEPT
    left = Q(state__in=WAITING, asked_at__lte=day)
    old = ImportRun.objects.filter(left | Q(state=ImportState.RUNNING, changed_at__lte=day))
    forgotten = 0
    for run_id in list(old.values_list("id", flat=True)):
        with transaction.atomic():
            forgotten += old.filter(id=run_id).update(state=ImportState.FORGOTTEN, changed_at=now)
            ImportPart.objects.filter(run_id=run_id).delete()
    over = ImportRun.objects.filter(
        changed_at__lte=now - KEPT, state__in=(ImportState.DONE, ImportState.FORGOTTEN)
    )
    return forgotten + over.delete()[1].get(ImportRun._meta.label, 0)  # noqa: SLF001 - Django's own name for it


def forget_person(email: str) -> None:
    """Forget what came of the lines about somebody who is erased."""
    runs = list(ImportRun.objects.values_list("id", flat=True))
    ImportLine.objects.filter(run_id__in=runs, key=fold_email(email)[:320]).delete()
