"""What is recorded of managing: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import Audience, EventType, Group, Notification, by_somebody_else

_TO_BOTH: Final = (
    Notification(Audience.PERSON, "managing_answered", by_somebody_else),
    Notification(Audience.ADMINISTRATORS, "managing_decided"),
)

MANAGING_ASKED = EventType(
    "managing_asked",
    group=Group.ACCOUNT,
    icon="eye",
    sentence=_("%(actor)s from support asked to manage the portal."),
    tone="warn",
    notifications=(Notification(Audience.ADMINISTRATORS, "managing_asked"),),
)

MANAGING_AGREED = EventType(
    "managing_agreed",
    group=Group.ACCOUNT,
    icon="check",
    sentence=_("%(actor)s may manage the portal: the policy always allows it."),
    by_another=_("%(actor)s agreed to let %(subject)s from support manage the portal."),
    tone="warn",
    notifications=_TO_BOTH,
)

MANAGING_REFUSED = EventType(
    "managing_refused",
    group=Group.ACCOUNT,
    icon="ban",
    sentence=_("%(actor)s took back their request to manage the portal."),
    by_another=_("%(actor)s refused to let %(subject)s from support manage the portal."),
    notifications=_TO_BOTH,
)

MANAGING_BEGUN = EventType(
    "managing_begun",
    group=Group.ACCOUNT,
    icon="eye",
    sentence=_("%(actor)s from support began to manage the portal."),
    tone="warn",
    notifications=(Notification(Audience.ADMINISTRATORS, "managing_begun"),),
)

MANAGING_CHANGES_ASKED = EventType(
    "managing_changes_asked",
    group=Group.ACCOUNT,
    icon="pencil",
    sentence=_("%(actor)s from support, who manages the portal, asked to make changes as well."),
    tone="warn",
    notifications=(Notification(Audience.ADMINISTRATORS, "managing_asked"),),
)

MANAGING_LOOKED = EventType(
    "managing_looked",
    group=Group.ACCOUNT,
    icon="eye",
    sentence=_("%(actor)s looked at a page."),
    by_another=_("%(actor)s looked at a page of %(subject)s."),
)

MANAGING_KEPT_OUT = EventType(
    "managing_kept_out",
    group=Group.ACCOUNT,
    icon="ban",
    sentence=_("%(actor)s tried something that is not possible while managing the portal."),
    tone="warn",
)

MANAGING_ENDED = EventType(
    "managing_ended",
    group=Group.ACCOUNT,
    icon="log-out",
    sentence=_("%(actor)s from support left the portal."),
    by_another=_("%(actor)s sent %(subject)s from support out of the portal."),
    notifications=(
        Notification(Audience.PERSON, "managing_answered", by_somebody_else),
        Notification(Audience.ADMINISTRATORS, "managing_ended"),
    ),
)

MANAGING_LAPSED = EventType(
    "managing_lapsed",
    group=Group.ACCOUNT,
    icon="clock",
    sentence=_("The request of %(subject)s from support to manage the portal has lapsed."),
)
