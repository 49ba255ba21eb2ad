"""Everything that is ever recorded. Stored values never change their meaning."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How it ended: done, refused by a rule, or tried with a wrong proof."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class Kind(StrEnum):
    """One kind of event a line."""

    # Signing in and out
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_ABANDONED = "sign_in_abandoned"
    SECOND_STEP_FAILED = "second_step_failed"
    SECOND_STEP_GUESSED = "second_step_guessed"
    MAILBOX_PROOF_SENT = "mailbox_proof_sent"
    MAILBOX_PROVED = "mailbox_proved"
    MAILBOX_PROOF_FAILED = "mailbox_proof_failed"
    SET_UP_PUT_OFF = "set_up_put_off"
    PROVED_AGAIN = "proved_again"
    PROOF_FAILED = "proof_failed"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    OTHER_SESSIONS_ENDED = "other_sessions_ended"
    ACCESS_REFUSED = "access_refused"

    # Factors
    TWO_FACTOR_ENABLED = "two_factor_enabled"
    TWO_FACTOR_ENABLE_FAILED = "two_factor_enable_failed"
    TWO_FACTOR_DISABLED = "two_factor_disabled"
    TWO_FACTOR_DISABLE_REFUSED = "two_factor_disable_refused"
    TWO_FACTOR_DISABLE_FAILED = "two_factor_disable_failed"
    TWO_FACTOR_RESET = "two_factor_reset"
    TWO_FACTOR_REQUIRED = "two_factor_required"
    TWO_FACTOR_NO_LONGER_REQUIRED = "two_factor_no_longer_required"
    FACTOR_ADDED = "factor_added"
    FACTOR_RENAMED = "factor_renamed"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_REMOVE_REFUSED = "factor_remove_refused"
    FACTOR_LOCKED = "factor_locked"
    PASSKEY_COUNTER = "passkey_counter"
    GUESSING_ALARM = "guessing_alarm"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODES_SAVED = "recovery_codes_saved"
    RECOVERY_CODE_USED = "recovery_code_used"
    BROWSER_TRUSTED = "browser_trusted"
    TRUSTED_BROWSERS_ENDED = "trusted_browsers_ended"
    NOT_ME = "not_me"

    # Passwords and e-mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    PASSWORD_CHANGE_REFUSED = "password_change_refused"  # noqa: S105
    PASSWORD_LINK_SENT = "password_link_sent"  # noqa: S105
    PASSWORD_LINK_ASKED = "password_link_asked"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGE_AGREED = "email_change_agreed"
    EMAIL_CHANGE_STOPPED = "email_change_stopped"
    EMAIL_CHANGED = "email_changed"

    # People
    ADMINISTRATOR_ADDED = "administrator_added"
    INVITATION_SENT = "invitation_sent"
    INVITATION_ASKED = "invitation_asked"
    INVITATION_REVOKED = "invitation_revoked"
    INVITATION_ACCEPTED = "invitation_accepted"
    MAIL_REFUSED = "mail_refused"
    DETAILS_CHANGED = "details_changed"
    LANGUAGE_CHANGED = "language_changed"
    RIGHTS_CHANGED = "rights_changed"
    ADMINISTRATOR_SUSPENDED = "administrator_suspended"
    ADMINISTRATOR_RESTORED = "administrator_restored"
    ADMINISTRATOR_REMOVED = "administrator_removed"
    CHANGE_REFUSED = "change_refused"
    ADMINISTRATOR_ERASED = "administrator_erased"
    HISTORY_EXPORTED = "history_exported"
    HISTORY_FORGOTTEN = "history_forgotten"
    KEY_MADE = "key_made"
    KEYS_ROTATED = "keys_rotated"
    KEY_DROPPED = "key_dropped"

    # Customers and what the provider keeps
    CUSTOMER_ADDED = "customer_added"
    CUSTOMER_CHANGED = "customer_changed"
    POLICY_CHANGED = "policy_changed"
    FLOOR_CHANGED = "floor_changed"
    PROTECTION_LOWERED = "protection_lowered"
    BRAND_ADDED = "brand_added"
    BRAND_CHANGED = "brand_changed"
    TAB_ADDED = "tab_added"
    TAB_CHANGED = "tab_changed"
    TAB_REMOVED = "tab_removed"
