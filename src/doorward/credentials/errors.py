"""What is refused of passwords, factors and trusted browsers: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class WrongCredentials(Refusal):
    """The e-mail and the password do not belong together; says nothing of which of them is wrong."""

    sentence = _("E-mail and password do not match. Check both, or set a new password.")
    reason = _("wrong e-mail or password")


class WrongPassword(WrongCredentials):
    """The password of who is here is another one."""

    sentence = _("This is not your current password.")
    reason = _("wrong password")
    field = "password"


class PasskeysElsewhere(Refusal):
    """Passkeys belong to the portal's first host name: they are made at that `address` alone."""

    sentence = _("Passkeys can only be made at %(address)s. Continue there.")

    def __init__(self, address: str) -> None:
        super().__init__(address=address)


class WrongCode(Refusal):
    """The code is not right. `skew_seconds`, where known: how far the phone's clock is ahead (negative: behind)."""

    sentence = _(
        "That code is not right. Codes change every 30 seconds. Check that your phone sets its time automatically."
    )
    reason = _("wrong code")
    field = "code"


class ClockUnknown(Refusal):
    """Two codes do not tell how far a phone's clock is off: no neighbours, another app's, or out of reach."""

    sentence = _(
        "These two codes do not show anything about the clock. Type two consecutive codes of "
        "this account, the second while it is shown. If that does not help, the clock is "
        "more than ten minutes off, or the app has another key. Use another way."
    )
    field = "second"


class CodeAlreadyUsed(Refusal):
    """The code was right once, and is consumed."""

    sentence = _(
        "That code was already used. Wait for the next one: codes change every 30 seconds."
    )
    reason = _("code used before")
    field = "code"


class FactorDisabled(Refusal):
    """Wrong codes without end have disabled this factor until it is set up again."""

    sentence = _(
        "Too many wrong attempts: this device is disabled until it is set up again. Use "
        "another one, or a recovery code."
    )
    reason = _("the factor is disabled")


class RecoveryCodeWrong(Refusal):
    """No unused recovery code of this administrator is this one."""

    sentence = _("That recovery code is wrong or was already used. Each code works once.")
    reason = _("wrong recovery code")
    field = "code"


class SetUpExpired(Refusal):
    """The set-up was begun too long ago (or in another session), and its secret is forgotten."""

    sentence = _("This set-up took longer than ten minutes. Please scan this new QR code.")
    reason = _("the set-up took too long")


class AlreadyEnabled(Refusal):
    """Two-factor sign-in is on already."""

    sentence = _("Two-factor sign-in is already on.")


class NotEnabled(Refusal):
    """Two-factor sign-in is not on."""

    sentence = _("Two-factor sign-in is not on.")


class RequiredCannotDisable(Refusal):
    """Two-factor sign-in is required of this administrator, who therefore cannot turn it off."""

    sentence = _(
        "Your account administrator requires two-factor sign-in, so it cannot be disabled."
    )
    reason = _("two-factor sign-in is required")


class PasswordMissing(Refusal):
    """A password is needed and none was given."""

    sentence = _("Type a password.")
    field = "password"


class PasswordTooShort(Refusal):
    """Fewer code points than `minimum`."""

    sentence = _("Use at least %(minimum)s characters.")
    field = "password"

    def __init__(self, minimum: int) -> None:
        super().__init__(minimum=minimum)


class PasswordTooLong(Refusal):
    """More code points than `maximum`."""

    sentence = _("Use at most %(maximum)s characters.")
    field = "password"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class PasswordCommon(Refusal):
    """Many people use this password, or it repeats one thing: it is among the first that are tried."""

    sentence = _("Many people use this password, so it is easy to guess. Choose another one.")
    field = "password"


class PasswordBreached(Refusal):
    """The password is known from a break-in elsewhere."""

    sentence = _(
        "This password is known from a break-in elsewhere. Choose another one, and use it only here."
    )
    field = "password"


class PasswordPersonal(Refusal):
    """The password has the person's name or e-mail, or the portal's name, in it."""

    sentence = _(
        "Choose a password that does not contain your name, your e-mail or the name of this company."
    )
    field = "password"


class PasswordUnchanged(Refusal):
    """The new password is the old one."""

    sentence = _("This is your current password. Choose a new one.")
    field = "password"


class NewDeviceFirst(Refusal):
    """A recovery code removes a lost device only once there is another one."""

    sentence = _(
        "Set up a new device first, then remove the lost one. A recovery code does not turn two-factor sign-in off."
    )


class PasskeyUnreadable(Refusal):
    """What came as a passkey's answer is none, or its parts do not fit together."""

    sentence = _("Your device's answer could not be read. Try again, or use another way.")


class PasskeyWrongType(Refusal):
    """A registration was answered with an assertion, or the other way round."""

    sentence = _(
        "Your device's answer belongs to another page. Open this page again and try once more."
    )


class PasskeyChallengeInvalid(Refusal):
    """The challenge is not one of this session and purpose, or it was used, or it is too old."""

    sentence = _("That took longer than ten minutes, or it was sent twice. Please try again.")


class PasskeyWrongOrigin(Refusal):
    """The answer was made for another address than this portal's."""

    sentence = _("This passkey was used on a different website. Check the address, then try again.")


class PasskeyEmbedded(Refusal):
    """The answer was made in a frame of another site."""

    sentence = _("This page was shown inside another website. Open it in a window of its own.")


class PasskeyWrongRelyingParty(Refusal):
    """The passkey belongs to another relying party."""

    sentence = _("This passkey belongs to another website. Use one that you made here.")


class PasskeyNotPresent(Refusal):
    """Nobody touched the authenticator."""

    sentence = _(
        "Your device did not confirm that you are there. Try again and confirm when it asks."
    )


class PasskeyNotVerified(Refusal):
    """The authenticator did not verify who uses it, where that has to stand in for the password."""

    sentence = _(
        "To sign in without the password, your device has to check your fingerprint, face or "
        "PIN. Type the password this time. Then use the passkey as your second step, with "
        "its PIN."
    )


class PasskeyBackupInvalid(Refusal):
    """The passkey says that it is synced, and that it cannot be."""

    sentence = _("Your device's answer contradicts itself. Use another device or another way.")


class PasskeyBackupChanged(Refusal):
    """A passkey that could be synced no longer can, or the other way round: it is another one."""

    sentence = _(
        "This is not the passkey that you made here. Use another way, then make a new one."
    )


class PasskeyAlgorithmNotOffered(Refusal):
    """The passkey's key is of an algorithm that was not offered."""

    sentence = _(
        "This device makes a kind of passkey that cannot be used here. Use another device."
    )


class PasskeySignatureWrong(Refusal):
    """The signature is not by the key that was registered."""

    sentence = _("This passkey's answer is not right. Try again, or use another way.")


class PasskeyIdTooLong(Refusal):
    """The passkey's id has more than 1023 bytes."""

    sentence = _("The passkey of this device cannot be stored. Use another device.")


class PasskeyRegistered(Refusal):
    """A passkey with this id is registered already, here or with somebody else."""

    sentence = _("This passkey is already registered. Use another device.")


class PasskeyNotOffered(Refusal):
    """The passkey is none of those that were asked for."""

    sentence = _("This is not one of your passkeys here. Choose another one, or use another way.")


class PasskeyWrongPerson(Refusal):
    """The user handle is not that of the passkey's owner, or it is missing."""

    sentence = _("This passkey belongs to another account. Choose another one, or use another way.")


class NothingSuspended(Refusal):
    """No suspended device can be taken back: there is none, or it was suspended more than a day ago."""

    sentence = _("Nothing can be taken back any more. Use another way, or ask for help.")


class AnotherFactorWanted(Refusal):
    """A device is removed with reauthentication by another one, where there is one."""

    sentence = _("Confirm with a device other than the one you are removing.")


class TrustNotAllowed(Refusal):
    """The policy lets no browser be trusted, or not after the factor that was verified."""

    sentence = _(
        "You are signed in, but this browser was not trusted, because your account does not allow it."
    )


class PasskeysNotPossible(Refusal):
    """Nobody could make a passkey at this portal's address: it is a number, or has no https."""

    sentence = _(
        "Passkeys need this portal to have a name and https. Otherwise nobody could sign in any more."
    )
    field = "kinds"


class KindNotAccepted(Refusal):
    """The policy takes no authenticator app as a second factor, so none is added."""

    sentence = _("Your account accepts passkeys only. Make a passkey instead of adding an app.")


class HashUnknown(Refusal):
    """This is no password hash that can be taken over."""

    sentence = _(
        "This password hash is not of a kind that can be taken over. The person can set a password by mail."
    )
    field = "password_hash"


class HashTooCostly(Refusal):
    """Looking at this password hash would take too long, or too much memory."""

    sentence = _(
        "Checking this password hash would take too long, so it is not taken over. The person can set a password by "
        "mail."
    )
    field = "password_hash"


class SecretInvalid(Refusal):
    """This is no secret of an authenticator app."""

    sentence = _("This is not the secret of an authenticator app.")
    field = "totp"


class SecretUnsupported(Refusal):
    """The app counts otherwise than by SHA-1, six digits and thirty seconds."""

    sentence = _(
        "This device does not show six digits every 30 seconds by SHA-1, so it cannot be taken over. The person has "
        "to set up a new one."
    )
    field = "totp"


class DevicesKept(Refusal):
    """Whoever has a device, or has signed in here before, gets no other one by an import."""

    sentence = _(
        "This person has signed in here before, or has a device. Their devices stay as they are."
    )
