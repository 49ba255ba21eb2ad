"""Inviting those who were imported and wait for it: an import of its own, whose lines are these people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.accounts import invitations
from doorward.accounts.models import Administrator
from doorward.customers import locking as customer_lock
from doorward.customers.rights import authorise
from doorward.importing.events import (
    IMPORT_DISCARDED,
    IMPORT_GOES_ON,
    IMPORT_REPORTED,
    IMPORT_STOPPED,
    INVITING_DISCARDED,
    INVITING_GOES_ON,
    INVITING_REPORTED,
    INVITING_STOPPED,
)
from doorward.importing.people import needed
from doorward.importing.rules import Fate, LineOutcome, PersonLine
from doorward.kernel.errors import Refusal, TooManyMails
from doorward.kernel.text.cleaning import fold_email, storable
from doorward.sessions import ending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.importing.models import ImportRun

KIND: Final = "invitations"
# What adds nobody.
_NOBODY_NEW: Final = frozenset({KIND, "customers", "apps"})


_CALLED: Final = {
    IMPORT_STOPPED: INVITING_STOPPED,
    IMPORT_GOES_ON: INVITING_GOES_ON,
    IMPORT_REPORTED: INVITING_REPORTED,
    IMPORT_DISCARDED: INVITING_DISCARDED,
}


def as_what_it_is(event: EventType, run: ImportRun) -> EventType:
    """Return what history calls this of a run: of invitations, it is no import."""
    return _CALLED.get(event, event) if run.kind == KIND else event


def waiting(run: ImportRun) -> QuerySet[Administrator]:
    """Return who was added by an import and was never invited. A dry run added nobody."""
    people = _of(run.customer_id)
    if run.kind in _NOBODY_NEW or run.dry or not run.made:
        return people.none()
    added = run.outcomes.filter(fate=Fate.MADE).values("key")
    return invitations.without_any(people.filter(email_folded__in=added))


def lines(run: ImportRun) -> Iterator[PersonLine]:
    """Return those who wait as lines, with the number that each has in the file."""
    emails = waiting(run).values("email_folded")
    rows = run.outcomes.filter(fate=Fate.MADE, key__in=emails).order_by("number")
    for number, email in rows.values_list("number", "what"):
        yield PersonLine(number=number, email=email)


def do(
    several: Sequence[PersonLine], *, customer_id: UUID | None, actor: Actor, now: datetime
) -> list[LineOutcome]:
    """Invite these people in the caller's transaction, each once; return what came of each, in their order.

    Raises `TooManyMails` where whoever invites has to wait, and as `people.do`.
    """
    authorise(actor, needed(customer_id), customer_id)
    ending.must_be_open(actor)
    emails = {fold_email(line.email)[:320] for line in several}
    people = _of(customer_id).filter(email_folded__in=emails)
    for one in sorted(set(people.values_list("customer_id", flat=True))):
        customer_lock.hold(one)
    rows = invitations.without_any(people).select_related("customer__brand")
    there = {one.email_folded: one for one in rows}
    return [_one(line, there, actor=actor, now=now) for line in several]


def _of(customer_id: UUID | None) -> QuerySet[Administrator]:
    if customer_id is None:
        return Administrator.objects.everywhere()
    return Administrator.objects.of(customer_id)


def _one(
    line: PersonLine, there: Mapping[str, Administrator], *, actor: Actor, now: datetime
) -> LineOutcome:
    person, key = there.get(fold_email(line.email)[:320]), storable(line.email)[:254]
    if person is None:
        return LineOutcome(number=line.number, key=key, fate=Fate.SAME)
    try:
        invitations.resend(person, actor=actor, now=now)
    except TooManyMails:
        raise
    except Refusal as refusal:
        return LineOutcome(number=line.number, key=key, fate=Fate.REFUSED, refusal=refusal)
    return LineOutcome(number=line.number, key=key, fate=Fate.MADE)
