"""The words of the access decision: what a session must do next, and what a page asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from doorward.permissions.actions import BEHALF
from doorward.sessions.reauthentication import OF_LEVEL

if TYPE_CHECKING:
    from doorward.permissions.actions import Action
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
    NO_RIGHT = "no-right"
    REAUTHENTICATE = "reauthenticate"
    THROUGH = "through"


@dataclass(frozen=True, slots=True)
class Need:
    """What a view asks of a session. `NOTHING` is open to all, everything else wants *through*."""

    open: bool = False
    tab: str | None = None
    fresh: Reauthentication | None = None

    NOTHING: ClassVar[Need]
    THROUGH: ClassVar[Need]

    @classmethod
    def right(cls, tab: str, *, fresh: Reauthentication | None = None) -> Need:
        """Through, with the right to a tab (by its key)."""
        return cls(tab=tab, fresh=fresh)

    @classmethod
    def proof(cls, fresh: Reauthentication) -> Need:
        """Through, with reauthentication."""
        return cls(fresh=fresh)

    @classmethod
    def of(cls, action: Action, *, behalf: bool = False) -> Need:
        """Return what an action needs; `behalf`: done for a customer by the provider's people."""
        tab = BEHALF if behalf else action.needs.tab or None
        return cls(tab=tab, fresh=OF_LEVEL[action.needs.level])


Need.NOTHING = Need(open=True)
Need.THROUGH = Need()
