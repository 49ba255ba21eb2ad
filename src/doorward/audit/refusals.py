"""What every refusal says to a person, on a page, at the console, in the history: one sentence, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorward.core.errors import MustWait, TooManyMails

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from doorward.core.errors import Refusal

_MOST_MINUTES = 90

SENTENCES: dict[str, _StrPromise] = {
    "refused": gettext_lazy("That is not possible."),
    "wrong_credentials": gettext_lazy(
        "E-mail and password do not match. Check both, or set a new password."
    ),
    "portal_elsewhere": gettext_lazy("Your portal has another address. Sign in at %(address)s."),
    "passkeys_elsewhere": gettext_lazy("Passkeys are made at %(address)s alone. Go on there."),
    "wrong_code": gettext_lazy(
        "That code is not right. Codes change every 30 seconds. "
        "Check that your phone sets its time automatically."
    ),
    "clock_unknown": gettext_lazy(
        "These two codes say nothing of the clock. Type two that follow one another, of this account, "
        "the second while it is shown. If that does not help, the clock is more than ten minutes off, "
        "or the app has another key: use another way."
    ),
    "code_already_used": gettext_lazy(
        "That code was used already. Wait for the next one: codes change every 30 seconds."
    ),
    "must_wait": gettext_lazy("Too many tries. Please wait before the next one."),
    "too_many_mails": gettext_lazy(
        "Too many mails were asked for in a short time. Please wait before the next one."
    ),
    "only_known_browsers": gettext_lazy(
        "There were too many wrong passwords for this e-mail. Sign in with a browser in which you "
        "signed in before, or set a new password by mail."
    ),
    "factor_disabled": gettext_lazy(
        "Too many wrong tries: this device is disabled until it is set up anew. "
        "Use another one, or a recovery code."
    ),
    "recovery_code_wrong": gettext_lazy(
        "That recovery code is not right, or it was used before. Each code works once."
    ),
    "set_up_expired": gettext_lazy(
        "This set-up took longer than ten minutes. Here is a new QR code: please scan it again."
    ),
    "already_enabled": gettext_lazy("Two-factor sign-in is on already."),
    "not_enabled": gettext_lazy("Two-factor sign-in is not on."),
    "required_cannot_disable": gettext_lazy(
        "Your account administrator requires two-factor sign-in, so it cannot be disabled."
    ),
    "link_invalid": gettext_lazy("This link does not work. Ask for a new one."),
    "link_replaced": gettext_lazy(
        "A newer mail was sent to you. Open the link in that one; this one no longer works."
    ),
    "link_used": gettext_lazy("This link was used already. Ask for a new one."),
    "link_expired": gettext_lazy("This link is too old. Ask for a new one."),
    "mailbox_proof_expired": gettext_lazy(
        "This code is too old, or it was tried too often. Have a new one sent."
    ),
    "password_missing": gettext_lazy("Type a password."),
    "password_too_short": gettext_lazy("Use at least %(minimum)s characters."),
    "password_too_long": gettext_lazy("Use at most %(maximum)s characters."),
    "password_common": gettext_lazy(
        "Many people use this password, so it is easy to guess. Choose another one."
    ),
    "password_breached": gettext_lazy(
        "This password is known from a break-in elsewhere. Choose another one, which you use here only."
    ),
    "password_personal": gettext_lazy(
        "Choose a password without your name, your e-mail or this company's name in it."
    ),
    "password_unchanged": gettext_lazy("This is your current password. Choose a new one."),
    "email_taken": gettext_lazy("Another account has this e-mail."),
    "email_invalid": gettext_lazy("Type an e-mail like name@example.com."),
    "email_change_pending": gettext_lazy("A change of this e-mail is waiting to be confirmed."),
    "name_missing": gettext_lazy("Type a name."),
    "name_invalid": gettext_lazy("A name cannot have an @ in it."),
    "text_invalid": gettext_lazy("This has characters in it that are not allowed."),
    "text_too_long": gettext_lazy("Use at most %(maximum)s characters."),
    "phone_invalid": gettext_lazy("Type the number with its country code, like +49 30 901820."),
    "last_administrator": gettext_lazy(
        "This is the last active person with the Administrators tab. "
        "Give the tab to somebody else first."
    ),
    "own_administrators_right": gettext_lazy(
        "You cannot take the Administrators tab from yourself. Ask a colleague who has it."
    ),
    "own_status": gettext_lazy("You cannot suspend or remove yourself. Ask a colleague."),
    "confirmation_missing": gettext_lazy("Please confirm what will happen."),
    "held_by_policy": gettext_lazy(
        "The policy requires two-factor sign-in, so it stays required here."
    ),
    "not_invited": gettext_lazy("There is no open invitation for this person."),
    "wrong_status": gettext_lazy("That is not possible in the person's present status."),
    "unknown_tab": gettext_lazy("There is no such tab."),
    "unknown_action": gettext_lazy("There is no such action."),
    "nothing_selected": gettext_lazy("Mark at least one person first."),
    "customer_name_taken": gettext_lazy("Another customer has this name."),
    "not_found": gettext_lazy("There is no such thing here any more."),
    "stale_request": gettext_lazy(
        "Somebody changed this in the meantime. Look at it again, then repeat your change."
    ),
    "colour_invalid": gettext_lazy("Type a colour like #2b50e0."),
    "fields_refused": gettext_lazy("Nothing was saved yet. Please look at the marked fields."),
    "host_invalid": gettext_lazy(
        "Type host names like portal.example.com, one per line, without https:// and without a port."
    ),
    "right_missing": gettext_lazy(
        "This protects people, so it also wants the right to the Administrators tab. Ask somebody who has it."
    ),
    "host_not_confirmed": gettext_lazy("This host name is not confirmed."),
    "host_unknown": gettext_lazy(
        "The name system knows no address of this name yet. Make its DNS record, and wait until it has spread."
    ),
    "host_private": gettext_lazy(
        "This name leads to a private address, which is not asked. If the portal is inside your network, set "
        "DOORWARD_PRIVATE_HOSTS, or make the TXT record."
    ),
    "host_silent": gettext_lazy(
        "Nobody answered under this name in time. Look at its DNS record, at the proxy and at the firewall."
    ),
    "host_certificate": gettext_lazy(
        "Who answers has no valid certificate for this name. Give the proxy one."
    ),
    "host_is_anothers": gettext_lazy(
        "Somebody else answers under this name. Let it lead to this portal, and have the proxy pass the Host "
        "header on."
    ),
    "host_taken": gettext_lazy("Another brand has one of these host names."),
    "address_invalid": gettext_lazy("Type an address like https://www.example.com/page."),
    "tab_key_invalid": gettext_lazy(
        "Use small letters, digits and dashes, and none of the names of the built-in tabs."
    ),
    "tab_key_taken": gettext_lazy("Another tab has this key."),
    "too_many_tabs": gettext_lazy(
        "There are %(maximum)s tabs already, and no more can be added. Remove one first."
    ),
    "number_invalid": gettext_lazy("Type a whole number from 0 to %(maximum)s."),
    "number_out_of_range": gettext_lazy("Type a whole number from %(minimum)s to %(maximum)s."),
    "new_device_first": gettext_lazy(
        "Set up a new device first, then remove the lost one. A recovery code does not turn two-factor sign-in off."
    ),
    "grace_is_over": gettext_lazy(
        "The time of grace is over and is not given again. Enter no more days than before."
    ),
    "choice_invalid": gettext_lazy("Choose one from the list."),
    "logo_invalid": gettext_lazy(
        "Choose a PNG picture whose sides have at most %(maximum)s pixels."
    ),
    "logo_too_large": gettext_lazy("Choose a picture of at most %(maximum)s KB."),
    "provider_stays_active": gettext_lazy(
        "This is the provider itself: it can be neither suspended nor closed."
    ),
    "passkey_unreadable": gettext_lazy(
        "Your device's answer could not be read. Try again, or use another way."
    ),
    "passkey_wrong_type": gettext_lazy(
        "Your device's answer belongs to another page. Open this page anew and try again."
    ),
    "passkey_challenge_invalid": gettext_lazy(
        "That took longer than ten minutes, or it was sent twice. Please try again."
    ),
    "passkey_wrong_origin": gettext_lazy(
        "This passkey was used on another website than this one. Check the address, then try again."
    ),
    "passkey_embedded": gettext_lazy(
        "This page was shown inside another website. Open it in a window of its own."
    ),
    "passkey_wrong_relying_party": gettext_lazy(
        "This passkey belongs to another website. Use one that you made here."
    ),
    "passkey_not_present": gettext_lazy(
        "Your device did not say that you are there. Try again and confirm when it asks."
    ),
    "passkey_not_verified": gettext_lazy(
        "To sign in without the password, your device has to check your fingerprint, face or PIN. "
        "Type the password this time; then use the passkey as your second step, with its PIN."
    ),
    "passkey_backup_invalid": gettext_lazy(
        "Your device's answer contradicts itself. Use another device or another way."
    ),
    "passkey_backup_changed": gettext_lazy(
        "This is not the passkey that you made here. Use another way, then make a new one."
    ),
    "passkey_algorithm_not_offered": gettext_lazy(
        "This device makes a kind of passkey that cannot be used here. Use another device."
    ),
    "passkey_signature_wrong": gettext_lazy(
        "This passkey's answer is not right. Try again, or use another way."
    ),
    "passkey_id_too_long": gettext_lazy(
        "This device's passkey cannot be kept. Use another device."
    ),
    "passkey_registered": gettext_lazy("This passkey is registered already. Use another device."),
    "passkey_unknown": gettext_lazy(
        "This passkey does not sign in here any more. "
        "Sign in with your password, then make a new passkey."
    ),
    "passkey_not_offered": gettext_lazy(
        "This is none of your passkeys here. Choose another one, or use another way."
    ),
    "passkey_wrong_person": gettext_lazy(
        "This passkey belongs to another account. Choose another one, or use another way."
    ),
    "another_factor_wanted": gettext_lazy(
        "Confirm with another device than the one that you remove."
    ),
    "kind_not_accepted": gettext_lazy(
        "Your account takes passkeys only. Make a passkey instead of adding an app."
    ),
    "passkeys_not_possible": gettext_lazy(
        "Passkeys need this portal to have a name and https. Nobody could sign in any more."
    ),
    "trust_not_allowed": gettext_lazy(
        "You are signed in, but this browser was not trusted: your account does not allow it."
    ),
}


def sentence(refusal: Refusal) -> str:
    """Give what a refusal says, in the reader's language."""
    if isinstance(refusal, TooManyMails):
        return _mails_again(refusal.seconds)
    text = str(SENTENCES[refusal.code])
    if "skew_seconds" in refusal.data:
        refused = _("That code is right at another time, so it is not accepted.")
        return f"{refused} {clock_off(int(refusal.data['skew_seconds']))}"
    if refusal.data:
        text = text % refusal.data if "%(" in text else text
    return text


def wait_of(refusal: Refusal | None) -> int | None:
    """Return after how many seconds to try again; None: no wait helps, or nothing was refused."""
    return refusal.seconds if isinstance(refusal, MustWait) else None


def _mails_again(seconds: int) -> str:
    minutes = -(-seconds // 60)
    if minutes <= _MOST_MINUTES:
        text = ngettext(
            "Too many mails in a short time. The next one can be sent in %(minutes)s minute.",
            "Too many mails in a short time. The next one can be sent in %(minutes)s minutes.",
            minutes,
        )
        return text % {"minutes": minutes}
    hours = -(-minutes // 60)
    text = ngettext(
        "Too many mails in a short time. The next one can be sent in %(hours)s hour.",
        "Too many mails in a short time. The next one can be sent in %(hours)s hours.",
        hours,
    )
    return text % {"hours": hours}


def clock_off(seconds: int) -> str:
    """Say by how much a phone's clock is ahead (negative: behind); 0: that it is right."""
    if not seconds:
        return _("Your phone's clock is right.")
    minutes = max(1, round(abs(seconds) / 60))
    if seconds > 0:
        return ngettext(
            "Your phone's clock is about %(minutes)s minute ahead.",
            "Your phone's clock is about %(minutes)s minutes ahead.",
            minutes,
        ) % {"minutes": minutes}
    return ngettext(
        "Your phone's clock is about %(minutes)s minute behind.",
        "Your phone's clock is about %(minutes)s minutes behind.",
        minutes,
    ) % {"minutes": minutes}
