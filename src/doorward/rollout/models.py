"""Rehearsals that are kept until they are applied, ticks for many, and who was reminded."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from doorward.accounts.models import Administrator
from doorward.customers.models import Brand, Customer


class KeptRehearsal(models.Model):
    """What was rehearsed, for whom, and what came of it: people by their ids, as `kept_rehearsals.py` packs them.

    `wanted`: the version that would be saved; none: `ticked` has whom two factors would be required of. Of a brand
    there are numbers alone, by customer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    made_by = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE)
    brand = models.ForeignKey(Brand, null=True, on_delete=models.CASCADE)
    is_minimum = models.BooleanField(default=False)
    wanted = models.JSONField(null=True)
    ticked = models.BinaryField()
    people = models.BinaryField()
    by_customer = models.JSONField()
    sessions = models.PositiveIntegerField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["made_by", "-made_at"], name="rehearsals_of")]


class RunState(models.TextChoices):
    """How far ticks for many are. Stored words never change their meaning."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class TickRun(models.Model):
    """Ticks for many people of a customer: asked for by whom, in which session, and how far they are.

    Whoever lets it go on takes the place of who asked, and `asked_at` is when. `stopped_by`: the code of the refusal
    that stopped it; empty: a person did. `failed`: of how many it could not be required.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, db_index=False)
    asked_by = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    session_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    stopped_by = models.CharField(max_length=40, default="")
    failed = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-begun_at"], name="tick_runs_of"),
            models.Index(
                fields=["begun_at"],
                name="tick_runs_running",
                condition=models.Q(state=RunState.RUNNING),
            ),
        ]


class TickOutcome(models.TextChoices):
    """What came of a tick for one of many. Stored words never change their meaning."""

    WAITING = "waiting"
    TICKED = "ticked"
    ALREADY = "already"
    FAILED = "failed"


class Tick(models.Model):
    """One person of ticks for many, and what came of it. `reason`: the code of the refusal."""

    run = models.ForeignKey(TickRun, on_delete=models.CASCADE, related_name="ticks", db_index=False)
    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=10, choices=TickOutcome, default=TickOutcome.WAITING)
    reason = models.CharField(max_length=40, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "administrator"], name="one_tick"),
        ]
        indexes: ClassVar = [models.Index(fields=["run", "outcome", "id"], name="ticks_left")]


class Reminder(models.Model):
    """That somebody was reminded of the day from which two factors are required of them: once of each kind."""

    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    day = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["administrator", "day", "kind"], name="one_reminder"),
        ]


class ReminderSweep(models.Model):
    """How far the worker is on its way through everybody who may be reminded: one row.

    `customer_id`: whose people come next, after the person `after`; None: the way is over, until the next hour.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    begun_at = models.DateTimeField()
    customer_id = models.UUIDField(null=True)
    after = models.UUIDField(null=True)


class AdoptionMail(models.Model):
    """That somebody wants the numbers of adoption by mail once a week: their customer's, or (`of_all`) everybody's."""

    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    of_all = models.BooleanField()
    next_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["administrator", "of_all"], name="one_adoption_mail"),
        ]
