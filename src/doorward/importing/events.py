"""What is recorded of imports: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import EventType, Group

IMPORTED = EventType(
    "imported",
    group=Group.PEOPLE,
    icon="file-input",
    sentence=_("%(actor)s imported people or customers."),
)
