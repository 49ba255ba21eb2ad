"""What is refused of rehearsals: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class RehearsalOutdated(Refusal):
    """People fare differently by now than when it was rehearsed; nothing was saved."""

    sentence = _("People have changed since this was rehearsed. Nothing has been saved yet.")


class TooManyToRehearse(Refusal):
    """More people than a page can rehearse for at once."""

    sentence = _(
        "These are more than %(maximum)s people. Rehearse it at the console: doorward policy rehearse."
    )
