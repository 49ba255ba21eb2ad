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

IMPORT_STOPPED = EventType(
    "import_stopped",
    group=Group.PEOPLE,
    icon="circle-pause",
    sentence=_("%(actor)s stopped an import."),
    tone="warn",
)

IMPORT_GOES_ON = EventType(
    "import_goes_on",
    group=Group.PEOPLE,
    icon="circle-play",
    sentence=_("%(actor)s went on with an import."),
)

IMPORT_DISCARDED = EventType(
    "import_discarded",
    group=Group.PEOPLE,
    icon="trash-2",
    sentence=_("%(actor)s discarded an import."),
)

IMPORT_REPORTED = EventType(
    "import_reported",
    group=Group.PEOPLE,
    icon="download",
    sentence=_("%(actor)s downloaded the report of an import."),
)

# Inviting those whom an import brought is a run like an import, and is told as what it is.
INVITING_STOPPED = EventType(
    "inviting_stopped",
    group=Group.PEOPLE,
    icon="circle-pause",
    sentence=_("%(actor)s stopped inviting imported people."),
    tone="warn",
)

INVITING_GOES_ON = EventType(
    "inviting_goes_on",
    group=Group.PEOPLE,
    icon="circle-play",
    sentence=_("%(actor)s went on inviting imported people."),
)

INVITING_DISCARDED = EventType(
    "inviting_discarded",
    group=Group.PEOPLE,
    icon="trash-2",
    sentence=_("%(actor)s ended inviting imported people."),
)

INVITING_REPORTED = EventType(
    "inviting_reported",
    group=Group.PEOPLE,
    icon="download",
    sentence=_("%(actor)s downloaded the report of inviting imported people."),
)
