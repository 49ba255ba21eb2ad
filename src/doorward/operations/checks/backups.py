"""Whether there is a backup to go back to: how old, where, and who could read it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from doorward.kernel.text.amounts import amount
from doorward.operations.backup import last_good
from doorward.operations.checks.finding import Finding, advice, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from doorward.environment.fields import Environment


def look(environment: Environment, *, now: datetime) -> Iterator[Finding]:
    """Return findings about the backups that the worker makes, or, where it makes none, about the last of others."""
    yield _age(environment, now=now)
    if environment.backup_dir.name:
        yield _folder(environment)
        yield _encrypted(environment)


def _age(environment: Environment, *, now: datetime) -> Finding:
    scheduled = bool(environment.backup_dir.name)
    made = last_good.last_good(now, of=last_good.counted(environment))
    complain = unfit if scheduled else advice
    do = (
        "See in the worker's log why it makes none."
        if scheduled
        else "Set DOORWARD_BACKUP_DIR, or run `doorward backup` from a timer."
    )
    if made is None:
        none = (
            "The worker has made no backup yet; what `doorward backup` made does not count."
            if scheduled
            else "No backup was ever made, or none is known of here."
        )
        return complain("backup", none, do)
    hours = round((now - made).total_seconds() / 3600)
    age = amount(hours, "hour", "hours") if hours else "less than an hour"
    if last_good.is_overdue(made, now=now):
        return complain("backup", f"The last good backup is {age} old.", do)
    return fine("backup", f"The last good backup is {age} old.")


def _folder(environment: Environment) -> Finding:
    folder, data = environment.backup_dir, environment.data_dir.resolve()
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return unfit(
            "backup-folder",
            f"The folder {folder} for backups is not there, or nothing can be written into it.",
            "Mount it, make it, or give it to the user that Doorward runs as.",
        )
    if data in [folder.resolve(), *folder.resolve().parents]:
        return unfit(
            "backup-folder",
            f"Backups are written into the data folder ({folder}): what takes one takes the other.",
            "Set DOORWARD_BACKUP_DIR to a folder on another disk, best on another machine.",
        )
    if folder.stat().st_dev == data.stat().st_dev:
        return advice(
            "backup-folder",
            f"Backups are on the same disk as the data folder ({folder}).",
            "Set DOORWARD_BACKUP_DIR to a folder on another disk, or copy them from there.",
        )
    return fine("backup-folder", f"Backups are written to {folder}, which is another disk.")


def _encrypted(environment: Environment) -> Finding:
    if environment.backup_recipient:
        return fine("backup-recipient", "Backups are encrypted.")
    return advice(
        "backup-recipient",
        "Backups are not encrypted: who can read one has every name, address and hash in it.",
        "Set DOORWARD_BACKUP_RECIPIENT to an age recipient; keep its identity elsewhere.",
    )
