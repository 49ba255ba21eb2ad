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


class RemovedMeanwhile(Refusal):
    """One of many was removed before it was their turn."""

    sentence = _("This person was removed in the meantime.")


class AskerSignedOut(Refusal):
    """The session in which something was asked of many has ended before it was done."""

    sentence = _("Whoever began it has signed out, or was signed out.")
    reason = _("whoever began it was no longer signed in")


class AskerLostRight(Refusal):
    """Whoever asked something of many lost the right before it was done."""

    sentence = _("Whoever began it no longer has the right to do it.")
    reason = _("whoever began it no longer had the right")


class RunOver(Refusal):
    """What is to be stopped is not running, or what is to go on is not stopped."""

    sentence = _("This has already been done or stopped. Look at it again.")
