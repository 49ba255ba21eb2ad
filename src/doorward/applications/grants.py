"""Sign-ins to applications: worth something only as long as the gate says so, and ended.

What gives one stands in `authorization_codes.py`, what lets it go on in `refresh_tokens.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.applications.events import (
    APPLICATION_REUSED,
    APPLICATION_SIGNED_OUT,
)
from doorward.applications.models import Application, Grant
from doorward.applications.protocol import Code, ProtocolError, StepMissing
from doorward.applications.requested_scopes import Live
from doorward.audit.actor import Actor
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.gate import managed as portals
from doorward.gate.assurance import Assurance, wanted_of
from doorward.gate.evaluate import evaluate, unattended
from doorward.gate.loading import load_session
from doorward.gate.requirement import Need, Step
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.db.one_row import one_or_none
from doorward.permissions.actions import Managed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.applications.models import Site
    from doorward.audit.actor import ClientInfo
    from doorward.audit.record import Detail
    from doorward.sessions.context import AuthContext

_USED_EVERY: Final = timedelta(minutes=5)
_OVER: Final = "It is over, or was never given."
# After these nobody comes back to it; after any other step of the gate a person may.
_FOR_GOOD: Final = frozenset({Step.SIGN_IN, Step.NO_RIGHT})


def need_of(application: Application | Site, *, managed: Managed | None = None) -> Need:
    """Return what people of an application or a site must fulfil: the right to its tab, what it wants verified."""
    wanted = Assurance(application.required_acr) if application.required_acr else None
    if managed is None:
        opens = isinstance(application, Application) and application.while_managing
        managed = Managed.CHANGE if opens else Managed.NEVER
    return Need(tab=application.tab.key, assurance=wanted, managed=managed)


def need_of_grant(grant: Grant) -> Need:
    """Return what a sign-in must go on fulfilling."""
    # What the session does elsewhere, in a customer's portal, is no matter for its own.
    return need_of(grant.application, managed=None if grant.managing_id else Managed.OWN)


def auth_of(grant: Grant, *, now: datetime) -> AuthContext | None:
    """Return what is known of the session of a sign-in; None: it is not there, or no longer in that portal."""
    if grant.managing_id is None:
        return load_session(grant.session_id, trusted_id=grant.trusted_id, now=now)
    auth = portals.load_session(grant.session_id, trusted_id=grant.trusted_id, now=now)
    if auth is None or auth.portal is None or auth.browser.managing_id != grant.managing_id:
        return None
    return auth


def live(grant: Grant, *, now: datetime) -> Live:
    """Return a sign-in that is worth something now, by the gate's own decision. Raises `ProtocolError`, `StepMissing`.

    One whose application is told that it is over stays so, whatever the gate would say again later.
    """
    if grant.ended_at is None and grant.tell_at is None:
        auth = auth_of(grant, now=now) if _may_still_call(grant) else None
        if auth is not None and auth.person.id == grant.administrator_id:
            need = need_of_grant(grant)
            step = evaluate(unattended(auth), need, now=now).step
            if step is Step.THROUGH:
                _note_used(grant, now=now)
                # What the application may ask for no longer, it is not told by an old sign-in either.
                scopes = tuple(one for one in grant.scopes if one in grant.application.scopes)
                return Live(grant, auth, scopes)
            if step not in _FOR_GOOD and grant.managing_id is None:
                raise StepMissing(wanted_of(auth.facts, need.assurance).value)
    raise ProtocolError(Code.INVALID_GRANT, _OVER)


def _may_still_call(grant: Grant) -> bool:
    """Return whether the interface that a sign-in is for, if it is for one, is still one of its application's."""
    return grant.resource in {"", *grant.application.resources}


def _note_used(grant: Grant, *, now: datetime) -> None:
    """Write down that something of it was shown to us, once in some minutes."""
    if grant.used_at is None or not lasts(grant.used_at, _USED_EVERY, now=now):
        Grant.objects.filter(id=grant.id).update(used_at=now)


def find(grant_id: UUID, *, now: datetime) -> Live:
    """Return the sign-in with this id if it is worth something now. Raises `ProtocolError`."""
    return live(with_id(grant_id), now=now)


def with_id(grant_id: UUID) -> Grant:
    """Return the sign-in with this id, whatever it is worth. Raises `ProtocolError`: it is gone."""
    grant = one_or_none(Grant.objects.select_related("application__tab").filter(id=grant_id))
    if grant is None:
        raise ProtocolError(Code.INVALID_GRANT, _OVER)
    return grant


def end(grant: Grant, *, now: datetime) -> bool:
    """End a sign-in to an application: none of its tokens is worth anything any more; return whether it went on."""
    return Grant.objects.filter(id=grant.id, ended_at__isnull=True).update(ended_at=now) == 1


def revoke(grant: Grant, *, client: ClientInfo, now: datetime) -> None:
    """End a sign-in as its application asks (RFC 7009)."""
    with transaction.atomic():
        if end(grant, now=now):
            record(
                APPLICATION_SIGNED_OUT,
                actor=Actor(None, client),
                subject=grant.administrator.who(),
                details=named(grant.application),
            )


def end_reused(grant: Grant, *, client: ClientInfo, now: datetime) -> None:
    """End a sign-in whose code or token came twice or did not fit: one of the two who have it stole it."""
    with transaction.atomic():
        if not end(grant, now=now):
            return
        record(
            APPLICATION_REUSED,
            actor=Actor(None, client),
            subject=grant.administrator.who(),
            outcome=Outcome.REFUSED,
            details=named(grant.application),
        )


def named(application: Application | Site) -> dict[str, Detail]:
    """Return what an event says of an application, or of a site."""
    return {"tab": application.tab.title, "key": application.tab.key}
