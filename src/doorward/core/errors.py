"""Every refusal, by name.

A function gives back the thing asked for or raises one of these. `code` is stable (pages, logs, events and the
command line use it); the sentences that people read are made from it elsewhere, in the reader's language.
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):
    """Something was asked for that a rule forbids. `data` has what the sentence needs: numbers and names."""

    code: ClassVar[str] = "refused"

    def __init__(self, **data: str | int) -> None:
        super().__init__(self.code)
        self.data = data


class WrongCredentials(Refusal):
    """The e-mail and the password do not belong together; says nothing of which of them is wrong."""

    code = "wrong_credentials"


class PortalElsewhere(Refusal):
    """The proof is right, and the portal has another `address`: this host name is another brand's.

    Said to nobody who has not proved who they are.
    """

    code = "portal_elsewhere"

    def __init__(self, address: str) -> None:
        super().__init__(address=address)
        self.address = address


class PasskeysElsewhere(Refusal):
    """Passkeys belong to the portal's first host name: they are made at that `address` alone."""

    code = "passkeys_elsewhere"

    def __init__(self, address: str) -> None:
        super().__init__(address=address)


class WrongCode(Refusal):
    """The code is not right. `skew_seconds`, where known: how far the phone's clock is ahead (negative: behind)."""

    code = "wrong_code"


class ClockUnknown(Refusal):
    """Two codes do not tell how far a phone's clock is off: no neighbours, another app's, or out of reach."""

    code = "clock_unknown"


class CodeAlreadyUsed(Refusal):
    """The code was right once, and is burnt."""

    code = "code_already_used"


class MustWait(Refusal):
    """Too many failures. `seconds` until the next try is looked at."""

    code = "must_wait"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


class TooManyMails(MustWait):
    """The budget of mails is used up: of the mailbox, of who acts, or of their customer."""

    code = "too_many_mails"


class OnlyKnownBrowsers(MustWait):
    """Wrong passwords without end: no wait helps, only a browser that is known, or a reset by mail.

    `seconds`: what a machine is told to wait, which does not know better.
    """

    code = "only_known_browsers"


class FactorDisabled(Refusal):
    """Wrong codes without end have disabled this factor until it is set up anew."""

    code = "factor_disabled"


class RecoveryCodeWrong(Refusal):
    """No unused recovery code of this administrator is this one."""

    code = "recovery_code_wrong"


class SetUpExpired(Refusal):
    """The set-up was begun too long ago (or in another session), and its secret is forgotten."""

    code = "set_up_expired"


class AlreadyEnabled(Refusal):
    """Two-factor sign-in is on already."""

    code = "already_enabled"


class NotEnabled(Refusal):
    """Two-factor sign-in is not on."""

    code = "not_enabled"


class RequiredCannotDisable(Refusal):
    """Two-factor sign-in is required of this administrator, who therefore cannot turn it off."""

    code = "required_cannot_disable"


class LinkInvalid(Refusal):
    """There is no such mailed link, or it was revoked."""

    code = "link_invalid"


class LinkReplaced(LinkInvalid):
    """A newer link was mailed for the same purpose, and that one works."""

    code = "link_replaced"


class LinkUsed(Refusal):
    """The mailed link was used before."""

    code = "link_used"


class LinkExpired(Refusal):
    """The mailed link is too old."""

    code = "link_expired"


class MailboxProofExpired(Refusal):
    """The code by mail is too old, or was tried too often: a new one is to be sent."""

    code = "mailbox_proof_expired"


class PasswordMissing(Refusal):
    """A password is needed and none was given."""

    code = "password_missing"


class PasswordTooShort(Refusal):
    """Fewer code points than `minimum`."""

    code = "password_too_short"

    def __init__(self, minimum: int) -> None:
        super().__init__(minimum=minimum)


class PasswordTooLong(Refusal):
    """More code points than `maximum`."""

    code = "password_too_long"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class PasswordCommon(Refusal):
    """Many people use this password, or it repeats one thing: it is among the first that are tried."""

    code = "password_common"


class PasswordBreached(Refusal):
    """The password is known from a break-in elsewhere."""

    code = "password_breached"


class PasswordPersonal(Refusal):
    """The password has the person's name or e-mail, or the portal's name, in it."""

    code = "password_personal"


class PasswordUnchanged(Refusal):
    """The new password is the old one."""

    code = "password_unchanged"


class EmailTaken(Refusal):
    """Another account has this e-mail."""

    code = "email_taken"


class EmailInvalid(Refusal):
    """This cannot be an e-mail address that mail reaches."""

    code = "email_invalid"


class EmailChangePending(Refusal):
    """A change of the e-mail waits for its confirmation."""

    code = "email_change_pending"


class NameMissing(Refusal):
    """A name is needed and none was given."""

    code = "name_missing"


class NameInvalid(Refusal):
    """A name with an `@` in it, which would pass for an e-mail."""

    code = "name_invalid"


class TextInvalid(Refusal):
    """Control characters, line breaks, or characters that turn the direction of writing or are not seen."""

    code = "text_invalid"


class TextTooLong(Refusal):
    """More characters than `maximum`."""

    code = "text_too_long"


class PhoneInvalid(Refusal):
    """This cannot be a phone number."""

    code = "phone_invalid"


class LastAdministrator(Refusal):
    """The customer's last active administrator with the right to the Administrators tab must stay one."""

    code = "last_administrator"


class OwnAdministratorsRight(Refusal):
    """Nobody takes the right to the Administrators tab from themselves."""

    code = "own_administrators_right"


class OwnStatus(Refusal):
    """Nobody suspends or removes themselves."""

    code = "own_status"


class ConfirmationMissing(Refusal):
    """What was asked for has to be confirmed first."""

    code = "confirmation_missing"


class HeldByPolicy(Refusal):
    """The customer's policy or the provider's floor requires two factors, whatever the tick says."""

    code = "held_by_policy"


class NotInvited(Refusal):
    """The administrator is not waiting for an invitation."""

    code = "not_invited"


class WrongStatus(Refusal):
    """The administrator's status does not allow this."""

    code = "wrong_status"


class UnknownTab(Refusal):
    """There is no such tab, or not for this customer."""

    code = "unknown_tab"


class UnknownAction(Refusal):
    """There is no such action."""

    code = "unknown_action"


class NothingSelected(Refusal):
    """An action on several was asked for, and none was marked."""

    code = "nothing_selected"


class CustomerNameTaken(Refusal):
    """Another customer has this name."""

    code = "customer_name_taken"


class NotFound(Refusal):
    """There is no such thing, or it belongs to another customer."""

    code = "not_found"


class SessionEnded(Exception):
    """The session that acts was ended in the meantime, so nothing was done.

    No refusal: there is nobody any more whom a form could tell, and nothing to record of them. Whoever
    asked signs in again.
    """


class StaleRequest(Refusal):
    """Somebody else has changed this in the meantime."""

    code = "stale_request"


class ColourInvalid(Refusal):
    """This is not a colour as `#rgb` or `#rrggbb`."""

    code = "colour_invalid"


class FieldsRefused(Refusal):
    """Several fields of a form were looked at; `fields` says of each that is wrong why."""

    code = "fields_refused"

    def __init__(self, fields: Mapping[str, Refusal]) -> None:
        super().__init__()
        self.fields = dict(fields)


class RightMissing(Refusal):
    """This protects people whom only holders of the Administrators tab have a right over."""

    code = "right_missing"


class HostInvalid(Refusal):
    """This cannot be the name of a host; an address with a port, a path or numbers only is none."""

    code = "host_invalid"


class HostTaken(Refusal):
    """Another brand has this host name."""

    code = "host_taken"


class HostNotConfirmed(Refusal):
    """A host name did not show that it is this portal; each reason is a class of its own."""

    code = "host_not_confirmed"


class HostUnknown(HostNotConfirmed):
    """The name system knows no address of this name."""

    code = "host_unknown"


class HostPrivate(HostNotConfirmed):
    """The name leads into a private network, which is asked only where a setting allows it."""

    code = "host_private"


class HostSilent(HostNotConfirmed):
    """Nobody answers under this name, or not in time."""

    code = "host_silent"


class HostCertificate(HostNotConfirmed):
    """Who answers has no certificate for this name that browsers would take."""

    code = "host_certificate"


class HostIsAnothers(HostNotConfirmed):
    """Somebody answers, and it is not this portal under this name."""

    code = "host_is_anothers"


class AddressInvalid(Refusal):
    """This is no address that a page may link to."""

    code = "address_invalid"


class TabKeyInvalid(Refusal):
    """A tab's key has small letters, digits and dashes, and is none of the built-in tabs'."""

    code = "tab_key_invalid"


class TabKeyTaken(Refusal):
    """Another tab has this key."""

    code = "tab_key_taken"


class NumberInvalid(Refusal):
    """Not a whole number from 0 to `maximum`."""

    code = "number_invalid"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class TooManyTabs(Refusal):
    """The provider has as many tabs as there may be (`maximum`)."""

    code = "too_many_tabs"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class NumberOutOfRange(Refusal):
    """Not a whole number from `minimum` to `maximum`."""

    code = "number_out_of_range"

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__(minimum=minimum, maximum=maximum)


class NewDeviceFirst(Refusal):
    """A recovery code removes a lost device only once there is another one."""

    code = "new_device_first"


class GraceIsOver(Refusal):
    """The time of grace has ended; more days would open it again."""

    code = "grace_is_over"


class ChoiceInvalid(Refusal):
    """None of the values that can be chosen."""

    code = "choice_invalid"


class LogoInvalid(Refusal):
    """Not a PNG picture, or one whose sides are longer than `maximum` pixels."""

    code = "logo_invalid"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class LogoTooLarge(Refusal):
    """A picture of more than `maximum` KiB."""

    code = "logo_too_large"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class ProviderStaysActive(Refusal):
    """The provider's own customer can be neither suspended nor closed."""

    code = "provider_stays_active"


class PasskeyUnreadable(Refusal):
    """What came as a passkey's answer is none, or its parts do not fit together."""

    code = "passkey_unreadable"


class PasskeyWrongType(Refusal):
    """A registration was answered with an assertion, or the other way round."""

    code = "passkey_wrong_type"


class PasskeyChallengeInvalid(Refusal):
    """The challenge is not one of this session and purpose, or it was used, or it is too old."""

    code = "passkey_challenge_invalid"


class PasskeyWrongOrigin(Refusal):
    """The answer was made for another address than this portal's."""

    code = "passkey_wrong_origin"


class PasskeyEmbedded(Refusal):
    """The answer was made in a frame of another site."""

    code = "passkey_embedded"


class PasskeyWrongRelyingParty(Refusal):
    """The passkey belongs to another relying party."""

    code = "passkey_wrong_relying_party"


class PasskeyNotPresent(Refusal):
    """Nobody touched the authenticator."""

    code = "passkey_not_present"


class PasskeyNotVerified(Refusal):
    """The authenticator did not verify who uses it, where that has to stand in for the password."""

    code = "passkey_not_verified"


class PasskeyBackupInvalid(Refusal):
    """The passkey says that it is synced, and that it cannot be."""

    code = "passkey_backup_invalid"


class PasskeyBackupChanged(Refusal):
    """A passkey that could be synced no longer can, or the other way round: it is another one."""

    code = "passkey_backup_changed"


class PasskeyAlgorithmNotOffered(Refusal):
    """The passkey's key is of an algorithm that was not offered."""

    code = "passkey_algorithm_not_offered"


class PasskeySignatureWrong(Refusal):
    """The signature is not by the key that was registered."""

    code = "passkey_signature_wrong"


class PasskeyIdTooLong(Refusal):
    """The passkey's id has more than 1023 bytes."""

    code = "passkey_id_too_long"


class PasskeyRegistered(Refusal):
    """A passkey with this id is registered already, here or with somebody else."""

    code = "passkey_registered"


class PasskeyUnknown(Refusal):
    """No passkey of somebody who may sign in has this id."""

    code = "passkey_unknown"


class PasskeyNotOffered(Refusal):
    """The passkey is none of those that were asked for."""

    code = "passkey_not_offered"


class PasskeyWrongPerson(Refusal):
    """The user handle is not that of the passkey's owner, or it is missing."""

    code = "passkey_wrong_person"


class AnotherFactorWanted(Refusal):
    """A device is removed with a fresh proof by another one, where there is one."""

    code = "another_factor_wanted"


class TrustNotAllowed(Refusal):
    """The policy lets no browser be trusted, or not after the factor that was proved."""

    code = "trust_not_allowed"


class PasskeysNotPossible(Refusal):
    """Nobody could make a passkey at this portal's address: it is a number, or has no https."""

    code = "passkeys_not_possible"


class KindNotAccepted(Refusal):
    """The policy takes no authenticator app as a second factor, so none is added."""

    code = "kind_not_accepted"
