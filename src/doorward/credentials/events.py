"""What is recorded of passwords and factors: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    EventType,
    Group,
    to_person,
    to_person_and_colleagues,
)

SECOND_STEP_FAILED = EventType(
    "second_step_failed",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_("Somebody who knew the password of %(subject)s failed at the second step."),
    tone="warn",
)

SECOND_STEP_GUESSED = EventType(
    "second_step_guessed",
    group=Group.SIGN_IN,
    icon="shield-alert",
    sentence=_("Several wrong second factors were tried after the right password of %(subject)s."),
    tone="bad",
    notifications=to_person("second_step_guessed"),
)

REAUTHENTICATED = EventType(
    "reauthenticated",
    group=Group.SIGN_IN,
    icon="user-check",
    sentence=_("%(subject)s confirmed again who they are."),
)

PROOF_FAILED = EventType(
    "proof_failed",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_("%(subject)s failed to confirm who they are."),
    tone="warn",
)

TWO_FACTOR_ENABLED = EventType(
    "two_factor_enabled",
    group=Group.TWO_FACTOR,
    icon="shield-check",
    sentence=_("%(subject)s enabled two-factor sign-in."),
    tone="good",
    notifications=to_person("two_factor_enabled"),
)

TWO_FACTOR_ENABLE_FAILED = EventType(
    "two_factor_enable_failed",
    group=Group.TWO_FACTOR,
    icon="circle-alert",
    sentence=_("%(subject)s could not set up a second factor."),
)

TWO_FACTOR_DISABLED = EventType(
    "two_factor_disabled",
    group=Group.TWO_FACTOR,
    icon="shield-off",
    sentence=_("%(subject)s disabled two-factor sign-in."),
    tone="warn",
    notifications=to_person("two_factor_disabled"),
)

TWO_FACTOR_DISABLE_REFUSED = EventType(
    "two_factor_disable_refused",
    group=Group.TWO_FACTOR,
    icon="ban",
    sentence=_("%(subject)s tried to disable two-factor sign-in, which is required."),
)

TWO_FACTOR_DISABLE_FAILED = EventType(
    "two_factor_disable_failed",
    group=Group.TWO_FACTOR,
    icon="circle-alert",
    sentence=_("%(subject)s entered a wrong code when disabling two-factor sign-in."),
    tone="warn",
)

TWO_FACTOR_RESET = EventType(
    "two_factor_reset",
    group=Group.TWO_FACTOR,
    icon="shield-off",
    sentence=_("%(actor)s removed all their own factors."),
    by_another=_("%(actor)s removed all factors of %(subject)s."),
    tone="warn",
    notifications=to_person_and_colleagues("two_factor_reset", "two_factor_reset_colleague"),
)

FACTOR_ADDED = EventType(
    "factor_added",
    group=Group.TWO_FACTOR,
    icon="smartphone",
    sentence=_("%(subject)s added a device for signing in."),
    tone="good",
    notifications=to_person("factor_added"),
)

APP_TAKEN_OVER = EventType(
    "app_taken_over",
    group=Group.TWO_FACTOR,
    icon="smartphone",
    sentence=_("%(actor)s imported an authenticator app of %(subject)s from another system."),
)

FACTOR_RENAMED = EventType(
    "factor_renamed",
    group=Group.TWO_FACTOR,
    icon="smartphone",
    sentence=_("%(subject)s renamed a device for signing in."),
)

RECOVERED = EventType(
    "recovered",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("%(subject)s was let back in and set up a new device in place of the lost ones."),
    tone="warn",
    notifications=to_person_and_colleagues("recovered", "recovered_colleague"),
)

FACTOR_REMOVED = EventType(
    "factor_removed",
    group=Group.TWO_FACTOR,
    icon="smartphone",
    sentence=_("%(subject)s removed a device for signing in."),
    tone="warn",
    notifications=to_person("factor_removed"),
)

FACTOR_REMOVE_REFUSED = EventType(
    "factor_remove_refused",
    group=Group.TWO_FACTOR,
    icon="ban",
    sentence=_("%(subject)s tried to remove the last factor, which is required."),
)

FACTOR_LOCKED = EventType(
    "factor_locked",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("A device of %(subject)s was disabled after too many wrong attempts."),
    tone="bad",
    notifications=to_person_and_colleagues("factor_locked", "factor_locked_colleague"),
)

FACTOR_TAKEN_BACK = EventType(
    "factor_taken_back",
    group=Group.TWO_FACTOR,
    icon="smartphone",
    sentence=_("%(subject)s took back a device that had been suspended, and confirmed with it."),
    tone="good",
    notifications=to_person("factor_taken_back"),
)

PASSKEY_COUNTER = EventType(
    "passkey_counter",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_(
        "The counter of a passkey of %(subject)s went backwards. There may be a copy of it."
    ),
    tone="bad",
    notifications=to_person("passkey_counter"),
)

GUESSING_ALARM = EventType(
    "guessing_alarm",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("Somebody keeps guessing at the second factors of %(subject)s."),
    tone="bad",
    notifications=to_person_and_colleagues("guessing_alarm", "guessing_alarm_colleague"),
)

RECOVERY_CODES_MADE = EventType(
    "recovery_codes_made",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("%(subject)s made new recovery codes."),
    notifications=to_person("recovery_codes_made"),
)

RECOVERY_CODES_SAVED = EventType(
    "recovery_codes_saved",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("%(subject)s confirmed that they saved their recovery codes."),
)

RECOVERY_CODE_USED = EventType(
    "recovery_code_used",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("%(subject)s used a recovery code."),
    tone="warn",
    notifications=to_person("recovery_code_used"),
)

BROWSER_TRUSTED = EventType(
    "browser_trusted",
    group=Group.TWO_FACTOR,
    icon="laptop",
    sentence=_("%(subject)s trusted a browser. It skips the second step."),
    tone="warn",
    notifications=to_person("browser_trusted"),
)

TRUSTED_BROWSERS_ENDED = EventType(
    "trusted_browsers_ended",
    group=Group.TWO_FACTOR,
    icon="laptop",
    sentence=_("%(subject)s stopped trusting a browser."),
)

PASSWORD_CHANGED = EventType(
    "password_changed",
    group=Group.PASSWORD,
    icon="key-round",
    sentence=_("%(subject)s changed their password."),
    notifications=to_person("password_changed"),
)

PASSWORD_LINK_SENT = EventType(
    "password_link_sent",
    group=Group.PASSWORD,
    icon="mail",
    sentence=_("A password link was sent to %(subject)s."),
    by_another=_("%(actor)s sent a password link to %(subject)s."),
    notifications=to_person("password_link_sent"),
)

PASSWORD_RESET = EventType(
    "password_reset",
    group=Group.PASSWORD,
    icon="key-round",
    sentence=_("%(subject)s set a new password with a mailed link."),
    notifications=to_person("password_reset"),
)
