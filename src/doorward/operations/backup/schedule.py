"""The backups that the worker makes: one at a time over all machines, old ones removed after a good new one alone."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from doorward.customers.models import Customer, CustomerKind
from doorward.kernel import atomic_files
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.heartbeat import Heart
from doorward.kernel.models import Heartbeat
from doorward.kernel.why_not_saved import log_failure, sentence_for
from doorward.operations.backup import encryption, last_good, making

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_log = logging.getLogger("doorward.operations")

_LEASE: Final = "backing up"
# Whoever has one made says so every ten seconds; who says nothing for longer has died.
_SILENT: Final = timedelta(minutes=5)
_AGAIN: Final = timedelta(minutes=15)


class NoFolder(Exception):
    """The folder for backups is not there; the message is one sentence."""


def begin(*, now: datetime) -> Heart | None:
    """Return what is to beat while a backup is made, where one is due and nobody else makes it; else None."""
    return Heart(_LEASE, timezone.now) if is_due(now=now) and _take(now=now) else None


def go_on(heart: Heart) -> None:
    """Say that it is still being made: by a connection of its own, since making reads in one transaction."""
    heart.beat(_SILENT)


def end(*, good: bool) -> None:
    """Let others make the next one; after one that failed, a quarter of an hour later."""
    now = timezone.now()
    Heartbeat.objects.filter(name=_LEASE).update(due_by=now if good else now + _AGAIN)


def is_due(*, now: datetime) -> bool:
    """Return whether the settings want a backup made now."""
    if not settings.DOORWARD.backup_dir.name:
        return False
    made = last_good.last_good(now, of=last_good.OF_THE_WORKER)
    return made is None or now >= made + last_good.interval()


def back_up(*, now: datetime) -> bool:
    """Make a backup as the settings say, then remove the oldest; return whether one was made. What fails is logged."""
    try:
        removed = _make(now=now)
    except Exception as error:  # noqa: BLE001 - it is tried again, and the check and the metrics tell of it
        _say(error)
        return False
    _log.info("a backup was made; old ones that were removed: %s", removed)
    return True


def kept(folder: Path, *, now: datetime) -> list[Path]:
    """Return the backups of this installation in a folder, newest first; what others put there is not among them.

    Those that a clock named that was ahead come last: else they would stay, and each new one go.
    """
    ours = re.compile(re.escape(_begins()) + r"\d{8}T\d{6}Z\.backup")
    found = [file for file in folder.iterdir() if ours.fullmatch(file.name) and file.is_file()]
    latest = _name(now + SKEW)
    return sorted(found, key=lambda file: (file.name <= latest, file.name), reverse=True)


def _make(*, now: datetime) -> int:
    given = settings.DOORWARD
    folder: Path = given.backup_dir
    if not folder.is_dir():
        # Not made: where a disk is not mounted, the backup would be on the one that it is to survive.
        raise NoFolder(f"The folder {folder} for backups is not there.")
    atomic_files.forget_parts(folder, f"{_begins()}*.backup")
    making.make(
        folder.resolve() / _name(now),
        recipients=encryption.recipients(given.backup_recipient),
        replace=False,
        now=now,
    )
    last_good.remember(by_worker=True, now=now)
    return sum(1 for _file in _removed(kept(folder, now=now)[given.backup_keep :]))


def _removed(old: list[Path]) -> Iterator[Path]:
    for file in old:
        file.unlink(missing_ok=True)
        yield file


def _name(now: datetime) -> str:
    return f"{_begins()}{now:%Y%m%dT%H%M%SZ}.backup"


def _begins() -> str:
    """Return how the names begin: by an id, so that two installations can share a folder."""
    provider = Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", flat=True)
    return f"doorward-{provider[0].hex[:8]}-"


def _take(*, now: datetime) -> bool:
    """Return whether it is this process that makes one now."""
    until = now + _SILENT
    # Said by a clock that was ahead, it is nobody's: whoever is at work says it again by one that was set right.
    free = Q(due_by__lte=now) | Q(at__gt=now + SKEW)
    if Heartbeat.objects.filter(free, name=_LEASE).update(at=now, due_by=until):
        return True
    try:
        with transaction.atomic():
            if Heartbeat.objects.filter(name=_LEASE).exists():
                return False
            Heartbeat.objects.create(name=_LEASE, at=now, due_by=until)
    except IntegrityError:
        return False
    return True


def _say(error: Exception) -> None:
    known = isinstance(error, (NoFolder, making.NoRoom, making.CannotDump, making.NotWhole))
    if known or isinstance(error, OSError):
        said = str(error) if known else sentence_for(error) or f"{error.strerror}."  # type: ignore[attr-defined]
        _log.error("no backup could be made: %s", said)
    else:
        log_failure(_log, "no backup could be made", error)
