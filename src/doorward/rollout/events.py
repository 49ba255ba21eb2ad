"""What is recorded of requiring it of many: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import EventType, Group, to_person

REMINDED = EventType(
    "reminded",
    group=Group.TWO_FACTOR,
    icon="bell",
    sentence=_("%(subject)s was reminded to set up two-factor sign-in."),
    notifications=to_person("set_up_reminder"),
)

REQUIRING_BEGUN = EventType(
    "requiring_begun",
    group=Group.TWO_FACTOR,
    icon="list-checks",
    sentence=_("%(actor)s began to require two-factor sign-in of many people."),
)

REQUIRING_STOPPED = EventType(
    "requiring_stopped",
    group=Group.TWO_FACTOR,
    icon="circle-pause",
    sentence=_("%(actor)s stopped requiring two-factor sign-in of many people."),
    tone="warn",
)

REQUIRING_GOES_ON = EventType(
    "requiring_goes_on",
    group=Group.TWO_FACTOR,
    icon="circle-play",
    sentence=_("%(actor)s went on requiring two-factor sign-in of many people."),
)

REQUIRING_DONE = EventType(
    "requiring_done",
    group=Group.TWO_FACTOR,
    icon="circle-check",
    sentence=_("%(actor)s finished requiring two-factor sign-in of many people."),
)

ADOPTION_MAIL_CHANGED = EventType(
    "adoption_mail_changed",
    group=Group.ACCOUNT,
    icon="mail",
    sentence=_("%(subject)s changed whether they get the weekly mail about adoption."),
)

ADOPTION_MAILED = EventType(
    "adoption_mailed",
    group=Group.ACCOUNT,
    icon="mail",
    sentence=_("%(subject)s was sent the weekly mail about adoption."),
    notifications=to_person("adoption_weekly"),
)
