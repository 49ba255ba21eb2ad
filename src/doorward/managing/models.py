"""The provider's staff in a customer's portal: who asked, who agreed, how long, and what was looked at."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from doorward.accounts.models import Administrator
from doorward.customers.models import Customer
from doorward.sessions.models import Session


class State(models.TextChoices):
    """How far it is. Stored values never change their meaning.

    `ASKED` waits for somebody's yes, `AGREED` for being begun, `RUNNING` lasts half an hour. The rest is the end: it
    was begun and is over, somebody refused it, or nothing came of it.
    """

    ASKED = "asked"
    AGREED = "agreed"
    RUNNING = "running"
    ENDED = "ended"
    REFUSED = "refused"
    LAPSED = "lapsed"


class Why(models.TextChoices):
    """Why it ended. Stored values never change their meaning."""

    STAFF = "staff"
    CUSTOMER = "customer"
    TIME = "time"
    # What it takes is no longer there: a right, the session, the person as whom it was seen, or the customer's policy.
    NO_LONGER = "no_longer"
    # More different pages than are listed for the customer.
    TOO_MUCH = "too_much"


OPEN = (State.ASKED, State.AGREED, State.RUNNING)


class Managing(models.Model):
    """A session of the provider's staff in the portal of a customer.

    `behalf`: as whom of its people it is seen. `agreed_by`: who said yes; None: nobody, as its policy always allows it.
    `changes`: whether something may be changed, too; `asks_changes_at`: since when that is asked for.
    `is_in`: the session has not gone back to its own portal, which it does itself after the end: what it sends until
    then was meant for this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="managings")
    staff = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="managings")
    session = models.ForeignKey(
        Session, on_delete=models.SET_NULL, null=True, related_name="managings"
    )
    behalf = models.ForeignKey(
        Administrator, on_delete=models.SET_NULL, null=True, related_name="managed_by"
    )
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    changes = models.BooleanField(default=False)
    asks_changes_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(
        Administrator, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    begun_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        Administrator, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    why = models.CharField(max_length=10, choices=Why.choices, default="")
    is_in = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-asked_at"], name="managing_of_customer"),
            models.Index(fields=["asked_at"], name="managing_open", condition=Q(state__in=OPEN)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "staff"],
                condition=Q(state__in=OPEN),
                name="one_managing_of_customer",
            ),
            # The gate asks for it with each request.
            models.UniqueConstraint(
                fields=["session"], condition=Q(is_in=True), name="one_managing_of_session"
            ),
        ]


class Look(models.Model):
    """A page of the customer's that was looked at, and how often. `key`: its name, and the person whom it shows."""

    managing = models.ForeignKey(Managing, on_delete=models.CASCADE, related_name="looks")
    key = models.CharField(max_length=80)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["managing", "key"], name="one_look"),
        ]

    @property
    def page(self) -> str:
        """The page's name, as its address has it in the map of the site."""
        return str(self.key).partition(" ")[0]

    @property
    def person_id(self) -> uuid.UUID | None:
        """Whom it shows; None: nobody in particular."""
        person = str(self.key).partition(" ")[2]
        return uuid.UUID(person) if person else None
