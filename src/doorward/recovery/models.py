"""Help for who has lost their factors: who asked for it, who agreed, and the set-up pass that came of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from doorward.accounts.models import Administrator


class Way(models.TextChoices):
    """Who asks. Stored values never change their meaning."""

    COLLEAGUE = "colleague"
    WAITING = "waiting"
    SUPPORT = "support"


class State(models.TextChoices):
    """How far a request is. Stored values never change their meaning.

    `OPEN` waits for somebody's yes, or for time without a veto; `APPROVED` for its pass to be fetched; of `ISSUED` the
    pass was given out. The last four are the end: it was the person, it was not, somebody refused it, it lapsed.
    """

    OPEN = "open"
    APPROVED = "approved"
    ISSUED = "issued"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    REFUSED = "refused"
    ENDED = "ended"


PENDING = (State.OPEN, State.APPROVED)


class RecoveryRequest(models.Model):
    """That somebody is to be helped. `how`: how it was made sure that it is them, in the words of who asked.

    `second`: it needs another person's yes. `due_at`: when it holds without one, unless it was refused by then; None:
    never. `approved_at`: from then on its pass waits to be fetched for a day. `checked_at`: when whoever asks for it
    of the support passed a caller check with the person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    administrator = models.ForeignKey(
        Administrator, on_delete=models.CASCADE, related_name="recovery_requests"
    )
    way = models.CharField(max_length=10, choices=Way.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    how = models.CharField(max_length=300, default="", blank=True)
    checked_at = models.DateTimeField(null=True)
    second = models.BooleanField()
    asked_by = models.ForeignKey(
        Administrator, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        Administrator, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        Administrator, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["administrator", "-asked_at"], name="requests_of_person"),
            models.Index(
                fields=["due_at"], name="requests_pending", condition=Q(state__in=PENDING)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=Q(state__in=PENDING),
                name="one_pending_request",
            ),
        ]

    @property
    def by_mail(self) -> bool:
        """Whether its pass is mailed, once nobody has objected in time: there is nobody who reads it out."""
        waits = self.way == Way.SUPPORT and self.due_at is not None and self.approved_by_id is None
        return self.way == Way.WAITING or waits


class SetUpPass(models.Model):
    """Eight words, as a keyed hash: with their password one person sets up a new factor with it, once.

    `tries` are counted before the words are looked at. `session_id`: in which session it was used. `shown_in`: in
    which one it waits to be shown, once and soon.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    request = models.OneToOneField(RecoveryRequest, on_delete=models.CASCADE, related_name="issued")
    administrator = models.ForeignKey(
        Administrator, on_delete=models.CASCADE, related_name="set_up_passes"
    )
    keyed_hash = models.BinaryField(max_length=32)
    # Of one that is mailed, or was not shown yet: what its words are made from.
    nonce = models.BinaryField(null=True)
    shown_in = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    session_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=Q(used_at__isnull=True, ended_at__isnull=True),
                name="one_unused_pass",
            ),
        ]


class CallerCheck(models.Model):
    """Two people on the phone who make sure of each other: the provider's `staff`, and an administrator.

    Neither code is stored: both are made of the id (`caller_check.py`). Each side has tries of its own;
    `staff_right_at` is when staff typed what the person read out, `person_right_at` the other way round. Over:
    `ended_at`, or time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    administrator = models.ForeignKey(
        Administrator, on_delete=models.CASCADE, related_name="caller_checks"
    )
    staff = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    begun_at = models.DateTimeField(db_index=True)
    staff_tries = models.PositiveSmallIntegerField(default=0)
    person_tries = models.PositiveSmallIntegerField(default=0)
    staff_right_at = models.DateTimeField(null=True)
    person_right_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=models.Q(ended_at__isnull=True),
                name="one_caller_check",
            ),
        ]
