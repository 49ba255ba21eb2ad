"""What is recorded of taking an account back: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    EventType,
    Group,
    to_person_and_colleagues,
)

NOT_ME = EventType(
    "not_me",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("%(subject)s said “This was not me” and took the account back."),
    tone="bad",
    notifications=to_person_and_colleagues("not_me", "not_me_colleague"),
)
