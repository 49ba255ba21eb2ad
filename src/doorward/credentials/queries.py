"""Whether somebody has a second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.requirement import required
from doorward.credentials.models import Factor

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


def two_factors(person: Administrator, *, factors_go: bool = False) -> bool:
    """Return whether two factors are on or required for somebody; wants `customer.brand` at hand.

    `factors_go`: what they have is removed together with what is decided from this.
    """
    if required(person):
        return True
    return not factors_go and Factor.objects.filter(administrator_id=person.id).exists()
