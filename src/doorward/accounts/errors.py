"""What is refused of people: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class LinkInvalid(Refusal):
    """There is no such mailed link, or it was revoked."""

    sentence = _("This link does not work. Ask for a new one.")


class LinkReplaced(LinkInvalid):
    """A newer link was mailed for the same purpose, and that one works."""

    sentence = _(
        "A newer mail was sent to you. Open the link in that one. This one no longer works."
    )


class LinkUsed(Refusal):
    """The mailed link was used before."""

    sentence = _("This link was already used. Ask for a new one.")


class LinkExpired(Refusal):
    """The mailed link is too old."""

    sentence = _("This link is too old. Ask for a new one.")


class FirstLinkInvalid(LinkInvalid):
    """There is no such link of a first start, a later start printed another one, or somebody is there by now."""

    sentence = _(
        "This link does not work. It makes the provider's first person, works for 24 hours, and ends when Doorward is "
        "started again or somebody is there. As long as nobody is, each start prints a new one."
    )


class EmailTaken(Refusal):
    """Another account has this e-mail."""

    sentence = _("Another account has this e-mail.")
    reason = _("another account has this e-mail")
    field = "email"


class SecondAddressIsEmail(Refusal):
    """What is to be told at a second mailbox goes to the first one already."""

    sentence = _("This is the e-mail of your account. Choose another address.")
    field = "second_email"


class PhoneInvalid(Refusal):
    """This cannot be a phone number."""

    sentence = _("Type the number with its country code, like +49 30 901820.")
    field = "phone"


class LastAdministrator(Refusal):
    """The customer's last active administrator with the right to the Administrators tab must stay one."""

    sentence = _(
        "This is the last active person with the Administrators tab. Give the tab to somebody else first."
    )
    reason = _("last active person with the Administrators tab")
    field = "status"


class HelperNeedsFactor(LastAdministrator):
    """After this nobody with the Administrators tab would get through with what is asked of them."""

    sentence = _(
        "After this nobody with the Administrators tab at %(customer)s could get through the sign-in. First let one of "
        "them set up a device, or have their mailbox repaired."
    )
    reason = _("nobody with the Administrators tab could get in")


class HelperNeedsPasskey(HelperNeedsFactor):
    """After this only a passkey is enough, and nobody with the Administrators tab has one."""

    sentence = _(
        "After this nobody with the Administrators tab at %(customer)s could get through the sign-in, because only a "
        "passkey is enough. First let one of them add a passkey."
    )


class HelperNeedsApp(HelperNeedsFactor):
    """Passkeys of another host open nothing, and nobody with the Administrators tab has anything else."""

    sentence = _(
        "After this nobody with the Administrators tab at %(customer)s could get through the sign-in, because their "
        "passkeys belong to the host name used so far. First let one of them add an authenticator app."
    )


class OwnAdministratorsRight(Refusal):
    """Nobody takes the right to the Administrators tab from themselves."""

    sentence = _(
        "You cannot take the Administrators tab from yourself. Ask a colleague who has it."
    )
    reason = _("people cannot take the Administrators tab from themselves")
    field = "tabs"


class OwnStatus(Refusal):
    """Nobody suspends or removes themselves."""

    sentence = _("You cannot suspend or remove yourself. Ask a colleague.")
    reason = _("people cannot suspend or remove themselves")
    field = "status"


class NotInvited(Refusal):
    """The administrator is not waiting for an invitation."""

    sentence = _("There is no open invitation for this person.")


class WrongStatus(Refusal):
    """The administrator's status does not allow this."""

    sentence = _("That is not possible with the person's current status.")
    field = "status"


class CustomerNotActive(WrongStatus):
    """The customer is suspended or closed, so nothing is done that would let somebody in."""

    sentence = _("This customer is not active.")
    reason = _("the customer is not active")
    field = ""


class LastWithAllCustomers(LastAdministrator):
    """Somebody with the Administrators tab must see all customers: nobody else gives that to anybody."""

    sentence = _(
        "This is the last active person with the Administrators tab who sees all customers. "
        "Let somebody else see all of them first."
    )
    reason = _("last administrator who sees all customers")
    field = "scope"


class OwnScope(Refusal):
    """Nobody changes which customers they see themselves."""

    sentence = _("You cannot change which customers you see yourself. Ask a colleague.")
    reason = _("people cannot change which customers they see themselves")
    field = "scope"


class ScopeNotYours(Refusal):
    """Only who sees all customers decides which ones a colleague sees."""

    sentence = _("Only somebody who sees all customers can decide which ones a colleague sees.")
    reason = _("only people who see all customers decide this")
    field = "scope"


class ScopeOfStaffAlone(Refusal):
    """A customer's own people see their own company, and that is not chosen."""

    sentence = _("Only the provider's own people see customers.")
    field = "scope"


class ScopeEmpty(Refusal):
    """Some brands or customers are to be seen, and none was chosen."""

    sentence = _("Choose at least one.")
    field = "scope"


class CustomerUnknown(Refusal):
    """A line that names no customer."""

    sentence = _("There is no customer “%(customer)s”.")
    field = "scope_customers"


class TooManyInScope(Refusal):
    """More customers by name than anybody looks through."""

    sentence = _("Name at most %(maximum)s customers, or choose their brand.")
    field = "scope_customers"


class UnknownAction(Refusal):
    """There is no such action."""

    sentence = _("There is no such action.")
    field = "action"


class NothingSelected(Refusal):
    """An action on several was asked for, and none was marked."""

    sentence = _("Select at least one person.")
    field = "selected"


class OwnException(Refusal):
    """Nobody makes an exception for themselves."""

    sentence = _("You cannot make an exception for yourself. Ask a colleague.")
    reason = _("people cannot make an exception for themselves")


class ExceptionNeedsReason(Refusal):
    """An exception says why it is made."""

    sentence = _("Say why this exception is made.")
    field = "reason"


class ExceptionDayInvalid(Refusal):
    """An exception ends on a day from tomorrow on, at most `days` days from now."""

    sentence = _("Choose a day after today, at most %(days)s days from now.")
    field = "until"

    def __init__(self, days: int) -> None:
        super().__init__(days=days)


class MinimumAllowsNoException(Refusal):
    """The provider's minimum asks this person, and nobody here makes an exception from it."""

    sentence = _(
        "The provider requires two-factor sign-in of this person, so no exception can be made here."
    )
    reason = _("the provider's minimum allows no exceptions")


class NothingToExcept(Refusal):
    """The policy does not ask this person, or asks them no more."""

    sentence = _("The policy does not require two-factor sign-in of this person.")


class NoException(Refusal):
    """There is no exception that runs for this person."""

    sentence = _("There is no exception for this person any more.")
