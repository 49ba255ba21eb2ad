"""What is recorded on the way to a session: each event declared once. Stored keys never change their meaning.

That somebody signed in, or out, is a session's: `sessions/events.py`.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    EventType,
    Group,
    to_person,
)

SIGN_IN_FAILED = EventType(
    "sign_in_failed",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_("Somebody tried to sign in as %(subject)s."),
    tone="warn",
    by_strangers=True,
)

MAILBOX_PROOF_SENT = EventType(
    "mailbox_proof_sent",
    group=Group.SIGN_IN,
    icon="mail",
    sentence=_("A code was mailed to %(subject)s to verify the mailbox."),
    notifications=to_person("mailbox_code"),
)

MAILBOX_VERIFIED = EventType(
    "mailbox_verified",
    group=Group.SIGN_IN,
    icon="mail-check",
    sentence=_("%(subject)s verified their mailbox."),
)

MAILBOX_PROOF_FAILED = EventType(
    "mailbox_proof_failed",
    group=Group.SIGN_IN,
    icon="mail-x",
    sentence=_("%(subject)s could not verify their mailbox."),
    tone="warn",
)

PASSWORD_LINK_ASKED = EventType(
    "password_link_asked",
    group=Group.PASSWORD,
    icon="mail",
    sentence=_("Somebody asked for a new password for %(subject)s."),
    notifications=to_person("password_link_asked"),
)

FIRST_MEMBER_ADDED = EventType(
    "first_member_added",
    group=Group.PEOPLE,
    icon="user-plus",
    sentence=_(
        "%(subject)s became the first person of the provider, by the link that was printed at the start."
    ),
    tone="good",
    notifications=to_person("first_member"),
)

INVITATION_ACCEPTED = EventType(
    "invitation_accepted",
    group=Group.PEOPLE,
    icon="user-check",
    sentence=_("%(subject)s accepted the invitation."),
    tone="good",
)
