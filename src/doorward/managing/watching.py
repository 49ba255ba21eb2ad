"""What staff looks at and changes in a customer's portal, as it happens: for the customer, who sees it live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import F, Q

from doorward.accounts.models import Administrator
from doorward.audit import repeats
from doorward.audit.actor import CredentialType
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.managing import end, page_titles
from doorward.managing.events import MANAGING_KEPT_OUT, MANAGING_LOOKED
from doorward.managing.models import Look, Managing, State, Why

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

# Whoever wants to see more different pages than these is out: nothing is shown that is not listed.
MOST_PAGES: Final = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was looked at: its name, whom it shows, when last, and how often."""

    page: str
    person: str
    at: datetime
    times: int

    @property
    def words(self) -> str:
        """What the page is called."""
        return page_titles.page(self.page)


def looked(
    managing_id: UUID, *, page: str, person_id: UUID | None, actor: Actor, now: datetime
) -> bool:
    """List a page before it is shown: for who watches each time, in history the first time.

    Return False where it must not be shown: it is over, or would be one page too many, which is the end of it.
    """
    key = f"{page} {person_id}" if person_id else page
    with transaction.atomic():
        # The row is the lock: what is shown is listed before the end, which tells of it, or is not shown.
        row = Managing.objects.filter(id=managing_id).select_for_update(no_key=True).first()
        if row is None or row.state != State.RUNNING:
            return False
        rows = Look.objects.filter(managing_id=managing_id)
        if rows.filter(key=key).update(times=F("times") + 1, last_at=now):
            return True
        if rows.count() < MOST_PAGES:
            Look.objects.create(managing_id=managing_id, key=key, first_at=now, last_at=now)
            _record(page, person_id, actor=actor)
            return True
    end.found_over(managing_id, now=now, why=Why.TOO_MUCH)
    return False


def kept_out(*, page: str, actor: Actor, now: datetime) -> None:
    """Write down that somebody wanted what is never possible."""
    repeats.record_once(
        MANAGING_KEPT_OUT,
        actor=actor,
        outcome=Outcome.REFUSED,
        details={"page": page},
        now=now,
    )


def _record(page: str, person_id: UUID | None, *, actor: Actor) -> None:
    behalf, person = actor.on_behalf_of, None
    if person_id is not None and behalf is not None:
        people = Administrator.objects.of(behalf.customer_id).select_related("customer")
        person = people.filter(id=person_id).first()
    subject = person.who() if person else actor.person
    if behalf is not None:
        whose = (behalf.customer_id, behalf.customer_name)
        record(
            MANAGING_LOOKED, actor=actor, subject=subject, customer=whose, details={"page": page}
        )


def seen(managing: Managing) -> list[Seen]:
    """Return the pages that were looked at, the newest first."""
    looks = list(Look.objects.filter(managing=managing).order_by("-last_at", "-id"))
    ids = {look.person_id for look in looks if look.person_id}
    people = Administrator.objects.of(managing.customer_id).filter(id__in=ids)
    names = {person.id: person.full_name for person in people}
    return [
        Seen(
            look.page,
            names.get(look.person_id, "") if look.person_id else "",
            look.last_at,
            look.times,
        )
        for look in looks
    ]


def done(managing: Managing) -> list[Event]:
    """Return what was done in the portal, and what was tried in vain, the newest first."""
    if managing.begun_at is None:
        return []
    acted = Q(actor_id=managing.staff_id, on_behalf_of_id=managing.behalf_id)
    events = Event.objects.filter(
        acted,
        customer_id=managing.customer_id,
        credential=CredentialType.SESSION.value,
        credential_id=managing.session_id,
        at__gte=managing.begun_at,
    ).exclude(type=MANAGING_LOOKED)
    later = Managing.objects.filter(session=managing.session_id, begun_at__gt=managing.begun_at)
    next_at = later.order_by("begun_at").values_list("begun_at", flat=True).first()
    if next_at is not None:
        events = events.filter(at__lt=next_at)
    return list(events.order_by("-id"))
