"""Whether somebody has a second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.requirement import required
from doorward.credentials.models import Factor

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


def two_factors(person: Administrator) -> bool:
    """Return whether two factors are on or required for somebody who is not signed in."""
    return required(person) or Factor.objects.filter(administrator=person).exists()
