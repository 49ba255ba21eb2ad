"""Objecting by a mailed link, and what it ends: the help that was asked for, or all that came of it already.

How long it is possible: `VETO_TIME` in `recovery/rules.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from doorward.accounts import mailed_links
from doorward.accounts.account import locked
from doorward.accounts.errors import LinkInvalid
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.audit.actor import Actor, by_link
from doorward.customers import locking
from doorward.recovery import refusing, request_state, requests
from doorward.recovery.models import RecoveryRequest, State

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import ClientInfo


def veto(*, token: str, client: ClientInfo, now: datetime) -> State:
    """End the request of a link, or all that came of it; return how it stands then.

    Raises what `mailed_links.find` raises, `RequestOver`.
    """
    link = mailed_links.find(token, purposes=(LinkPurpose.VETO,), now=now, host=client.host)
    actor = Actor(person=link.administrator.who(), client=client, credential=by_link(link.id))
    with transaction.atomic():
        locking.hold(link.administrator.customer_id)
        mailed_links.consume(link, now=now)
        person = locked(link.administrator_id)
        return _end(request_of(link, now=now), person, actor=actor, now=now)


def came_of(token: str, *, host: str) -> State:
    """Return how the request stands that was ended by a link. Raises `LinkInvalid`: none was, by this one."""
    link = mailed_links.known(token, purposes=(LinkPurpose.VETO,), host=host)
    # Whatever it ended was ended at the moment at which it was used.
    rows = RecoveryRequest.objects.filter(
        administrator_id=link.administrator_id,
        closed_by=link.administrator_id,
        closed_at=link.used_at,
        state__in=(State.REFUSED, State.DENIED),
    )
    state = rows.values_list("state", flat=True).first() if link.used_at else None
    if state is None:
        raise LinkInvalid
    return State(state)


def _end(request: RecoveryRequest, person: Administrator, *, actor: Actor, now: datetime) -> State:
    """End a request; where the new device is set up already, everything, as where it is said that it was not them."""
    if request_state.is_back(request, now=now):
        requests.deny(request, person, actor=actor, now=now)
        return State.DENIED
    refusing.stop(request, person, actor=actor, now=now)
    return State.REFUSED


def request_of(link: MailedLink, *, now: datetime) -> RecoveryRequest:
    """Return the request that a link ends: the one it was mailed for, or what has taken its place since.

    Whoever opens the mail about a wait means the help that ended it, too. Raises `LinkInvalid`.
    """
    rows = RecoveryRequest.objects.select_related("asked_by__customer")
    mailed_for = rows.filter(id=link.about or UUID(int=0)).first()
    if mailed_for is None:
        raise LinkInvalid
    later = rows.filter(
        administrator_id=mailed_for.administrator_id, asked_at__gt=mailed_for.asked_at
    )
    ended = (one for one in (mailed_for, *later.order_by("asked_at")) if _may_end(one, now=now))
    return next(ended, mailed_for)


def _may_end(request: RecoveryRequest, *, now: datetime) -> bool:
    return request_state.is_back(request, now=now) or request_state.may_stop(request)
