"""Imports: the file that was handed over, sealed, how far each is, and what came of each line."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from doorward.accounts.models import Administrator
from doorward.customers.models import Customer


class ImportState(models.TextChoices):
    """How far an import is. Stored words never change their meaning."""

    # Somebody is to say what each column is.
    MAPPING = "mapping"
    RUNNING = "running"
    STOPPED = "stopped"
    REHEARSED = "rehearsed"
    DONE = "done"
    # Nobody went on with it, and its lines are no longer kept.
    FORGOTTEN = "forgotten"


# Nothing goes on with it by itself.
WAITING = (ImportState.MAPPING, ImportState.REHEARSED, ImportState.STOPPED)


class ImportRun(models.Model):
    """An import: asked for by whom, in which session, of what, and how far it is.

    `customer`: everybody goes into this one; none: into the one that each line names. `asked_by`: none at the console.
    Whoever lets it go on takes the place of who asked, and `asked_at` is when. `dry`: what runs is the dry run.
    `next_part`: the parts before it were looked at. `stopped_by`: the code of the refusal; empty: a person did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(
        Administrator, null=True, on_delete=models.CASCADE, related_name="+"
    )
    session_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, db_index=True)
    # Of a table: what each column is called, and which field it was said to be.
    headings = models.JSONField(default=list)
    fields = models.JSONField(default=list)
    invite = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.MAPPING)
    dry = models.BooleanField(default=True)
    stopped_by = models.CharField(max_length=40, default="")
    next_part = models.PositiveIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-begun_at"], name="import_runs"),
            models.Index(
                fields=["begun_at"],
                name="import_runs_running",
                condition=models.Q(state=ImportState.RUNNING),
            ),
        ]

    @property
    def looked_at(self) -> int:
        """Of how many lines it is known what comes of them."""
        return self.made + self.changed + self.same + self.refused

    @property
    def to_do(self) -> int:
        """How many lines change anything."""
        return self.made + self.changed


class ImportPart(models.Model):
    """Some lines of an import, as they came. Sealed: there may be passwords and devices among them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="one_import_part"),
        ]


class ImportLine(models.Model):
    """What comes of one line. `what`: as it is shown; `key`: by what it is told apart; `why`: refusals and notes."""

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="outcomes", db_index=False
    )
    number = models.PositiveIntegerField()
    part = models.PositiveIntegerField()
    what = models.CharField(max_length=254)
    key = models.CharField(max_length=320)
    fate = models.CharField(max_length=10)
    fields = models.CharField(max_length=200)
    why = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="one_import_line"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run", "fate", "number"], name="import_lines_by_fate"),
            models.Index(fields=["run", "key"], name="import_lines_by_key"),
        ]


class ColumnChoice(models.Model):
    """What a column of that heading was said to be, the last time that somebody of this customer imported into it."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=20)
    heading = models.CharField(max_length=80)
    field = models.CharField(max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "kind", "heading"], name="one_column_choice"
            ),
        ]
