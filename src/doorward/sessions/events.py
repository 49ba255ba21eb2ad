"""What is recorded of sessions: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    EventType,
    Group,
    by_somebody_else,
    to_person,
)
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from doorward.audit.models import Event

_WITHOUT_PASSWORD = Q(from_link=True) | Q(passkey_at__isnull=False)


def from_a_new_browser(event: Event) -> bool:
    """The browser was never signed in with, and it was not a mailed link that led in.

    Who comes from an invitation or a reset link has verified the mailbox, and a notification of that very
    sign-in would go there; the reset has a message of its own.
    """
    by_link = _sessions(event).filter(from_link=True)
    return event.details.get("new_browser") is True and not by_link.exists()


def began_with_a_password(event: Event) -> bool:
    """The sign-in was begun by somebody who knows the password, and not by a mailed link or a passkey."""
    return not _sessions(event).filter(_WITHOUT_PASSWORD).exists()


def before_it_was_through(event: Event) -> bool:
    """Somebody knew the password and left at a later step: it is no matter how they left."""
    left = _sessions(event).filter(signed_in_at__isnull=True)
    return left.exclude(_WITHOUT_PASSWORD).exists()


def _sessions(event: Event) -> QuerySet[Session]:
    return Session.objects.filter(id__in=[event.session_id] if event.session_id else [])


SIGNED_IN = EventType(
    "signed_in",
    group=Group.SIGN_IN,
    icon="log-in",
    sentence=_("%(subject)s signed in."),
    notifications=to_person("new_browser", from_a_new_browser),
)

SIGN_IN_ABANDONED = EventType(
    "sign_in_abandoned",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_(
        "Somebody began to sign in as %(subject)s, with the right password or passkey, and did not finish."
    ),
    tone="warn",
    notifications=to_person("sign_in_abandoned", began_with_a_password),
)

SET_UP_PUT_OFF = EventType(
    "set_up_put_off",
    group=Group.SIGN_IN,
    icon="clock",
    sentence=_("%(subject)s put off the set-up of two-factor sign-in."),
)

SIGNED_OUT = EventType(
    "signed_out",
    group=Group.SIGN_IN,
    icon="log-out",
    sentence=_("%(subject)s signed out."),
    notifications=to_person("sign_in_abandoned", before_it_was_through),
)

SESSION_ENDED = EventType(
    "session_ended",
    group=Group.SIGN_IN,
    icon="log-out",
    sentence=_("%(subject)s ended one of their own sessions."),
)

OTHER_SESSIONS_ENDED = EventType(
    "other_sessions_ended",
    group=Group.SIGN_IN,
    icon="log-out",
    sentence=_("%(subject)s ended all their other sessions."),
    by_another=_("%(actor)s ended all sessions of %(subject)s."),
    notifications=to_person("sessions_ended", by_somebody_else),
)

SESSION_BOUND = EventType(
    "session_bound",
    group=Group.SIGN_IN,
    icon="monitor-check",
    sentence=_("A session of %(subject)s was bound to the device it was begun on."),
)

NOT_FROM_ITS_DEVICE = EventType(
    "not_from_its_device",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_(
        "A session of %(subject)s was used without its device: the cookie was copied, or the browser had lost the"
        " device's key. Nothing was opened."
    ),
    tone="warn",
)
