"""What history says: one plain sentence for every kind of event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.audit.events import Kind
from doorward.audit.naming import named
from doorward.audit.origin import ActorType

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from doorward.audit.models import Event


class Group(StrEnum):
    """What history can be narrowed to."""

    SIGN_IN = "sign-in"
    TWO_FACTOR = "two-factor"
    PASSWORD = "password"  # noqa: S105 - a group of events
    PEOPLE = "people"
    ACCOUNT = "account"


GROUP_TITLES: Final = {
    Group.SIGN_IN: gettext_lazy("Signing in and out"),
    Group.TWO_FACTOR: gettext_lazy("Two-factor sign-in"),
    Group.PASSWORD: gettext_lazy("Passwords and e-mail"),
    Group.PEOPLE: gettext_lazy("People and rights"),
    Group.ACCOUNT: gettext_lazy("Account and provider"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind of event is told.

    `own` where somebody did it alone or to themselves, `other` where somebody did it to somebody
    else (none: `own` says that too). Both may name `actor` and `subject`.
    """

    group: Group
    icon: str
    own: _StrPromise
    other: _StrPromise | None = None
    tone: str = ""


_IN, _TWO, _PASS, _WHO, _ALL = Group

WORDINGS: Final[dict[Kind, Wording]] = {
    # Signing in and out
    Kind.SIGNED_IN: Wording(_IN, "log-in", gettext_lazy("%(subject)s signed in.")),
    Kind.SIGN_IN_FAILED: Wording(
        _IN, "circle-alert", gettext_lazy("Somebody tried to sign in as %(subject)s."), tone="warn"
    ),
    Kind.SIGN_IN_ABANDONED: Wording(
        _IN,
        "circle-alert",
        gettext_lazy(
            "Somebody began to sign in as %(subject)s, with the right password or passkey, and did not finish."
        ),
        tone="warn",
    ),
    Kind.SECOND_STEP_FAILED: Wording(
        _IN,
        "circle-alert",
        gettext_lazy("Somebody who knew the password of %(subject)s failed at the second step."),
        tone="warn",
    ),
    Kind.SECOND_STEP_GUESSED: Wording(
        _IN,
        "shield-alert",
        gettext_lazy("Several wrong second factors followed the right password of %(subject)s."),
        tone="bad",
    ),
    Kind.MAILBOX_PROOF_SENT: Wording(
        _IN, "mail", gettext_lazy("A code was mailed to %(subject)s to prove the mailbox.")
    ),
    Kind.MAILBOX_PROVED: Wording(
        _IN, "mail-check", gettext_lazy("%(subject)s proved the mailbox.")
    ),
    Kind.MAILBOX_PROOF_FAILED: Wording(
        _IN, "mail-x", gettext_lazy("The mailbox of %(subject)s was not proved."), tone="warn"
    ),
    Kind.SET_UP_PUT_OFF: Wording(
        _IN, "clock", gettext_lazy("%(subject)s put the set-up of two-factor sign-in off.")
    ),
    Kind.PROVED_AGAIN: Wording(
        _IN, "user-check", gettext_lazy("%(subject)s proved once more who is there.")
    ),
    Kind.PROOF_FAILED: Wording(
        _IN, "circle-alert", gettext_lazy("A fresh proof of %(subject)s failed."), tone="warn"
    ),
    Kind.SIGNED_OUT: Wording(_IN, "log-out", gettext_lazy("%(subject)s signed out.")),
    Kind.SESSION_ENDED: Wording(
        _IN, "log-out", gettext_lazy("%(subject)s ended one of their own sessions.")
    ),
    Kind.OTHER_SESSIONS_ENDED: Wording(
        _IN,
        "log-out",
        gettext_lazy("%(subject)s ended all their other sessions."),
        gettext_lazy("%(actor)s ended all sessions of %(subject)s."),
    ),
    Kind.ACCESS_REFUSED: Wording(
        _IN,
        "ban",
        gettext_lazy("%(subject)s asked for something they have no right to."),
        tone="warn",
    ),
    # Factors
    Kind.TWO_FACTOR_ENABLED: Wording(
        _TWO, "shield-check", gettext_lazy("%(subject)s enabled two-factor sign-in."), tone="good"
    ),
    Kind.TWO_FACTOR_ENABLE_FAILED: Wording(
        _TWO,
        "circle-alert",
        gettext_lazy("%(subject)s did not succeed in setting up a second factor."),
    ),
    Kind.TWO_FACTOR_DISABLED: Wording(
        _TWO, "shield-off", gettext_lazy("%(subject)s disabled two-factor sign-in."), tone="warn"
    ),
    Kind.TWO_FACTOR_DISABLE_REFUSED: Wording(
        _TWO,
        "ban",
        gettext_lazy("%(subject)s tried to disable two-factor sign-in, which is required."),
    ),
    Kind.TWO_FACTOR_DISABLE_FAILED: Wording(
        _TWO,
        "circle-alert",
        gettext_lazy("%(subject)s failed to prove a code to disable two-factor sign-in."),
        tone="warn",
    ),
    Kind.TWO_FACTOR_RESET: Wording(
        _TWO,
        "shield-off",
        gettext_lazy("%(actor)s removed all their own factors."),
        gettext_lazy("%(actor)s removed all factors of %(subject)s."),
        tone="warn",
    ),
    Kind.TWO_FACTOR_REQUIRED: Wording(
        _TWO,
        "shield",
        gettext_lazy("%(actor)s required two-factor sign-in of themselves."),
        gettext_lazy("%(actor)s required two-factor sign-in of %(subject)s."),
        tone="good",
    ),
    Kind.TWO_FACTOR_NO_LONGER_REQUIRED: Wording(
        _TWO,
        "shield",
        gettext_lazy("%(actor)s no longer requires two-factor sign-in of themselves."),
        gettext_lazy("%(actor)s no longer requires two-factor sign-in of %(subject)s."),
        tone="warn",
    ),
    Kind.FACTOR_ADDED: Wording(
        _TWO, "smartphone", gettext_lazy("%(subject)s added a device for signing in."), tone="good"
    ),
    Kind.FACTOR_RENAMED: Wording(
        _TWO, "smartphone", gettext_lazy("%(subject)s renamed a device for signing in.")
    ),
    Kind.FACTOR_REMOVED: Wording(
        _TWO,
        "smartphone",
        gettext_lazy("%(subject)s removed a device for signing in."),
        tone="warn",
    ),
    Kind.FACTOR_REMOVE_REFUSED: Wording(
        _TWO, "ban", gettext_lazy("%(subject)s tried to remove the last factor, which is required.")
    ),
    Kind.FACTOR_LOCKED: Wording(
        _TWO,
        "shield-alert",
        gettext_lazy("A device of %(subject)s was disabled by too many wrong tries."),
        tone="bad",
    ),
    Kind.PASSKEY_COUNTER: Wording(
        _TWO,
        "shield-alert",
        gettext_lazy("A passkey of %(subject)s counted backwards: there may be a copy of it."),
        tone="bad",
    ),
    Kind.GUESSING_ALARM: Wording(
        _TWO,
        "shield-alert",
        gettext_lazy("Somebody keeps guessing at the second factors of %(subject)s."),
        tone="bad",
    ),
    Kind.RECOVERY_CODES_MADE: Wording(
        _TWO, "life-buoy", gettext_lazy("%(subject)s made new recovery codes.")
    ),
    Kind.RECOVERY_CODES_SAVED: Wording(
        _TWO, "life-buoy", gettext_lazy("%(subject)s confirmed that the recovery codes are saved.")
    ),
    Kind.RECOVERY_CODE_USED: Wording(
        _TWO, "life-buoy", gettext_lazy("%(subject)s used a recovery code."), tone="warn"
    ),
    Kind.BROWSER_TRUSTED: Wording(
        _TWO,
        "laptop",
        gettext_lazy("%(subject)s trusted a browser: the second step is left out in it."),
        tone="warn",
    ),
    Kind.TRUSTED_BROWSERS_ENDED: Wording(
        _TWO, "laptop", gettext_lazy("%(subject)s ended the trust in a browser.")
    ),
    Kind.NOT_ME: Wording(
        _TWO,
        "shield-alert",
        gettext_lazy("%(subject)s said “This was not me” and took the account back."),
        tone="bad",
    ),
    # Passwords and e-mail
    Kind.PASSWORD_CHANGED: Wording(
        _PASS, "key-round", gettext_lazy("%(subject)s changed their password.")
    ),
    Kind.PASSWORD_CHANGE_REFUSED: Wording(
        _PASS,
        "ban",
        gettext_lazy("A change of the password of %(subject)s was refused."),
        tone="warn",
    ),
    Kind.PASSWORD_LINK_SENT: Wording(
        _PASS,
        "mail",
        gettext_lazy("A password link was sent to %(subject)s."),
        gettext_lazy("%(actor)s sent a password link to %(subject)s."),
    ),
    Kind.PASSWORD_LINK_ASKED: Wording(
        _PASS, "mail", gettext_lazy("Somebody asked for a new password for %(subject)s.")
    ),
    Kind.PASSWORD_RESET: Wording(
        _PASS, "key-round", gettext_lazy("%(subject)s set a new password by a mailed link.")
    ),
    Kind.EMAIL_CHANGE_ASKED: Wording(
        _PASS,
        "mail",
        gettext_lazy("%(subject)s asked for another e-mail."),
        gettext_lazy("%(actor)s asked for another e-mail for %(subject)s."),
    ),
    Kind.EMAIL_CHANGE_AGREED: Wording(
        _PASS,
        "mail-check",
        gettext_lazy("A change of the e-mail of %(subject)s was confirmed by mail."),
    ),
    Kind.EMAIL_CHANGE_STOPPED: Wording(
        _PASS,
        "mail-x",
        gettext_lazy("A change of the e-mail of %(subject)s was stopped."),
        tone="warn",
    ),
    Kind.EMAIL_CHANGED: Wording(
        _PASS,
        "mail-check",
        gettext_lazy("The e-mail of %(subject)s was changed."),
        gettext_lazy("%(actor)s changed the e-mail of %(subject)s."),
    ),
    # People
    Kind.ADMINISTRATOR_ADDED: Wording(
        _WHO,
        "user-plus",
        gettext_lazy("%(subject)s was added."),
        gettext_lazy("%(actor)s added %(subject)s."),
    ),
    Kind.INVITATION_SENT: Wording(
        _WHO,
        "mail",
        gettext_lazy("%(subject)s was invited."),
        gettext_lazy("%(actor)s invited %(subject)s."),
    ),
    Kind.INVITATION_ASKED: Wording(
        _WHO,
        "mail-question-mark",
        gettext_lazy("%(subject)s asked for a new invitation, since theirs had run out."),
        tone="warn",
    ),
    Kind.INVITATION_REVOKED: Wording(
        _WHO,
        "mail-x",
        gettext_lazy("The invitation of %(subject)s was revoked."),
        gettext_lazy("%(actor)s revoked the invitation of %(subject)s."),
    ),
    Kind.INVITATION_ACCEPTED: Wording(
        _WHO, "user-check", gettext_lazy("%(subject)s accepted the invitation."), tone="good"
    ),
    Kind.MAIL_REFUSED: Wording(
        _WHO, "mail-x", gettext_lazy("Mail to %(subject)s was refused."), tone="warn"
    ),
    Kind.DETAILS_CHANGED: Wording(
        _WHO,
        "user-pen",
        gettext_lazy("%(subject)s changed their own details."),
        gettext_lazy("%(actor)s changed the details of %(subject)s."),
    ),
    Kind.LANGUAGE_CHANGED: Wording(
        _WHO, "languages", gettext_lazy("%(subject)s chose another language.")
    ),
    Kind.RIGHTS_CHANGED: Wording(
        _WHO,
        "user-cog",
        gettext_lazy("%(actor)s changed their own access rights."),
        gettext_lazy("%(actor)s changed the access rights of %(subject)s."),
    ),
    Kind.ADMINISTRATOR_SUSPENDED: Wording(
        _WHO,
        "user-x",
        gettext_lazy("%(subject)s was suspended."),
        gettext_lazy("%(actor)s suspended %(subject)s."),
        tone="warn",
    ),
    Kind.ADMINISTRATOR_RESTORED: Wording(
        _WHO,
        "user-check",
        gettext_lazy("%(subject)s was restored."),
        gettext_lazy("%(actor)s restored %(subject)s."),
    ),
    Kind.ADMINISTRATOR_REMOVED: Wording(
        _WHO,
        "user-x",
        gettext_lazy("%(subject)s was removed."),
        gettext_lazy("%(actor)s removed %(subject)s."),
        tone="warn",
    ),
    Kind.CHANGE_REFUSED: Wording(
        _WHO,
        "ban",
        gettext_lazy("A change that %(actor)s wanted to make was refused."),
        gettext_lazy("A change of %(subject)s by %(actor)s was refused."),
    ),
    Kind.ADMINISTRATOR_ERASED: Wording(
        _WHO,
        "eraser",
        gettext_lazy("%(actor)s erased the personal data of somebody who was removed."),
    ),
    Kind.HISTORY_EXPORTED: Wording(
        _WHO, "download", gettext_lazy("%(actor)s exported the history.")
    ),
    Kind.HISTORY_FORGOTTEN: Wording(
        _ALL, "eraser", gettext_lazy("%(actor)s deleted history that is no longer kept.")
    ),
    Kind.KEY_MADE: Wording(
        _ALL, "key-round", gettext_lazy("%(actor)s made a new key for secrets at rest.")
    ),
    Kind.KEYS_ROTATED: Wording(
        _ALL, "key-round", gettext_lazy("%(actor)s sealed all secrets at rest with the newest key.")
    ),
    Kind.KEY_DROPPED: Wording(
        _ALL, "key-round", gettext_lazy("%(actor)s took an old key out of the key file.")
    ),
    # Customers and what the provider keeps
    Kind.CUSTOMER_ADDED: Wording(_ALL, "building-2", gettext_lazy("%(actor)s added the account.")),
    Kind.CUSTOMER_CHANGED: Wording(
        _ALL, "building-2", gettext_lazy("%(actor)s changed the account.")
    ),
    Kind.POLICY_CHANGED: Wording(
        _ALL, "settings-2", gettext_lazy("%(actor)s changed the policy of the account.")
    ),
    Kind.FLOOR_CHANGED: Wording(
        _ALL, "settings-2", gettext_lazy("%(actor)s changed what the provider requires.")
    ),
    Kind.PROTECTION_LOWERED: Wording(
        _ALL,
        "shield-alert",
        gettext_lazy("%(actor)s changed what protects people, or where links lead."),
        tone="warn",
    ),
    Kind.BRAND_ADDED: Wording(_ALL, "palette", gettext_lazy("%(actor)s added a brand.")),
    Kind.BRAND_CHANGED: Wording(_ALL, "palette", gettext_lazy("%(actor)s changed a brand.")),
    Kind.TAB_ADDED: Wording(_ALL, "panels-top-left", gettext_lazy("%(actor)s added a tab.")),
    Kind.TAB_CHANGED: Wording(_ALL, "panels-top-left", gettext_lazy("%(actor)s changed a tab.")),
    Kind.TAB_REMOVED: Wording(_ALL, "panels-top-left", gettext_lazy("%(actor)s removed a tab.")),
}


def kinds_of(group: Group) -> list[str]:
    """Give the stored kinds of a group."""
    return [kind.value for kind, wording in WORDINGS.items() if wording.group is group]


def wording_of(event: Event) -> Wording | None:
    """Give how an event is told; None for a kind that this version does not know."""
    try:
        return WORDINGS[Kind(event.kind)]
    except ValueError:
        return None


def tell(event: Event) -> str:
    """Say in one sentence what happened, in the reader's language.

    People are named by name and e-mail, as they were at that moment: anybody may take a colleague's name.
    """
    wording = wording_of(event)
    if wording is None:
        return event.kind
    for_other = event.subject_id is not None and event.subject_id != event.actor_id
    actor = named(event.actor_name, event.actor_email) or _nobody(event)
    subject = named(event.subject_name, event.subject_email)
    subject = subject or (_("(erased)") if for_other else actor)
    names = {"actor": actor, "subject": subject}
    text = wording.other if for_other and wording.other is not None else wording.own
    return str(text) % names


def _nobody(event: Event) -> str:
    """Name who acted where it was no person of the portal, or one whose name was erased."""
    if event.actor_id is not None:
        return _("(erased)")
    if event.actor_type == ActorType.OPERATOR:
        return _("The operator")
    if event.actor_type == ActorType.PORTAL:
        return _("The portal")
    return _("Somebody")
