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
