"""What is recorded of policies and minimums: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import Audience, EventType, Group, Notification

_TOLD = (Notification(Audience.ADMINISTRATORS, "policy_changed"),)

POLICY_CHANGED = EventType(
    "policy_changed",
    group=Group.ACCOUNT,
    icon="settings-2",
    sentence=_("%(actor)s changed the policy of the account."),
    notifications=_TOLD,
)

POLICY_PLANNED = EventType(
    "policy_planned",
    group=Group.ACCOUNT,
    icon="calendar-clock",
    sentence=_("%(actor)s planned a change of the policy of the account."),
    notifications=_TOLD,
)

POLICY_WITHDRAWN = EventType(
    "policy_withdrawn",
    group=Group.ACCOUNT,
    icon="undo-2",
    sentence=_("%(actor)s took back a planned change of the policy of the account."),
    notifications=_TOLD,
)

POLICY_BEGAN = EventType(
    "policy_began",
    group=Group.ACCOUNT,
    icon="calendar-check",
    sentence=_("A planned change of the policy of the account took effect."),
    notifications=_TOLD,
)

MINIMUM_CHANGED = EventType(
    "minimum_changed",
    group=Group.ACCOUNT,
    icon="settings-2",
    sentence=_("%(actor)s changed what the provider requires."),
    notifications=(Notification(Audience.ADMINISTRATORS, "minimum_changed"),),
)

MINIMUM_PLANNED = EventType(
    "minimum_planned",
    group=Group.ACCOUNT,
    icon="calendar-clock",
    sentence=_("%(actor)s planned a change of what the provider requires."),
    notifications=(Notification(Audience.ADMINISTRATORS, "minimum_changed"),),
)

MINIMUM_WITHDRAWN = EventType(
    "minimum_withdrawn",
    group=Group.ACCOUNT,
    icon="undo-2",
    sentence=_("%(actor)s took back a planned change of what the provider requires."),
    notifications=(Notification(Audience.ADMINISTRATORS, "minimum_changed"),),
)

MINIMUM_BEGAN = EventType(
    "minimum_began",
    group=Group.ACCOUNT,
    icon="calendar-check",
    sentence=_("A planned change of what the provider requires took effect."),
    notifications=(Notification(Audience.ADMINISTRATORS, "minimum_changed"),),
)

WAVE_PAUSED = EventType(
    "wave_paused",
    group=Group.ACCOUNT,
    icon="circle-pause",
    sentence=_(
        "The next wave waits: too many people of the last one have not set up two-factor sign-in."
    ),
    tone="warn",
    notifications=(Notification(Audience.ADMINISTRATORS, "wave_paused"),),
)

WAVE_GOES_ON = EventType(
    "wave_goes_on",
    group=Group.ACCOUNT,
    icon="circle-play",
    sentence=_("%(actor)s let the next wave go on."),
)

MINIMUM_WAVE_PAUSED = EventType(
    "minimum_wave_paused",
    group=Group.ACCOUNT,
    icon="circle-pause",
    sentence=_(
        "The next wave of what the provider requires waits: too many people of the last one are not ready."
    ),
    tone="warn",
    notifications=(Notification(Audience.MINIMUM_KEEPERS, "minimum_wave_paused"),),
)

MINIMUM_WAVE_GOES_ON = EventType(
    "minimum_wave_goes_on",
    group=Group.ACCOUNT,
    icon="circle-play",
    sentence=_("%(actor)s let the next wave of what the provider requires go on."),
)
