"""Adding a factor that was confirmed: what follows from it, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts import mailed_links
from doorward.accounts.account import locked
from doorward.accounts.models import LinkPurpose
from doorward.audit.record import record
from doorward.credentials.errors import AlreadyEnabled
from doorward.credentials.events import FACTOR_ADDED, RECOVERED, TWO_FACTOR_ENABLED
from doorward.credentials.models import USABLE, Factor, RecoverySet
from doorward.credentials.recovery_codes import codes
from doorward.credentials.stepping_up import step_up
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.sessions import ending

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started


def add(
    *, auth: AuthContext, write: Callable[[UUID], Factor], actor: Actor, now: datetime
) -> Started:
    """Add the factor that `write` inserts for a person's id; the first one turns 2FA on.

    Where a set-up pass let in, it takes the place of all others (a completed recovery), and of the recovery codes.
    Factor, recovery codes, the end of all other sessions, the event and this session's step up are
    one transaction. One that is not usable (wrong codes disabled it, or it was lost) goes when another one is
    added. Raises `AlreadyEnabled` (in the meantime, elsewhere), or what `write` raises.
    """
    authorise(actor, Action.SET_UP_FACTOR, subject=auth.person.id)
    with transaction.atomic():
        person = locked(auth.person.id)
        there = Factor.objects.filter(administrator=person)
        first = not there.exists()
        if not first and not auth.factors:
            raise AlreadyEnabled
        session = auth.facts.session
        recovers = not first and session is not None and session.by_pass
        sets = RecoverySet.objects.filter(administrator=person)
        (there.all() if recovers else there.exclude(USABLE)).delete()
        if recovers:
            # Whoever has the lost ones may have the codes, too.
            sets.delete()
        factor = write(person.id)
        if not sets.exists():
            codes.make(person, session_id=actor.session_id, now=now)
        ending.end_others(administrator_id=person.id, keep=actor.session_id, now=now)
        if first:
            _record_first(factor, person, actor=actor, now=now)
        else:
            event = RECOVERED if recovers else FACTOR_ADDED
            record(event, actor=actor, typed={"factor": factor.name})
        return step_up(auth.browser, factor.id, kind=FactorKind(factor.kind), now=now)


def _record_first(factor: Factor, person: Administrator, *, actor: Actor, now: datetime) -> None:
    link = mailed_links.make(
        LinkPurpose.NOT_ME,
        administrator_id=person.id,
        now=now,
        about=factor.id,
        email=person.email,
        lifetime=mailed_links.NOT_ME_LIFETIME,
    )
    details, typed = {"link": str(link.id)}, {"factor": factor.name}
    record(TWO_FACTOR_ENABLED, actor=actor, details=details, typed=typed)
