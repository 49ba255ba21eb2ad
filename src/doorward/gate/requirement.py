"""The words of the access decision: what a session must do next, and what a page asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from doorward.permissions.actions import BEHALF, About, Extent, Managed
from doorward.permissions.staff_scope import Reach
from doorward.sessions.reauthentication import OF_LEVEL

if TYPE_CHECKING:
    from doorward.gate.assurance import Assurance
    from doorward.permissions.actions import Action, Needs
    from doorward.sessions.reauthentication import Reauthentication


class Step(StrEnum):
    """The gate's answer. All but `THROUGH` mean: not here, not yet."""

    SIGN_IN = "sign-in"
    VERIFY_FACTOR = "verify-factor"
    VERIFY_MAILBOX = "verify-mailbox"
    # Once more, by who has no factor, before one is set up or a password is.
    VERIFY_PASSWORD = "verify-password"  # noqa: S105 - the name of a step
    SET_UP_FACTOR = "set-up-factor"
    SAVE_RECOVERY_CODES = "save-recovery-codes"
    SET_PASSWORD = "set-password"  # noqa: S105 - the name of a step
    # The customer's portal that this session was in is closed to it.
    MANAGING_OVER = "managing-over"
    NOT_WHILE_MANAGING = "not-while-managing"
    NO_RIGHT = "no-right"
    REAUTHENTICATE = "reauthenticate"
    # What is asked for wants a factor that the person has not got.
    ANOTHER_FACTOR = "another-factor"
    THROUGH = "through"


@dataclass(frozen=True, slots=True)
class Need:
    """What a view asks of a session. `NOTHING` is open to all, everything else wants *through*.

    `OWN`: through, with what has no part in a customer's portal that this session manages.
    """

    open: bool = False
    tab: str | None = None
    fresh: Reauthentication | None = None
    # Another tab whose right is wanted as well.
    also: str | None = None
    # How far a scope must go: only the provider's people have one that is not all of their company.
    reach: Reach | None = None
    managed: Managed = Managed.NEVER
    # What must have been verified in this session at least.
    assurance: Assurance | None = None

    NOTHING: ClassVar[Need]
    THROUGH: ClassVar[Need]
    OWN: ClassVar[Need]

    @classmethod
    def right(
        cls,
        tab: str,
        *,
        also: str | None = None,
        fresh: Reauthentication | None = None,
        reach: Reach | None = None,
        managed: Managed = Managed.NEVER,
    ) -> Need:
        """Through, with the right to a tab (by its key), and to another one where `also` says so."""
        return cls(tab=tab, also=also, fresh=fresh, reach=reach, managed=managed)

    @classmethod
    def proof(cls, fresh: Reauthentication) -> Need:
        """Through, with reauthentication."""
        return cls(fresh=fresh)

    @classmethod
    def of(cls, action: Action, *, behalf: bool = False) -> Need:
        """Return what an action needs; `behalf`: done for a customer by the provider's people."""
        tab = BEHALF if behalf else action.needs.tab or None
        reach = _reach(action.needs)
        managed = Managed.NEVER if behalf else action.needs.managed
        return cls(
            tab=tab,
            also=action.needs.also or None,
            fresh=OF_LEVEL[action.needs.level],
            reach=reach,
            managed=managed,
        )


def _reach(needs: Needs) -> Reach | None:
    """Return how far a scope must go. Of the provider's own company a part is only their colleagues, one by one."""
    if needs.about is About.PROVIDER:
        return _REACH.get(needs.extent)
    whole = needs.about is About.CUSTOMER and needs.extent is Extent.EVERYTHING
    # What is done on a customer's behalf, the service asks of that customer.
    return Reach.ALL if whole and not needs.behalf else None


# Which one it is, the service asks.
_REACH: Final = {Extent.EVERYTHING: Reach.ALL, Extent.BRAND: Reach.BRANDS}

Need.NOTHING = Need(open=True)
Need.THROUGH = Need()
Need.OWN = Need(managed=Managed.OWN)
