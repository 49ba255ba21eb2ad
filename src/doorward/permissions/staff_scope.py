"""Which customers a member of the provider's staff is there for: all of them, those of some brands, or some by name.

What of it concerns rows is asked in `customers/staff_scope.py`, the one door of the provider's pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID

from doorward.permissions.actions import BRANDS, TABS

if TYPE_CHECKING:
    from collections.abc import Iterable


class Reach(StrEnum):
    """How far a scope goes. Stored values never change their meaning."""

    ALL = "all"
    BRANDS = "brands"
    CUSTOMERS = "customers"

    def goes(self, as_far: Reach) -> bool:
        """Return whether it goes at least so far."""
        order = (Reach.CUSTOMERS, Reach.BRANDS, Reach.ALL)
        return order.index(self) >= order.index(as_far)


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope. `ids`: of the brands or of the customers; nothing where it is all."""

    reach: Reach
    ids: frozenset[UUID] = frozenset()

    EVERYTHING: ClassVar[Scope]
    NOTHING: ClassVar[Scope]

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out: what is everybody's belongs to it, too."""
        return self.reach is Reach.ALL

    def covers_brand(self, brand_id: UUID | None) -> bool:
        """Return whether all customers of a brand belong to it, so that the brand does."""
        return self.is_all or (self.reach is Reach.BRANDS and brand_id in self.ids)

    def covers(self, customer_id: UUID, *, brand_id: UUID, is_provider: bool) -> bool:
        """Return whether a customer belongs to it. The provider itself does where all do."""
        if self.is_all or is_provider:
            return self.is_all
        return (brand_id if self.reach is Reach.BRANDS else customer_id) in self.ids

    def usable(self, tabs: frozenset[str]) -> frozenset[str]:
        """Return those of somebody's tabs that mean anything in it.

        What the Tabs tab changes is everybody's, and a brand has more customers than those that are known by name.
        """
        return tabs if self.is_all else tabs - _NOT_IN[self.reach]

    @property
    def text(self) -> str:
        """The ids as the column has them."""
        return " ".join(sorted(one.hex for one in self.ids))


Scope.EVERYTHING = Scope(Reach.ALL)
Scope.NOTHING = Scope(Reach.CUSTOMERS)

_NOT_IN: Final = {Reach.BRANDS: frozenset({TABS}), Reach.CUSTOMERS: frozenset({TABS, BRANDS})}


@lru_cache(maxsize=1024)
def of_columns(reach: str, ids: str) -> Scope:
    """Return the scope that a row's columns have; a word that is not known opens nothing."""
    if reach not in set(Reach):
        return Scope.NOTHING
    if reach == Reach.ALL:
        return Scope.EVERYTHING
    return Scope(Reach(reach), frozenset(UUID(hex=one) for one in ids.split()))


def of(reach: Reach, ids: Iterable[UUID] = ()) -> Scope:
    """Return a scope; ids beside *all* mean nothing."""
    return Scope.EVERYTHING if reach is Reach.ALL else Scope(reach, frozenset(ids))
