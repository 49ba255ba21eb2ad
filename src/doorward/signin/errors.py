"""What is refused of signing in: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class PortalElsewhere(Refusal):
    """The proof is right, and the portal has another `address`: this host name is another brand's.

    Said to nobody who has not confirmed who they are.
    """

    sentence = _("Your portal has another address. Sign in at %(address)s.")
    reason = _("at the address of another portal")

    def __init__(self, address: str) -> None:
        super().__init__(address=address)
        self.address = address


class MailboxCodeWrong(Refusal):
    """These are not the digits of the newest mail."""

    sentence = _("That is not the code that we mailed. Type the eight digits of the newest mail.")
    reason = _("wrong code from the mail")
    field = "code"


class MailboxProofExpired(Refusal):
    """The code by mail is too old, or was tried too often: a new one is to be sent."""

    sentence = _("This code is too old, or there were too many attempts. Ask for a new one.")
    reason = _("the code was too old")
    field = "code"


class PasskeyUnknown(Refusal):
    """No passkey of somebody who may sign in has this id."""

    sentence = _(
        "This passkey no longer signs in here. Sign in with your password, then make a new passkey."
    )
