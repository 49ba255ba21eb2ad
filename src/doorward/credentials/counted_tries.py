"""A try is counted before it is looked at: on its factor, and in a session that is through on that session, too.

The same for codes of apps and for passkeys; what follows when it was wrong, `wrong_proofs.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.credentials.models import USABLE, Factor
from doorward.credentials.wrong_proofs import own_key, record_guess
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import rules, throttle
from doorward.sessions.lock import held

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType


def reserve_own(event_type: EventType, *, actor: Actor, now: datetime) -> None:
    """Count a try in a session that is through, before it is looked at. Raises `MustWait`, and records it."""
    try:
        throttle.reserve([own_key(actor)], now=now)
    except MustWait as refusal:
        record_guess(event_type, refusal, actor=actor, now=now)
        raise


def usable(factor_id: UUID) -> QuerySet[Factor]:
    """Return the row of a factor that may be tried."""
    return Factor.objects.filter(USABLE, id=factor_id, failures_in_a_row__lt=rules.DISABLE_AT)


def tried(factor_id: UUID) -> QuerySet[Factor]:
    """Return the same row for the second step: whoever counts a try on it has the person's lock, too.

    Who is right goes on to the person's row, which comes before their factors' as for who removes these.
    """
    return usable(factor_id).filter(administrator_id=held("administrator_id"))
