"""Factors, passkeys, set-ups on their way, recovery codes, and trusted browsers."""

from __future__ import annotations

import uuid
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from doorward.accounts.models import Administrator
from doorward.kernel.models import Counted
from doorward.policy.rules import FactorKind
from doorward.sessions.models import Session


class Factor(Counted):
    """A confirmed factor: a row exists only once a right code was given. Removed means deleted.

    An app has `sealed`, its secret, and `last_step`, the last accepted time step (RFC 6238, 5.2); what a
    passkey has besides is a `Passkey`, which the gate does not read. `locked_at` is set when wrong
    codes without end disabled it, until it is set up again; `suspended_at` when it was said to be lost
    (`suspension.py`). Either way it verifies nothing, and is still there: a password alone does not do.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # The index below begins with it.
    administrator = models.ForeignKey(
        Administrator, on_delete=models.CASCADE, related_name="factors", db_index=False
    )
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in FactorKind])
    name = models.CharField(max_length=60)
    sealed = models.BinaryField(null=True)
    confirmed_at = models.DateTimeField()
    last_step = models.BigIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    locked_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    # From another system, and no right code of it was given here yet. It verifies as any other.
    taken_over = models.BooleanField(default=False)

    @property
    def is_usable(self) -> bool:
        """Whether it verifies anything: `USABLE`, of a row at hand."""
        return self.locked_at is None and self.suspended_at is None

    class Meta:
        indexes: ClassVar = [
            # All that asks whether somebody is protected.
            models.Index(
                fields=["administrator", "locked_at", "suspended_at", "kind"], name="factor_usable"
            ),
            # How many there are, for a monitor.
            models.Index(
                fields=["locked_at"],
                name="factor_locked",
                condition=models.Q(locked_at__isnull=False),
            ),
        ]


# The one condition under which a factor verifies anything.
USABLE: Final = Q(locked_at__isnull=True, suspended_at__isnull=True)


class UserHandle(models.Model):
    """By what authenticators know a person: 64 random bytes that say nothing (WebAuthn, 14.6.1)."""

    administrator = models.OneToOneField(
        Administrator, on_delete=models.CASCADE, primary_key=True, related_name="user_handle"
    )
    handle = models.BinaryField(max_length=64, unique=True)


class Passkey(models.Model):
    """What a passkey has besides its factor: the credential record of WebAuthn (7.1, step 27).

    `user_verified`: it has verified who uses it, in its registration or beside another proof; only
    then may it stand in for the password. `discoverable`: it can be found without the person's name;
    empty: its browser did not say. `rp_id` is the host it was made for.
    """

    factor = models.OneToOneField(
        Factor, on_delete=models.CASCADE, primary_key=True, related_name="passkey"
    )
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    aaguid = models.UUIDField()
    transports = models.CharField(max_length=100)
    rp_id = models.CharField(max_length=253)
    backup_eligible = models.BooleanField()
    backed_up = models.BooleanField()
    user_verified = models.BooleanField()
    discoverable = models.BooleanField(null=True)


class ChallengePeriod(models.Model):
    """The stretch of time to which new challenges belong: one row, whose number only goes up.

    It is counted, not read from a clock: what belongs to a period that is gone never holds again.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField()
    begun_at = models.DateTimeField()


class AnsweredChallenge(models.Model):
    """A challenge that was answered, by its keyed hash, for as long as its period is one that holds.

    One that waits has no row: it says itself what it is for and until when.
    """

    keyed_hash = models.BinaryField(max_length=32, primary_key=True)
    period = models.PositiveBigIntegerField(db_index=True)


class SetUp(models.Model):
    """A secret that was shown in one session and not yet confirmed. It counts for nothing."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, primary_key=True)
    sealed = models.BinaryField()
    shown_at = models.DateTimeField(db_index=True)


class RecoverySet(Counted):
    """Ten recovery codes. `sealed` holds them, to be shown again, until they are confirmed as saved.

    Until then they belong to the session that was shown them last (`session_id`, `shown_at`), and none of
    them lets anybody in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    administrator = models.ForeignKey(
        Administrator, on_delete=models.CASCADE, related_name="recovery_sets"
    )
    made_at = models.DateTimeField()
    session_id = models.UUIDField(null=True)
    shown_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=models.Q(saved_at__isnull=True),
                name="one_unsaved_set",
            ),
            models.UniqueConstraint(
                fields=["administrator"],
                condition=models.Q(saved_at__isnull=False),
                name="one_saved_set",
            ),
        ]


class RecoveryCode(models.Model):
    """One code, as a keyed hash. Its 120 bits let a plain keyed hash do (NIST SP 800-63B-4, 3.1.2.2)."""

    set = models.ForeignKey(RecoverySet, on_delete=models.CASCADE, related_name="codes")
    keyed_hash = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)


# The one condition under which a recovery code lets somebody in.
WORKS: Final = Q(set__saved_at__isnull=False, used_at__isnull=True)


class TrustedBrowser(models.Model):
    """A browser that is not asked for the second step, for one person, for some days. Ended means deleted.

    `token_hash` is the keyed hash of its cookie's 256 bits. It was trusted under a security version, a
    requirement and kinds of factor; where any of it is stricter by now, it holds no more
    (`credentials/trusted_browsers/rules.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    administrator = models.ForeignKey(
        Administrator, on_delete=models.CASCADE, related_name="trusted_browsers"
    )
    token_hash = models.BinaryField(max_length=32, unique=True)
    security_version = models.PositiveIntegerField()
    required = models.BooleanField()
    kinds = models.CharField(max_length=20)
    trusted_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=300, default="")
