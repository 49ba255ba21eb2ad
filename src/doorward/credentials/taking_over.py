"""People who move in from another system, with the password and the devices that they have there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from doorward.accounts import invitations
from doorward.accounts.errors import EmailTaken
from doorward.accounts.models import Administrator, Status
from doorward.accounts.services import Among, made, record_added, settle_power
from doorward.audit.record import record
from doorward.credentials import standing
from doorward.credentials.errors import DevicesKept
from doorward.credentials.events import APP_TAKEN_OVER
from doorward.credentials.models import Factor
from doorward.credentials.password.hashers import TAKEN_OVER
from doorward.credentials.sealed import of_factor
from doorward.credentials.totp import enrol
from doorward.customers.rights import authorise
from doorward.kernel.crypto import sealing
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from doorward.accounts.services import NewAdministrator
    from doorward.audit.actor import Actor
    from doorward.customers.models import Customer

MOST_DEVICES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody to be added. `password`: a hash as `hash_formats.read` returns it; `devices`: names and secrets of apps.

    Who has no password is invited; `invite`: by mail at once.
    """

    new: NewAdministrator
    password: str = ""
    devices: tuple[tuple[str, bytes], ...] = ()
    suspended: bool = False
    invite: bool = False

    @property
    def status(self) -> Status:
        """What they begin as."""
        if self.suspended:
            return Status.SUSPENDED
        return Status.ACTIVE if self.password else Status.INVITED

    @property
    def is_mailed(self) -> bool:
        """Whether they get an invitation at once."""
        return self.invite and self.status == Status.INVITED


def add_many(
    arrivals: Sequence[Arrival], *, customer: Customer, actor: Actor, now: datetime
) -> list[Administrator | Refusal]:
    """Add many people to a customer, in the caller's transaction; return for each the person, or why not."""
    authorise(actor, Action.IMPORT_PEOPLE, customer.id)
    if any(one.password or one.devices for one in arrivals):
        authorise(actor, Action.TAKE_OVER_CREDENTIALS)
    among = Among.of(customer)
    found = [_row(one, customer=customer, among=among, actor=actor, now=now) for one in arrivals]
    rows = [one for one in found if isinstance(one, Administrator)]
    taken = _insert(rows)
    results: list[Administrator | Refusal] = []
    for arrival, row in zip(arrivals, found, strict=True):
        if isinstance(row, Administrator) and row.id in taken:
            results.append(EmailTaken())
            continue
        results.append(row)
        if isinstance(row, Administrator):
            _record(row, arrival, among=among, actor=actor, now=now)
    Factor.objects.bulk_create(
        enrol.made(row.id, secret, name=name or enrol.DEFAULT_NAME, now=now, taken_over=True)
        for arrival, row in zip(arrivals, results, strict=True)
        if isinstance(row, Administrator)
        for name, secret in arrival.devices[:MOST_DEVICES]
    )
    return results


def add_apps(
    person: Administrator, devices: Sequence[tuple[str, bytes]], *, actor: Actor, now: datetime
) -> bool:
    """Add the apps that somebody has elsewhere, in the caller's transaction; return whether any was not there yet.

    The caller has the person's lock. Only who never signed in here, and has no device, is moving in still. Raises
    `DevicesKept` for anybody else.
    """
    authorise(actor, Action.TAKE_OVER_CREDENTIALS)
    there = list(Factor.objects.filter(administrator=person))
    secrets = {_secret(factor) for factor in there}
    if all(secret in secrets for _, secret in devices):
        return False
    signed_in = Session.objects.filter(administrator=person).exists()
    if there or signed_in or person.last_signed_in_at is not None:
        raise DevicesKept
    Factor.objects.bulk_create(
        enrol.made(person.id, secret, name=name or enrol.DEFAULT_NAME, now=now, taken_over=True)
        for name, secret in devices[:MOST_DEVICES]
    )
    standing.keep(person.id)
    record(APP_TAKEN_OVER, actor=actor, subject=person.who())
    return True


def _secret(factor: Factor) -> bytes:
    """Return the secret of an app; b'' where it has none, or its key left the key file."""
    if factor.sealed is None:
        return b""
    try:
        return sealing.open_sealed(bytes(factor.sealed), **of_factor(factor.id))
    except sealing.SealBroken:
        return b""


def _row(
    arrival: Arrival, *, customer: Customer, among: Among, actor: Actor, now: datetime
) -> Administrator | Refusal:
    try:
        if arrival.is_mailed:
            invitations.refuse_shut(customer)
        settle_power(arrival.new, customer=customer, actor=actor)
        row = made(
            arrival.new,
            customer=customer,
            status=arrival.status,
            actor=actor,
            now=now,
            among=among,
        )
    except Refusal as refusal:
        return refusal
    if arrival.password:
        row.password = TAKEN_OVER + arrival.password
    if arrival.devices:
        apps = [FactorKind.APP] * len(arrival.devices[:MOST_DEVICES])
        row.standing = standing.standing_of(apps, locked=False)
    return row


def _insert(rows: list[Administrator]) -> set[object]:
    """Insert them together, else one by one; return the ids of those whose e-mail somebody else has by now."""
    try:
        with transaction.atomic():
            Administrator.objects.everywhere().bulk_create(rows)
    except IntegrityError:
        if len(rows) == 1:
            return {rows[0].id}
        return {one for row in rows for one in _insert([row])}
    return set()


def _record(
    row: Administrator, arrival: Arrival, *, among: Among, actor: Actor, now: datetime
) -> None:
    taken = ["password"] * bool(arrival.password) + ["app"] * bool(arrival.devices)
    record_added(row, actor=actor, among=among, **({"taken_over": taken} if taken else {}))
    if arrival.is_mailed:
        invitations.send(row, actor=actor, now=now)
