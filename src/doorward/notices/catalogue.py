"""Who is told of what: a decision for every kind of event. `docs/notices.md` says it in words.

A refused or failed event tells nobody; a message may have a condition of its own besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from doorward.audit.events import Kind
from doorward.notices import conditions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.notices.conditions import Condition


class Told(StrEnum):
    """Whose mailbox a message goes to."""

    PERSON = "the person"
    ADMINISTRATORS = "everyone with the Administrators tab"
    STAFF = "the provider's people with the Administrators tab"
    INVITER = "whoever invited them"
    OLD_ADDRESS = "the old address"
    NEW_ADDRESS = "the new address"


class Message(StrEnum):
    """The messages; each is a template of that name in `templates/messages`."""

    INVITATION = "invitation"
    INVITATION_ASKED = "invitation_asked"
    PASSWORD_LINK_ASKED = "password_link_asked"  # noqa: S105 - the name of a message
    PASSWORD_LINK_SENT = "password_link_sent"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    MAILBOX_CODE = "mailbox_code"
    NEW_BROWSER = "new_browser"
    SIGN_IN_ABANDONED = "sign_in_abandoned"
    EMAIL_CHANGE_OLD = "email_change_old"
    EMAIL_CHANGE_NEW = "email_change_new"
    EMAIL_CHANGE_STOPPED = "email_change_stopped"
    EMAIL_CHANGED_OLD = "email_changed_old"
    EMAIL_CHANGED_NEW = "email_changed_new"
    ENABLED = "two_factor_enabled"
    DISABLED = "two_factor_disabled"
    RESET = "two_factor_reset"
    RESET_COLLEAGUE = "two_factor_reset_colleague"
    REQUIRED = "two_factor_required"
    NO_LONGER_REQUIRED = "two_factor_no_longer_required"
    NO_LONGER_REQUIRED_COLLEAGUE = "two_factor_no_longer_required_colleague"
    POLICY_CHANGED = "policy_changed"
    FLOOR_CHANGED = "floor_changed"
    FACTOR_RULES = "factor_rules_changed"
    PROTECTION_LOWERED = "protection_lowered"
    PROTECTION_LOWERED_STAFF = "protection_lowered_staff"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_LOCKED = "factor_locked"
    PASSKEY_COUNTER = "passkey_counter"
    FACTOR_LOCKED_COLLEAGUE = "factor_locked_colleague"
    SECOND_STEP_GUESSED = "second_step_guessed"
    GUESSING_ALARM = "guessing_alarm"
    GUESSING_ALARM_COLLEAGUE = "guessing_alarm_colleague"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    BROWSER_TRUSTED = "browser_trusted"
    NOT_ME = "not_me"
    NOT_ME_COLLEAGUE = "not_me_colleague"
    RIGHTS_CHANGED = "rights_changed"
    SESSIONS_ENDED = "sessions_ended"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    REMOVED = "removed"


# What somebody causes to be sent to a mailbox, each within a budget: `core/mail_budget.py`. All others tell
# somebody of their own security; none of them is left out, and none waits for these.
ASKED_FOR: Final = (
    Message.INVITATION,
    # Once for each invitation.
    Message.INVITATION_ASKED,
    Message.PASSWORD_LINK_ASKED,
    Message.PASSWORD_LINK_SENT,
    Message.EMAIL_CHANGE_NEW,
)
# The order in which messages go: whoever waits before a page that knows the password, then what tells of
# one's security, then whoever else waits before a page, then the rest.
FIRST: Final = (Message.MAILBOX_CODE,)
WAITED_FOR: Final = (Message.PASSWORD_LINK_ASKED,)


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one kind of mailbox; `only_if` looks at the event."""

    told: Told
    message: Message
    only_if: Condition = conditions.always


NOBODY: Final[tuple[Notice, ...]] = ()


def _person(message: Message, only_if: Condition = conditions.always) -> tuple[Notice, ...]:
    return (Notice(Told.PERSON, message, only_if),)


def _and_colleagues(message: Message, colleagues: Message) -> tuple[Notice, ...]:
    return (Notice(Told.PERSON, message), Notice(Told.ADMINISTRATORS, colleagues))


CATALOGUE: Final[Mapping[Kind, tuple[Notice, ...]]] = {
    # Signing in and out
    Kind.SIGNED_IN: _person(Message.NEW_BROWSER, conditions.from_a_new_browser),
    Kind.SIGN_IN_FAILED: NOBODY,
    Kind.SIGN_IN_ABANDONED: _person(Message.SIGN_IN_ABANDONED, conditions.began_with_a_password),
    Kind.SECOND_STEP_FAILED: NOBODY,
    Kind.SECOND_STEP_GUESSED: _person(Message.SECOND_STEP_GUESSED),
    Kind.MAILBOX_PROOF_SENT: _person(Message.MAILBOX_CODE),
    Kind.MAILBOX_PROVED: NOBODY,
    Kind.MAILBOX_PROOF_FAILED: NOBODY,
    Kind.SET_UP_PUT_OFF: NOBODY,
    Kind.PROVED_AGAIN: NOBODY,
    Kind.PROOF_FAILED: NOBODY,
    Kind.SIGNED_OUT: _person(Message.SIGN_IN_ABANDONED, conditions.before_it_was_through),
    Kind.SESSION_ENDED: NOBODY,
    Kind.OTHER_SESSIONS_ENDED: _person(Message.SESSIONS_ENDED, conditions.by_somebody_else),
    Kind.ACCESS_REFUSED: NOBODY,
    # Factors
    Kind.TWO_FACTOR_ENABLED: _person(Message.ENABLED),
    Kind.TWO_FACTOR_ENABLE_FAILED: NOBODY,
    Kind.TWO_FACTOR_DISABLED: _person(Message.DISABLED),
    Kind.TWO_FACTOR_DISABLE_REFUSED: NOBODY,
    Kind.TWO_FACTOR_DISABLE_FAILED: NOBODY,
    Kind.TWO_FACTOR_RESET: _and_colleagues(Message.RESET, Message.RESET_COLLEAGUE),
    Kind.TWO_FACTOR_REQUIRED: _person(Message.REQUIRED, conditions.not_at_adding),
    Kind.TWO_FACTOR_NO_LONGER_REQUIRED: _and_colleagues(
        Message.NO_LONGER_REQUIRED, Message.NO_LONGER_REQUIRED_COLLEAGUE
    ),
    Kind.FACTOR_ADDED: _person(Message.FACTOR_ADDED),
    Kind.FACTOR_RENAMED: NOBODY,
    Kind.FACTOR_REMOVED: _person(Message.FACTOR_REMOVED),
    Kind.FACTOR_REMOVE_REFUSED: NOBODY,
    Kind.FACTOR_LOCKED: _and_colleagues(Message.FACTOR_LOCKED, Message.FACTOR_LOCKED_COLLEAGUE),
    Kind.GUESSING_ALARM: _and_colleagues(Message.GUESSING_ALARM, Message.GUESSING_ALARM_COLLEAGUE),
    Kind.PASSKEY_COUNTER: _person(Message.PASSKEY_COUNTER),
    Kind.RECOVERY_CODES_MADE: _person(Message.RECOVERY_CODES_MADE),
    Kind.RECOVERY_CODES_SAVED: NOBODY,
    Kind.RECOVERY_CODE_USED: _person(Message.RECOVERY_CODE_USED),
    Kind.BROWSER_TRUSTED: _person(Message.BROWSER_TRUSTED),
    Kind.TRUSTED_BROWSERS_ENDED: NOBODY,
    Kind.NOT_ME: _and_colleagues(Message.NOT_ME, Message.NOT_ME_COLLEAGUE),
    # Passwords and e-mail
    Kind.PASSWORD_CHANGED: _person(Message.PASSWORD_CHANGED),
    Kind.PASSWORD_CHANGE_REFUSED: NOBODY,
    Kind.PASSWORD_LINK_SENT: _person(Message.PASSWORD_LINK_SENT),
    Kind.PASSWORD_LINK_ASKED: _person(Message.PASSWORD_LINK_ASKED),
    Kind.PASSWORD_RESET: _person(Message.PASSWORD_RESET),
    Kind.EMAIL_CHANGE_ASKED: (
        Notice(Told.NEW_ADDRESS, Message.EMAIL_CHANGE_NEW),
        Notice(Told.OLD_ADDRESS, Message.EMAIL_CHANGE_OLD),
    ),
    Kind.EMAIL_CHANGE_AGREED: NOBODY,
    Kind.EMAIL_CHANGE_STOPPED: _person(Message.EMAIL_CHANGE_STOPPED),
    Kind.EMAIL_CHANGED: (
        Notice(Told.NEW_ADDRESS, Message.EMAIL_CHANGED_NEW),
        Notice(Told.OLD_ADDRESS, Message.EMAIL_CHANGED_OLD),
    ),
    # People
    Kind.ADMINISTRATOR_ADDED: NOBODY,
    Kind.INVITATION_SENT: _person(Message.INVITATION),
    Kind.INVITATION_ASKED: (
        Notice(Told.ADMINISTRATORS, Message.INVITATION_ASKED),
        Notice(Told.INVITER, Message.INVITATION_ASKED),
    ),
    Kind.INVITATION_REVOKED: NOBODY,
    Kind.INVITATION_ACCEPTED: NOBODY,
    Kind.MAIL_REFUSED: NOBODY,
    Kind.DETAILS_CHANGED: NOBODY,
    Kind.LANGUAGE_CHANGED: NOBODY,
    Kind.RIGHTS_CHANGED: _person(Message.RIGHTS_CHANGED),
    Kind.ADMINISTRATOR_SUSPENDED: _person(Message.SUSPENDED),
    Kind.ADMINISTRATOR_RESTORED: _person(Message.RESTORED),
    Kind.ADMINISTRATOR_REMOVED: _person(Message.REMOVED),
    Kind.CHANGE_REFUSED: NOBODY,
    Kind.ADMINISTRATOR_ERASED: NOBODY,
    Kind.HISTORY_EXPORTED: NOBODY,
    Kind.HISTORY_FORGOTTEN: NOBODY,
    Kind.KEY_MADE: NOBODY,
    Kind.KEYS_ROTATED: NOBODY,
    Kind.KEY_DROPPED: NOBODY,
    # Customers and what the provider keeps
    Kind.CUSTOMER_ADDED: NOBODY,
    Kind.CUSTOMER_CHANGED: NOBODY,
    Kind.POLICY_CHANGED: (
        Notice(Told.ADMINISTRATORS, Message.POLICY_CHANGED, conditions.two_factors_at_stake),
        Notice(Told.ADMINISTRATORS, Message.FACTOR_RULES, conditions.kinds_or_trust_at_stake),
    ),
    Kind.FLOOR_CHANGED: (Notice(Told.ADMINISTRATORS, Message.FLOOR_CHANGED),),
    Kind.PROTECTION_LOWERED: (
        Notice(Told.STAFF, Message.PROTECTION_LOWERED_STAFF, conditions.by_the_provider),
        Notice(Told.ADMINISTRATORS, Message.PROTECTION_LOWERED, conditions.told_by_nothing_else),
    ),
    Kind.BRAND_ADDED: NOBODY,
    Kind.BRAND_CHANGED: NOBODY,
    Kind.TAB_ADDED: NOBODY,
    Kind.TAB_CHANGED: NOBODY,
    Kind.TAB_REMOVED: NOBODY,
}
