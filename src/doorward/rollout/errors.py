"""What is refused of rehearsals: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class RehearsalOutdated(Refusal):
    """People fare differently by now than when it was rehearsed; nothing was saved."""

    sentence = _("People have changed since this was rehearsed. Nothing has been saved yet.")


class TooManyToRehearse(Refusal):
    """More people than a page can rehearse for at once."""

    sentence = _(
        "These are more than %(maximum)s people. Save it at the console, which rehearses it first: "
        "doorward policy apply."
    )


class RemovedMeanwhile(Refusal):
    """One of many was removed before it was their turn."""

    sentence = _("This person was removed in the meantime.")


class NobodyLeft(Refusal):
    """All for whom something was asked were removed in the meantime."""

    sentence = _("Everybody you selected was removed in the meantime.")
    field = "selected"


class AskerSignedOut(Refusal):
    """The session in which something was asked of many has ended before it was done."""

    sentence = _("The person who began it has signed out, or was signed out.")
    reason = _("the person who began it was no longer signed in")


class AskerLostRight(Refusal):
    """Whoever asked something of many lost the right before it was done."""

    sentence = _("The person who began it no longer has the right to do it.")
    reason = _("the person who began it no longer had the right")


class AskerHeldBack(Refusal):
    """Whoever asked something of many would have to take a step of signing in before they could ask again."""

    sentence = _("The person who began it would first have to complete a step of signing in.")
    reason = _("the person who began it had a sign-in step to complete")


class AskedTooLongAgo(Refusal):
    """What was asked of many was not done within the time for which the asking holds."""

    sentence = _("It was begun too long ago to go on by itself.")
    reason = _("it was begun too long ago")


class AlreadyRunning(Refusal):
    """Two factors are being required of many people of this customer already."""

    sentence = _(
        "Two-factor sign-in is being required of many people already. Wait until it is done, or stop it first."
    )
    reason = _("it was being required of many people already")


class RunOver(Refusal):
    """What is to be stopped is not running, or what is to go on is not stopped."""

    sentence = _("This has already been done or stopped. Look at it again.")
