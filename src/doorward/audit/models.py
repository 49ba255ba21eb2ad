"""The history's rows: ids and copied names, no foreign keys, so that nothing can take them along."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.db import models

from doorward.audit import leaf_forms
from doorward.audit.actor import CredentialType
from doorward.audit.chain import Anchor, Sealed, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

_WRITTEN_BY_THE_WORKER = frozenset({"dispatched_at"})
SALT_BYTES = 16


class AppendOnly(Exception):
    """Somebody wanted to change or delete what has happened."""


class Events(models.QuerySet["Event"]):
    """Events can be added and read. Whatever else is refused with `AppendOnly`."""

    def update(self, **columns: Any) -> int:  # noqa: ANN401 - Django's signature
        """Write down that events were dispatched, and nothing else."""
        if columns.keys() - _WRITTEN_BY_THE_WORKER:
            raise AppendOnly
        return super().update(**columns)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> NoReturn:
        """Refuse it."""
        raise AppendOnly

    delete.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(  # type: ignore[override]  # by name alone
        self,
        objs: Iterable[Event],
        **rest: Any,  # noqa: ANN401 - Django's signature
    ) -> list[Event]:
        """Add events, and never over one that is there."""
        if rest.get("update_conflicts"):
            raise AppendOnly
        return super().bulk_create(objs, **rest)


def new_salt() -> bytes:
    """Return the random bytes that keep a hash of somebody's name from being guessed at."""
    return secrets.token_bytes(SALT_BYTES)


class Event(models.Model):
    """One line of history. What the worker adds later: `dispatched_at`, and `batch` when it is sealed.

    `form` is the version of the form in which it is sealed (`audit/leaf_forms.py`). `actor_type` says who acts and
    `credential` by what (`audit.actor`); `browser` is only what a browser said of itself. `details` are our own
    words, numbers and ids; what somebody typed is in `typed`.

    The actor's part (name, e-mail, address, browser), that of whom they act for (name, e-mail) and the subject's
    (name, e-mail, what was typed) are each sealed by a hash over the salt and the part. When a person is erased, the
    hash takes the place of both.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField()
    form = models.PositiveSmallIntegerField(default=leaf_forms.NEWEST)
    type = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    actor_type = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    actor_email = models.CharField(max_length=254)
    actor_salt = models.BinaryField(max_length=SALT_BYTES, null=True, default=new_salt)
    actor_hash = models.BinaryField(max_length=32, null=True)
    on_behalf_of_id = models.UUIDField(null=True)
    on_behalf_of_name = models.CharField(max_length=200)
    on_behalf_of_email = models.CharField(max_length=254)
    on_behalf_of_salt = models.BinaryField(max_length=SALT_BYTES, null=True)
    on_behalf_of_hash = models.BinaryField(max_length=32, null=True)
    credential = models.CharField(max_length=12)
    credential_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    subject_name = models.CharField(max_length=200)
    subject_email = models.CharField(max_length=254)
    subject_salt = models.BinaryField(max_length=SALT_BYTES, null=True, default=new_salt)
    subject_hash = models.BinaryField(max_length=32, null=True)
    customer_id = models.UUIDField(null=True)
    customer_name = models.CharField(max_length=200)
    address = models.CharField(max_length=64)
    browser = models.CharField(max_length=300)
    request_id = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    typed = models.JSONField(default=dict)
    dispatched_at = models.DateTimeField(null=True)
    batch = models.BigIntegerField(null=True)

    objects = Events.as_manager()
    # For sealing, erasing and forgetting (`tests/audit/test_append_only.py` lists who may).
    rewritable: ClassVar[models.Manager[Event]] = models.Manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer_id", "-id"], name="event_customer"),
            # Each filter of a history has them from the newest on.
            models.Index(
                fields=["customer_id", "type", "-id", "outcome", "at"], name="event_of_type"
            ),
            models.Index(fields=["customer_id", "outcome", "-id", "at"], name="event_of_outcome"),
            models.Index(fields=["customer_id", "-at", "-id", "outcome"], name="event_of_day"),
            # With the customer, so that no database takes the customer's own index for somebody's lines.
            models.Index(fields=["subject_id", "customer_id", "-id"], name="event_with_subject"),
            models.Index(fields=["actor_id", "customer_id", "-id"], name="event_by_actor"),
            models.Index(
                fields=["on_behalf_of_id", "customer_id", "-id"],
                name="event_on_behalf",
                condition=models.Q(on_behalf_of_id__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="event_waiting",
                condition=models.Q(dispatched_at__isnull=True),
            ),
            # Those that are not sealed yet are found by it, too.
            models.Index(fields=["batch", "id"], name="event_batch"),
        ]

    def save(self, *args: Any, **rest: Any) -> None:  # noqa: ANN401 - Django's signature
        """Add this event; raise `AppendOnly` where it is there already."""
        if args or not self._state.adding:
            raise AppendOnly
        super().save(**{**rest, "force_insert": True})

    def delete(self, *args: Any, **rest: Any) -> NoReturn:  # noqa: ANN401 - Django's signature
        """Refuse it."""
        del args, rest
        raise AppendOnly

    @property
    def session_id(self) -> uuid.UUID | None:
        """The session in which it was done; None: by something else."""
        return self.credential_id if self.credential == CredentialType.SESSION else None


class ErasedEvent(models.Model):
    """What is left of a sealed event when its customer was deleted for good: the hash that its batch commits to.

    `id` is the event's. `proof` takes the key file to make (`erasure_marks.py`).
    """

    id = models.BigIntegerField(primary_key=True)
    batch = models.BigIntegerField(db_index=True)
    leaf = models.BinaryField(max_length=32)
    proof = models.BinaryField(max_length=32)


class Repeated(models.Model):
    """How often the same was refused again since it was recorded first, until it is told (Unix time in ms).

    `key` is a keyed hash of what it is; `event` the public id of the first one, empty where each was recorded.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    event = models.CharField(max_length=36)
    times = models.PositiveIntegerField(default=0)
    until = models.BigIntegerField(db_index=True)


class Batch(models.Model):
    """Events that were sealed together, and the head that commits to them and to all batches before."""

    number = models.BigIntegerField(primary_key=True)
    size = models.PositiveIntegerField()
    root = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()
    complete = models.BooleanField()
    head = models.BinaryField(max_length=32)
    # When it was mailed as an anchor; no part of what is hashed.
    mailed_at = models.DateTimeField(null=True, db_index=True)

    @property
    def anchor(self) -> Anchor:
        """The head with its number, to be kept elsewhere."""
        return Anchor(self.number, bytes(self.head))

    def sealed(self) -> Sealed:
        """Return what the head is made of."""
        return Sealed(
            number=self.number,
            size=self.size,
            root=bytes(self.root),
            sealed_at=timestamp(self.sealed_at),
            complete=self.complete,
        )
