"""Importing the apps of people who are there already and have not signed in yet. A dry run takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.accounts.models import Administrator, Status
from doorward.credentials import taking_over
from doorward.credentials.totp import foreign
from doorward.customers import locking as customer_lock
from doorward.customers.rights import authorise
from doorward.importing.errors import NobodyHere
from doorward.importing.rules import Fate, LineOutcome, PersonLine
from doorward.kernel.errors import Refusal
from doorward.kernel.text.cleaning import clean_line, fold_email, storable
from doorward.permissions.actions import Action
from doorward.sessions import ending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

KIND: Final = "apps"
_LONGEST_NAME: Final = 60


def do(
    lines: Sequence[PersonLine], *, customer_id: UUID, actor: Actor, now: datetime
) -> list[LineOutcome]:
    """Add these people's apps in the caller's transaction; return what came of each, in their order."""
    authorise(actor, Action.TAKE_OVER_CREDENTIALS)
    ending.must_be_open(actor)
    customer_lock.hold(customer_id)
    emails = {fold_email(line.email)[:320] for line in lines}
    people = Administrator.objects.of(customer_id).select_for_update(of=("self",))
    rows = people.filter(email_folded__in=emails).exclude(status=Status.REMOVED).order_by("id")
    there = {one.email_folded: one for one in rows}
    return [_one(line, there, actor=actor, now=now) for line in lines]


def _one(
    line: PersonLine, there: Mapping[str, Administrator], *, actor: Actor, now: datetime
) -> LineOutcome:
    key = storable(line.email)[:254]
    try:
        person = there.get(fold_email(line.email)[:320])
        if person is None:
            raise NobodyHere
        devices = [_device(one.name, one.secret) for one in line.devices]
        added = taking_over.add_apps(person, devices, actor=actor, now=now)
    except Refusal as refusal:
        fields = (refusal.field,) if refusal.field else ()
        return LineOutcome(
            number=line.number, key=key, fate=Fate.REFUSED, fields=fields, refusal=refusal
        )
    return LineOutcome(
        number=line.number,
        key=key,
        fate=Fate.CHANGED if added else Fate.SAME,
        fields=("totp",) if added else (),
        notes=line.notes,
    )


def _device(name: str, secret: str | bytes) -> tuple[str, bytes]:
    """Return an app by a name that can be shown, and its secret."""
    read = secret if isinstance(secret, bytes) else foreign.read(secret)
    return clean_line(name, maximum=_LONGEST_NAME), foreign.checked(read)
