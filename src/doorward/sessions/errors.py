"""What is refused of sessions: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class SessionEnded(Exception):
    """The session that acts was ended in the meantime, so nothing was done.

    No refusal: there is nobody any more whom a form could tell, and nothing to record of them. Whoever
    asked signs in again.
    """


class StaleRequest(Refusal):
    """Somebody else has changed this in the meantime."""

    sentence = _("Somebody changed this in the meantime. Check it again, then repeat your change.")
    reason = _("somebody else had changed it")
