"""The rows of the safe: keys sealed by the ring, and counted attempts."""

from __future__ import annotations

from django.db import models


class SealedKey(models.Model):
    """A random key for one purpose, sealed by the key ring (so that the ring can be rotated)."""

    purpose = models.CharField(max_length=40, primary_key=True)
    sealed = models.BinaryField()


class Heartbeat(models.Model):
    """That something is alive: when it last said so, and until when it is to say so again.

    One row for the background workers of all machines together, and one that is written only to see whether
    anything can be.
    """

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
    due_by = models.DateTimeField()


class Attempt(models.Model):
    """Attempts, counted under a keyed hash of what was tried. Times: Unix, in ms.

    `in_flight` are being looked at, at most until `flight_until`; `failures` were wrong.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    rule = models.CharField(max_length=16)
    failures = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    flight_until = models.BigIntegerField(default=0)
    wait_until = models.BigIntegerField(default=0)
    forget_at = models.BigIntegerField(default=0, db_index=True)


class Counted(models.Model):
    """What a row carries whose secret can be guessed at. Times: Unix, in ms.

    Known and unknown browsers are counted apart, so that a stranger who keeps guessing does not
    keep the owner waiting; `failures_in_a_row` runs over both.
    """

    known_failures = models.PositiveIntegerField(default=0)
    known_wait_until = models.BigIntegerField(default=0)
    unknown_failures = models.PositiveIntegerField(default=0)
    unknown_wait_until = models.BigIntegerField(default=0)
    failures_in_a_row = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
