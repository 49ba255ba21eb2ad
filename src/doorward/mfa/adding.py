"""Adding a factor that was confirmed: what follows from it, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators import links, sessions
from doorward.administrators.accounts import locked
from doorward.administrators.models import LinkPurpose
from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.core import errors
from doorward.core.steps import FactorKind
from doorward.mfa import recovery
from doorward.mfa.models import Factor, RecoverySet
from doorward.mfa.shared import step_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from doorward.administrators.models import Administrator
    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
    from doorward.mfa.facts import Loaded


def add(*, loaded: Loaded, write: Callable[[UUID], Factor], by: By, now: datetime) -> Started:
    """Add the factor that `write` inserts for a person's id; the first one turns 2FA on.

    Factor, recovery codes, the end of all other sessions, the event and this session's step up are
    one transaction. One that wrong codes had disabled goes when another one is added. Raises
    `AlreadyEnabled` (in the meantime, elsewhere), or what `write` raises.
    """
    with transaction.atomic():
        person = locked(loaded.person.id)
        there = Factor.objects.filter(administrator=person)
        first = not there.exists()
        if not first and not loaded.factors:
            raise errors.AlreadyEnabled
        there.filter(locked_at__isnull=False).delete()
        factor = write(person.id)
        if not RecoverySet.objects.filter(administrator=person).exists():
            recovery.make(person, session_id=by.session_id, now=now)
        sessions.end_others(administrator_id=person.id, keep=by.session_id, now=now)
        _record(factor, person, first=first, by=by, now=now)
        return step_up(loaded.browser, factor.id, kind=FactorKind(factor.kind), now=now)


def _record(factor: Factor, person: Administrator, *, first: bool, by: By, now: datetime) -> None:
    if not first:
        record(Kind.FACTOR_ADDED, by=by, typed={"factor": factor.name})
        return
    link = links.make(
        LinkPurpose.NOT_ME, administrator_id=person.id, now=now, about=factor.id, email=person.email
    )
    details, typed = {"link": str(link.id)}, {"factor": factor.name}
    record(Kind.TWO_FACTOR_ENABLED, by=by, details=details, typed=typed)
