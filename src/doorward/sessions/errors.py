"""What is refused of sessions: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class SessionEnded(Exception):
    """The session that acts was ended in the meantime, so nothing was done.

    No refusal: there is nobody any more whom a form could tell, and nothing to record of them. Whoever
    asked signs in again.
    """


class DeviceProofRefused(Exception):
    """What a browser showed for a session's device was not signed by it, or not when it may be.

    No refusal: browsers ask by themselves, and there is no form that could say it to anybody.
    """


class StaleChallenge(Exception):
    """A device signed a challenge that is over, of another session, or that was answered already: it gets a new one."""


class StaleRequest(Refusal):
    """Somebody else has changed this in the meantime."""

    sentence = _("Somebody changed this in the meantime. Check it again, then repeat your change.")
    reason = _("somebody else had changed it")
