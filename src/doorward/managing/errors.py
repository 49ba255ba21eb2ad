"""What is refused of managing a customer's portal: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class OwnPortal(Refusal):
    """The provider's own portal is managed by its own people, as themselves."""

    sentence = _("This is your own company. Use its portal as yourself.")
    reason = _("one's own company")


class ManagingNotAllowed(Refusal):
    """The customer's policy shuts support out."""

    sentence = _(
        "The policy of this customer does not let support in. Somebody with the Administrators tab there can change "
        "it. If it was changed only now, the stricter setting counts for another week."
    )
    reason = _("the policy does not let support in")


class NobodyCouldAgree(Refusal):
    """Nobody is there who could say yes, or as whom the portal could be seen."""

    sentence = _(
        "Nobody at this customer can agree now: it takes somebody with the Administrators tab who can sign in and whom "
        "you did not let in yourselves. If they have lost their devices, use Help after a loss."
    )
    reason = _("nobody could agree")


class ReasonMissing(Refusal):
    """Whoever asks says why."""

    sentence = _("Say why you need to see this portal.")
    field = "reason"


class ManagingAlready(Refusal):
    """There is one of this customer already, or this session is in another portal."""

    sentence = _("You have already asked for this, or are in a customer's portal. End that first.")
    reason = _("already asked for")


class ManagingAskedTooOften(Refusal):
    """Everybody with the Administrators tab is told of each."""

    sentence = _("You have asked this customer too often today. Try again tomorrow.")
    reason = _("asked too often")


class ManagingOver(Refusal):
    """It is over, was decided already, or is not asked for."""

    sentence = _("This is over, or was decided already.")
    reason = _("over, or already decided")


class ManageInBrowser(Refusal):
    """Only a person in their own session is let in."""

    sentence = _("A portal is managed in a browser, by somebody who is signed in.")
    reason = _("no session")
