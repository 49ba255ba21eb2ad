"""How recent a proof must be for what touches security: the levels of reauthentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.permissions.actions import Level


@dataclass(frozen=True, slots=True)
class Reauthentication:
    """How recent a proof must be, in seconds, and whether a recovery code serves as one."""

    seconds: int
    recovery_serves: bool = False


# NIST SP 800-63B-4 names no age for a step-up; ASVS 7.5.1 asks for one. Ours, in seconds.
OWN_SECURITY = Reauthentication(seconds=5 * 60)
OWN_FACTORS = Reauthentication(seconds=5 * 60, recovery_serves=True)
OTHERS = Reauthentication(seconds=10 * 60)
OF_LEVEL: Final = {
    Level.NONE: None,
    Level.OTHERS: OTHERS,
    Level.OWN_SECURITY: OWN_SECURITY,
    Level.OWN_FACTORS: OWN_FACTORS,
}
RECOVERY_PROOF_SECONDS = 10 * 60
# What lets in beside password and factor counts as long as its mail does.
MAILBOX_PROOF_SECONDS = 10 * 60
LINK_PROOF_SECONDS = 60 * 60
# Whoever has a new phone in hand may still have to find an app for it.
PASS_PROOF_SECONDS = 60 * 60
# A session that was shown new recovery codes has so long to save them before it is asked for a factor.
SHOWN_CODES_SECONDS = 10 * 60
