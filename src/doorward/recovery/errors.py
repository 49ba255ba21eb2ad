"""What is refused of losing and taking back: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class PassWrong(Refusal):
    """These are not the words of this person's pass, or there is none that works."""

    sentence = _(
        "That is not a set-up pass that works. Check the words. After five wrong attempts it stops working."
    )
    reason = _("wrong set-up pass")
    field = "pass"


class PassNeedsOwnPassword(Refusal):
    """A mailed link began the session, or set the password since help was asked for: it would be mailbox and pass."""

    sentence = _(
        "A set-up pass does not work after a mailed link: sign in with your e-mail and password. Was your password "
        "set by a mailed link after help was asked for? Then ask for help again."
    )
    reason = _("the password came by mail")
    field = "pass"


class HelpYourself(Refusal):
    """Nobody helps themselves, or agrees to their own help."""

    sentence = _("You cannot do this for yourself. Ask a colleague.")
    reason = _("people cannot help themselves")


class NothingLost(Refusal):
    """The person has no device for signing in, so none can be lost."""

    sentence = _("There is nothing to replace: two-factor sign-in is not set up here.")
    reason = _("no device to replace")


class HowMissing(Refusal):
    """Whoever helps has to say how they made sure."""

    sentence = _("Say how you made sure that it is them.")
    field = "how"


class OwnFactorFirst(Refusal):
    """Who helps others signs in with two factors themselves."""

    sentence = _("First set up two-factor sign-in for yourself. Then you can help others.")
    reason = _("who helps has no second factor")


class HelpByProviderOnly(Refusal):
    """The policy leaves it to the provider's support."""

    sentence = _(
        "At your company only the provider's support may help after a loss. Please contact them."
    )
    reason = _("only the provider's support may help")


class WaitingNotAllowed(Refusal):
    """The policy does not let people wait instead of being helped."""

    sentence = _("Your account does not allow this. Ask a colleague or the support for help.")
    reason = _("waiting was not allowed")


class MailboxFirst(Refusal):
    """The mailbox was not verified in this session, or too long ago."""

    sentence = _("Confirm your mailbox first, by the code that we send you.")
    reason = _("the mailbox was not confirmed")


class WaitingNeedsOldPassword(Refusal):
    """The password was set by a mailed link: password and mailbox would be one and the same proof."""

    sentence = _(
        "Your password was set by a mailed link, and you have not signed in with it and a device since, so password "
        "and mailbox prove the same thing. Ask a colleague or the support for help."
    )
    reason = _("the password came by mail, too")


class WaitObjected(Refusal):
    """Somebody objected to the last wait, and no device of this person's has been verified since."""

    sentence = _(
        "Somebody objected when you last asked for this. You cannot ask again for seven days, unless you sign in with "
        "a device. Ask a colleague or the support for help."
    )
    reason = _("somebody had objected")


class WaitAskedTooOften(Refusal):
    """It was asked for so many times within a day."""

    sentence = _("You have asked for this twice within a day. Please try again tomorrow.")
    reason = _("it was asked for too often")


class AlreadyAsked(Refusal):
    """There is a request for this person that waits."""

    sentence = _("There is already a request for this person.")
    reason = _("a request was already open")


class NotYetAllowed(Refusal):
    """Who would agree has had the power over colleagues for too short a time, or has just come back themselves."""

    sentence = _(
        "You cannot agree to this, because your own access changed shortly before it was asked for, or since then. "
        "Another colleague can."
    )
    reason = _("their own access had changed shortly before")


class SameHands(Refusal):
    """Who would agree got their access by who asked, the other way round, or both by the same one."""

    sentence = _(
        "You cannot agree to this, because you and the person who asked have had access from each other, or through "
        "the same person, for less than 30 days. Another colleague can."
    )
    reason = _("their access came from the same hands")


class NotByTime(Refusal):
    """Who asked has kept a colleague from objecting, so that nobody's silence says anything."""

    sentence = _(
        "You suspended or removed a colleague with the Administrators tab, or took it from them, within 7 days before "
        "you asked or since then. So a second colleague has to agree."
    )
    reason = _("who asked had taken access from somebody who could object")


class LetInBySupport(Refusal):
    """Who would agree with the support was let in by who asks, or came back by it, or is of somebody who did."""

    sentence = _(
        "You cannot agree to this: within the last 30 days you were added by the person who asks, or the provider "
        "restored or changed your access, or that of the person who added you. A colleague to whom none of this "
        "applies can."
    )
    reason = _("they had their access from the provider's hands")


class SupportIsForCustomers(Refusal):
    """The provider's own people are helped by their colleagues."""

    sentence = _("Support helps customers. Among the provider's own people a colleague helps.")
    reason = _("the provider's own people are helped by a colleague")


class SupportNotAllowed(Refusal):
    """The policy keeps support out, or did so within the last week."""

    sentence = _(
        "The policy of this company does not let support help after a loss, or has let it for less than 7 days. The "
        "portal's operator can still reset somebody's two-factor sign-in at the console."
    )
    reason = _("support was not allowed to help")


class StaffTooNew(Refusal):
    """Who asks for the support has had their access for too short a time, or has just come back themselves."""

    sentence = _(
        "Your own access changed within the last 24 hours. Somebody else from support can ask for this."
    )
    reason = _("their own access had changed shortly before")


class SupportAskedTooOften(Refusal):
    """Support asked for it so many times within a day."""

    sentence = _(
        "Support has asked for this person twice within a day. Talk to each other, and try again tomorrow."
    )
    reason = _("it was asked for too often")


class SupportNotByTime(Refusal):
    """Nobody is left who could agree, and silence says nothing here."""

    sentence = _(
        "Nobody is left who could agree, and time alone is not enough: within 7 days somebody objected, the person's "
        "e-mail changed, or a colleague with the Administrators tab was suspended or removed, or lost it. The "
        "portal's operator can still reset somebody's two-factor sign-in at the console."
    )
    reason = _("silence said nothing")


class PasswordNotTheirs(Refusal):
    """A mailed link has set the password: with a pass that is mailed, the mailbox alone would do."""

    sentence = _(
        "Nobody is left who could agree, so the set-up pass would be mailed. But a mailed link has set the password, "
        "and it has not been used together with a device since: the mailbox alone would let somebody in. The "
        "portal's operator can still reset somebody's two-factor sign-in at the console."
    )
    reason = _("the password came by mail, too")


class NobodyToHelp(Refusal):
    """No active person of this customer has that e-mail."""

    sentence = _("Nobody active here has this e-mail.")
    field = "email"


class RequestOver(Refusal):
    """It was decided, used or has lapsed meanwhile."""

    sentence = _("This request is over, or was decided in the meantime.")
    reason = _("the request was over")


class TooLateToStop(Refusal):
    """The new device is set up: that is not stopped, but denied."""

    sentence = _(
        "The new device has already been set up. Somebody with the Administrators tab can say “It was not them”."
    )
    reason = _("the new device was already set up")


class NoDeviceChosen(Refusal):
    """None of the devices that can be suspended was chosen."""

    sentence = _("Choose the device that is lost.")
    field = "device"


class CallerCodeWrong(Refusal):
    """That is not the code on the other's screen."""

    sentence = _(
        "That is not the code on the other screen. After three wrong ones the check is over."
    )
    reason = _("wrong code in a caller check")
    field = "code"


class CallerCheckOver(Refusal):
    """The check took too long, had too many wrong codes, or another one was begun."""

    sentence = _("This check is over. Hang up if you do not know who is calling, or begin again.")
    reason = _("the caller check was over")
    field = "code"


class NobodyToCheck(Refusal):
    """No active person of this customer has that e-mail."""

    sentence = _("Nobody active here has this e-mail.")
    field = "email"


class TooManyChecks(Refusal):
    """So many checks were begun in an hour by one of the staff."""

    sentence = _("You have begun many checks within the hour. Please wait a little.")


class RescueForStaffAlone(Refusal):
    """Whoever has colleagues, or the provider's support, is helped by these."""

    sentence = _(
        "Only the provider's people are let back in by this, and %(email)s is not one of them. A colleague or the "
        "support helps them; `doorward administrators reset-2fa %(email)s` removes their devices."
    )

    def __init__(self, email: str) -> None:
        super().__init__(email=email)


class RescueWantsActive(Refusal):
    """Whoever is to be let back in has to be somebody who may get in."""

    sentence = _(
        "Only who is active is let back in, and %(email)s is not. If they are suspended: `doorward administrators "
        "restore %(email)s`; if they have not accepted their invitation: `doorward administrators resend-invitation "
        "%(email)s`."
    )

    def __init__(self, email: str) -> None:
        super().__init__(email=email)
