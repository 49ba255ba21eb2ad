"""Factors that were said to be lost: they verify nothing, and are still there.

Because they are there, nobody gets in by the password alone. Within a day the owner's own proof takes one back
(`signin/take_back.py`); after that it has to be set up anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from doorward.credentials import standing
from doorward.credentials.models import Factor
from doorward.credentials.trusted_browsers import trust
from doorward.kernel.clock_set_back import lasts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.sessions.context import AuthContext

TAKEN_BACK_WITHIN: Final = timedelta(hours=24)


def suspend(
    administrator_id: UUID, *, now: datetime, only: Collection[UUID] | None = None
) -> list[str]:
    """Suspend a person's factors (`only` these), and end all trust in browsers; return the names of what was.

    In the caller's transaction, with the person's lock. What is suspended already keeps its time.
    """
    rows = Factor.objects.filter(administrator_id=administrator_id, suspended_at__isnull=True)
    if only is not None:
        rows = rows.filter(id__in=only)
    names = list(rows.order_by("confirmed_at").values_list("name", flat=True))
    rows.update(suspended_at=now)
    trust.forget_all(administrator_id)
    standing.keep(administrator_id)
    return names


def can_be_taken_back(auth: AuthContext, *, now: datetime) -> AuthContext:
    """Return the same with the factors alone that can still be taken back, as if they were not suspended."""
    rows = tuple(
        replace(row, suspended_at=None)
        for row in auth.factors
        if not row.locked
        and row.suspended_at is not None
        and lasts(row.suspended_at, TAKEN_BACK_WITHIN, now=now)
    )
    ids = {row.id for row in rows}
    known = tuple(replace(one, usable=True) if one.id in ids else one for one in auth.facts.factors)
    return replace(auth, factors=rows, facts=replace(auth.facts, factors=known))


def lift(administrator_id: UUID, *, now: datetime) -> dict[UUID, datetime]:
    """Let the factors be tried that can still be taken back; return since when each was suspended.

    Within a transaction that suspends again, by `put_back`, all but the one that was verified: nobody else ever
    finds them usable.
    """
    rows = Factor.objects.filter(administrator_id=administrator_id, suspended_at__isnull=False)
    since = {
        id: at
        for id, at in rows.select_for_update().values_list("id", "suspended_at")
        if at is not None and lasts(at, TAKEN_BACK_WITHIN, now=now)
    }
    Factor.objects.filter(id__in=since).update(suspended_at=None)
    return since


def put_back(since: Mapping[UUID, datetime], *, but: UUID | None = None) -> None:
    """Suspend again what `lift` let be tried, each from when it was."""
    for factor_id, at in since.items():
        if factor_id != but:
            Factor.objects.filter(id=factor_id).update(suspended_at=at)
