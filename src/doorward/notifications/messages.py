"""The messages, and in which order they go. Who gets which, each event declares."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Message(StrEnum):
    """The messages; each is a template of that name in `templates/messages`."""

    INVITATION = "invitation"
    INVITATION_ASKED = "invitation_asked"
    FIRST_MEMBER = "first_member"
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
    EMAIL_CHANGE_SECOND = "email_change_second"
    EMAIL_CHANGED_SECOND = "email_changed_second"
    SECOND_ADDRESS_CONFIRM = "second_address_confirm"
    SECOND_ADDRESS_ADDED = "second_address_added"
    SECOND_ADDRESS_REMOVED = "second_address_removed"
    ENABLED = "two_factor_enabled"
    DISABLED = "two_factor_disabled"
    RESET = "two_factor_reset"
    RESET_COLLEAGUE = "two_factor_reset_colleague"
    REQUIRED = "two_factor_required"
    NO_LONGER_REQUIRED = "two_factor_no_longer_required"
    NO_LONGER_REQUIRED_COLLEAGUE = "two_factor_no_longer_required_colleague"
    WAVE_PAUSED = "wave_paused"
    MINIMUM_WAVE_PAUSED = "minimum_wave_paused"
    SET_UP_REMINDER = "set_up_reminder"
    ADOPTION_WEEKLY = "adoption_weekly"
    EXCEPTION_MADE = "exception_made"
    EXCEPTION_MADE_COLLEAGUE = "exception_made_colleague"
    EXCEPTION_ENDED = "exception_ended"
    EXCEPTION_ENDED_COLLEAGUE = "exception_ended_colleague"
    EVIDENCE_MADE = "evidence_made"
    CUSTOMER_EXPORTED = "customer_exported"
    POLICY_CHANGED = "policy_changed"
    MINIMUM_CHANGED = "minimum_changed"
    PROTECTION_LOWERED = "protection_lowered"
    PROTECTION_LOWERED_STAFF = "protection_lowered_staff"
    CUSTOMER_DELETION_ASKED = "customer_deletion_asked"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_TAKEN_BACK = "factor_taken_back"
    FACTOR_LOCKED = "factor_locked"
    PASSKEY_COUNTER = "passkey_counter"
    FACTOR_LOCKED_COLLEAGUE = "factor_locked_colleague"
    SECOND_STEP_GUESSED = "second_step_guessed"
    GUESSING_ALARM = "guessing_alarm"
    GUESSING_ALARM_COLLEAGUE = "guessing_alarm_colleague"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    BROWSER_TRUSTED = "browser_trusted"
    RECOVERED = "recovered"
    RECOVERED_COLLEAGUE = "recovered_colleague"
    RESCUED = "rescued"
    RESCUE_USED = "rescue_used"
    HELPED = "helped"
    HELPED_COLLEAGUE = "helped_colleague"
    HELP_ASKED = "help_asked"
    HELP_ASKED_COLLEAGUE = "help_asked_colleague"
    SUPPORT_ASKED = "support_asked"
    SUPPORT_ASKED_COLLEAGUE = "support_asked_colleague"
    SUPPORT_ANSWERED = "support_answered"
    WAIT_ASKED = "wait_asked"
    WAIT_ASKED_COLLEAGUE = "wait_asked_colleague"
    WAIT_ENDED = "wait_ended"
    PASS_MAILED = "pass_mailed"  # noqa: S105
    PASS_MAILED_COLLEAGUE = "pass_mailed_colleague"  # noqa: S105
    HELP_AGREED = "help_agreed"
    HELP_REFUSED = "help_refused"
    MANAGING_ASKED = "managing_asked"
    MANAGING_ANSWERED = "managing_answered"
    MANAGING_DECIDED = "managing_decided"
    MANAGING_BEGUN = "managing_begun"
    MANAGING_ENDED = "managing_ended"
    PASS_ENDED = "pass_ended"  # noqa: S105
    RECOVERY_DENIED = "recovery_denied"
    NOT_ME = "not_me"
    NOT_ME_COLLEAGUE = "not_me_colleague"
    RIGHTS_CHANGED = "rights_changed"
    SESSIONS_ENDED = "sessions_ended"
    DEVICE_LOST = "device_lost"
    DEVICE_SUSPENDED = "device_suspended"
    DEVICE_SUSPENDED_COLLEAGUE = "device_suspended_colleague"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    REMOVED = "removed"


# What somebody causes to be sent to a mailbox, each within a budget: `kernel/ratelimit/mail_budget.py`. All others tell
# somebody of their own security; none of them is left out, and none waits for these.
ASKED_FOR: Final = (
    Message.INVITATION,
    # Once for each invitation.
    Message.INVITATION_ASKED,
    Message.PASSWORD_LINK_ASKED,
    Message.PASSWORD_LINK_SENT,
    Message.EMAIL_CHANGE_NEW,
    Message.SECOND_ADDRESS_CONFIRM,
)
# What is of no use without the link or the code in it, so that a second address is told none of it: it proves nothing.
# And what concerns colleagues.
FOR_THE_MAILBOX: Final = (
    Message.INVITATION,
    Message.PASSWORD_LINK_ASKED,
    Message.PASSWORD_LINK_SENT,
    Message.MAILBOX_CODE,
    Message.PASS_MAILED,
    Message.ADOPTION_WEEKLY,
)
# The order in which messages go: whoever waits before a page that knows the password, then what tells of
# one's security, then whoever else waits before a page, then the rest.
FIRST: Final = (Message.MAILBOX_CODE,)
WAITED_FOR: Final = (Message.PASSWORD_LINK_ASKED,)
# They go to many, and none of them is in a hurry.
LAST: Final = (Message.SET_UP_REMINDER, Message.ADOPTION_WEEKLY)
