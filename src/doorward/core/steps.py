"""The words of the access decision: what a session must do next, and what a page asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Step(StrEnum):
    """The gate's answer. All but `THROUGH` mean: not here, not yet."""

    SIGN_IN = "sign-in"
    PROVE_FACTOR = "prove-factor"
    PROVE_MAILBOX = "prove-mailbox"
    # Once more, by who has no factor, before one is set up or a password is.
    PROVE_PASSWORD = "prove-password"  # noqa: S105 - the name of a step
    SET_UP_FACTOR = "set-up-factor"
    SAVE_RECOVERY_CODES = "save-recovery-codes"
    SET_PASSWORD = "set-password"  # noqa: S105 - the name of a step
    NO_RIGHT = "no-right"
    PROVE_AGAIN = "prove-again"
    THROUGH = "through"


class FactorKind(StrEnum):
    """What can prove a second time who signs in."""

    APP = "app"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Fresh:
    """How recent a proof must be, in seconds, and whether a recovery code serves as one."""

    seconds: int
    recovery_serves: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What a view asks of a session. `NOTHING` is open to all, everything else wants *through*."""

    open: bool = False
    tab: str | None = None
    fresh: Fresh | None = None

    NOTHING: ClassVar[Need]
    THROUGH: ClassVar[Need]

    @classmethod
    def right(cls, tab: str, *, fresh: Fresh | None = None) -> Need:
        """Through, with the right to a tab (by its key)."""
        return cls(tab=tab, fresh=fresh)

    @classmethod
    def proof(cls, fresh: Fresh) -> Need:
        """Through, with a fresh proof."""
        return cls(fresh=fresh)


Need.NOTHING = Need(open=True)
Need.THROUGH = Need()

# NIST SP 800-63B-4 names no age for a step-up; ASVS 7.5.1 asks for one. Ours, in seconds.
OWN_SECURITY = Fresh(seconds=5 * 60)
OWN_FACTORS = Fresh(seconds=5 * 60, recovery_serves=True)
OTHERS = Fresh(seconds=10 * 60)
RECOVERY_PROOF_SECONDS = 10 * 60
# What lets in beside password and factor counts as long as its mail does.
MAILBOX_PROOF_SECONDS = 10 * 60
LINK_PROOF_SECONDS = 60 * 60
# A session that was shown new recovery codes has so long to save them before it is asked for a factor.
SHOWN_CODES_SECONDS = 10 * 60
