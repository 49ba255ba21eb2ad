"""Every column that leaves in the export of a customer. A new one is decided here: it leaves, or it says why not.

What does not leave is in `operations/customer_tables.py`: `secret`, `staffs`, `stays`.
"""

from __future__ import annotations

from typing import Final

LEAVES: Final = {
    "customers.Customer": (
        "id name name_folded name_search name_sort kind brand_id status since policy minimum "
        "closed_at exported_at delete_at deleting_since"
    ),
    "accounts.Administrator": (
        "id customer_id email email_folded first_name last_name second_email name_search "
        "name_sort phone language time_zone status require_2fa is_primary tabs "
        "security_version password_long password_by_link_at password_due mail_problem email_proved_at "
        "added_at joined_at due_since excepted_until wave_share standing last_signed_in_at "
        "unreachable password_taken_over looks_after"
    ),
    "policy.PolicyVersion": (
        "id customer_id brand_id is_minimum number values starts_at saved_at saved_by "
        "saved_by_name reason withdrawn_at begun_at"
    ),
    "policy.WavePause": (
        "id customer_id brand_id is_minimum since wave stuck people paused_at ended_at"
    ),
    "accounts.PolicyException": (
        "id administrator_id reason made_at ends_at made_by made_by_name ended_at"
    ),
    "accounts.EmailChange": (
        "id administrator_id email old_email by_colleague asked_at not_before confirmed_at "
        "agreed_at closed_at"
    ),
    "accounts.MailedLink": (
        "id purpose administrator_id created_at expires_at used_at revoked_at about asked_at email"
    ),
    "sessions.Session": (
        "id administrator_id security_version brand_id created_at seen_at signed_in_at "
        "ended_at password_at passkey_at factor_at factor_id factor_kind recovery_at "
        "mailbox_at pass_at from_link put_off address browser known_browser bound_at bound_until "
        "bound_before_until previous_at previous_browser"
    ),
    "credentials.Factor": (
        "known_failures known_wait_until unknown_failures unknown_wait_until "
        "failures_in_a_row id administrator_id kind name confirmed_at last_used_at locked_at "
        "suspended_at taken_over"
    ),
    "credentials.Passkey": (
        "factor_id sign_count aaguid transports rp_id backup_eligible backed_up user_verified "
        "discoverable"
    ),
    "credentials.UserHandle": "administrator_id",
    "credentials.RecoverySet": (
        "known_failures known_wait_until unknown_failures unknown_wait_until "
        "failures_in_a_row id administrator_id made_at session_id shown_at saved_at"
    ),
    "credentials.RecoveryCode": "id set_id used_at",
    "credentials.TrustedBrowser": (
        "id administrator_id security_version required kinds trusted_at until used_at browser"
    ),
    "credentials.SetUp": "session_id shown_at",
    "applications.Grant": (
        "id application_id session_id administrator_id trusted_id managing_id scopes claims resource granted_at "
        "used_at ended_at code_used_at redirect_uri looked_at tell_at tell_tries tell_first_at told_at"
    ),
    "applications.RefreshToken": "grant_id made_at used_at",
    "applications.SiteVisit": (
        "id site_id session_id administrator_id trust_id begun_at ended_at code_used_at"
    ),
    "signin.MailboxProof": "id session_id created_at expires_at tries used_at",
    "recovery.RecoveryRequest": (
        "id administrator_id way state how checked_at second asked_by_id asked_at due_at "
        "approved_by_id approved_at closed_by_id closed_at"
    ),
    "recovery.SetUpPass": (
        "id request_id administrator_id shown_in made_at expires_at tries used_at session_id ended_at"
    ),
    "recovery.CallerCheck": (
        "id administrator_id staff_id begun_at staff_tries person_tries staff_right_at "
        "person_right_at ended_at"
    ),
    "rollout.TickRun": (
        "id customer_id asked_by_id session_id state stopped_by failed begun_at asked_at changed_at"
    ),
    "rollout.Tick": "id run_id administrator_id outcome reason",
    "rollout.Reminder": "id administrator_id day kind",
    "rollout.AdoptionMail": "id administrator_id of_all next_at",
    "managing.Managing": (
        "id customer_id staff_id session_id behalf_id reason state changes asks_changes_at "
        "asked_at agreed_at agreed_by_id begun_at until ended_at ended_by_id why is_in"
    ),
    "managing.Look": "id managing_id key first_at last_at times",
    "directory.Adoption": "people bare app passkey one_device not_seen customer_id brand_id",
    "directory.AdoptionPoint": "id customer_id day people covered people_by covered_by",
    "notifications.Delivery": (
        "id event_id administrator_id template address state attempts next_at lease_until "
        "sent_at last_error is_copy repeated"
    ),
}
