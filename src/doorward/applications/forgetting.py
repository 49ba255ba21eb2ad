"""What applications were given is forgotten once nothing of it can still be used."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from doorward.applications import secrets
from doorward.applications.models import Grant, PushedRequest, SiteVisit, UsedAssertion

if TYPE_CHECKING:
    from datetime import datetime

# Longer than any session lives, so that a code or a token that is used once more is still known.
KEPT: Final = timedelta(days=2)


def forget(*, now: datetime) -> int:
    """Delete what is over, and secrets that nobody came to see; return the number of rows."""
    over = (
        Grant.objects.filter(granted_at__lt=now - KEPT),
        SiteVisit.objects.filter(begun_at__lt=now - KEPT),
        PushedRequest.objects.filter(until__lt=now),
        UsedAssertion.objects.filter(until__lt=now),
    )
    return sum(rows.delete()[0] for rows in over) + secrets.forget_unseen(now=now)
