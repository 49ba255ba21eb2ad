"""Adding somebody by a form: of two presses the second leads to the person whom the first one added."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from doorward.accounts import services
from doorward.accounts.errors import EmailTaken
from doorward.accounts.events import ADMINISTRATOR_ADDED
from doorward.accounts.models import Administrator, Status
from doorward.audit.models import Event
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.services import NewAdministrator
    from doorward.audit.actor import Actor
    from doorward.customers.models import Customer

# Who sends the very same again so soon pressed twice.
TWICE: Final = timedelta(minutes=1)
_TYPED: Final = (
    *("first_name", "last_name", "phone", "email", "tabs", "require_2fa", "language"),
    *("scope", "scope_ids"),
)


def add_once(
    new: NewAdministrator, *, customer: Customer, actor: Actor, now: datetime
) -> Administrator:
    """Add somebody as `services.add` does, or return whom who acts has added just now with the same form.

    Raises what `services.add` raises.
    """
    authorise(actor, Action.ADD_PERSON, customer.id)
    try:
        person, _link = services.add(new, customer=customer, actor=actor, now=now)
    except EmailTaken:
        there = _just_added(new, customer=customer, actor=actor, now=now)
        if there is None:
            raise
        return there
    return person


def _just_added(
    new: NewAdministrator, *, customer: Customer, actor: Actor, now: datetime
) -> Administrator | None:
    again = services.made(new, customer=customer, status=Status.INVITED, actor=actor, now=now)
    there = (
        Administrator.objects.of(customer.id)
        .select_related("customer")
        .filter(email_folded=again.email_folded, status=Status.INVITED)
        .first()
    )
    if there is None or actor.person is None:
        return None
    if any(getattr(there, name) != getattr(again, name) for name in _TYPED):
        return None
    by_who_acts = Event.objects.filter(
        subject_id=there.id,
        type=ADMINISTRATOR_ADDED,
        actor_id=actor.person.id,
        credential_id=actor.session_id,
        at__gt=now - TWICE,
    )
    return there if by_who_acts.exists() else None
