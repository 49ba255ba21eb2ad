"""What an event is, and what is recorded of history itself. Every subject has an `events.py` of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import _StrPromise

    from doorward.audit.models import Event


class Outcome(StrEnum):
    """How it ended: done, refused by a rule, or tried with a wrong proof."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class Group(StrEnum):
    """What history can be narrowed to."""

    SIGN_IN = "sign-in"
    TWO_FACTOR = "two-factor"
    PASSWORD = "password"  # noqa: S105 - a group of events
    PEOPLE = "people"
    ACCOUNT = "account"


class Audience(StrEnum):
    """Whose mailbox a message goes to."""

    PERSON = "the person"
    ADMINISTRATORS = "everyone with the Administrators tab"
    STAFF = "the provider's people with the Administrators tab"
    MINIMUM_KEEPERS = "the provider's people who may change that minimum"
    INVITER = "whoever invited them"
    ASKER = "whoever of the support asked"
    OLD_ADDRESS = "the old address"
    NEW_ADDRESS = "the new address"
    SECOND_ADDRESS = "the person's second address"


def always(event: Event) -> bool:
    """Return True: the event is worth a message each time."""
    del event
    return True


def by_somebody_else(event: Event) -> bool:
    """It was done to them: whoever does it to themselves knows."""
    return event.actor_id != event.subject_id


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one audience, by the name of its template. `only_if` looks at the event."""

    audience: Audience
    message: str
    only_if: Callable[[Event], bool] = always


def to_person(message: str, only_if: Callable[[Event], bool] = always) -> tuple[Notification, ...]:
    """Return one message to whom it happened."""
    return (Notification(Audience.PERSON, message, only_if),)


def to_person_and_colleagues(message: str, colleagues: str) -> tuple[Notification, ...]:
    """Return a message to whom it happened, and another to everyone with the Administrators tab."""
    return (
        Notification(Audience.PERSON, message),
        Notification(Audience.ADMINISTRATORS, colleagues),
    )


class EventType(str):
    """One type of event: its key, which is what is stored, with all that is ever said of it.

    `sentence` where somebody did it alone or to themselves, `by_another` where somebody did it to somebody else (none:
    `sentence` says that too); both may name `actor` and `subject`. `by_strangers`: anybody at all can
    cause it. A refused or failed event notifies nobody.
    """

    __slots__ = ("by_another", "by_strangers", "group", "icon", "notifications", "sentence", "tone")

    def __new__(  # noqa: PLR0913 - it is all declared here
        cls,
        key: str,
        *,
        group: Group,
        icon: str,
        sentence: _StrPromise,
        by_another: _StrPromise | None = None,
        tone: str = "",
        by_strangers: bool = False,
        notifications: tuple[Notification, ...] = (),
    ) -> Self:
        """Declare a type of event."""
        made = super().__new__(cls, key)
        made.group, made.icon, made.tone = group, icon, tone
        made.sentence, made.by_another = sentence, by_another
        made.by_strangers, made.notifications = by_strangers, notifications
        return made

    group: Group
    icon: str
    sentence: _StrPromise
    by_another: _StrPromise | None
    tone: str
    by_strangers: bool
    notifications: tuple[Notification, ...]


ADMINISTRATOR_ERASED = EventType(
    "administrator_erased",
    group=Group.PEOPLE,
    icon="eraser",
    sentence=_("%(actor)s erased the personal data of somebody who had been removed."),
)

SELFTEST_RUN = EventType(
    "selftest_run",
    group=Group.ACCOUNT,
    icon="shield-check",
    sentence=_("%(actor)s ran the selftest against the portal."),
)

HISTORY_EXPORTED = EventType(
    "history_exported",
    group=Group.PEOPLE,
    icon="download",
    sentence=_("%(actor)s exported the history."),
)

PEOPLE_EXPORTED = EventType(
    "people_exported",
    group=Group.PEOPLE,
    icon="download",
    sentence=_("%(actor)s exported a list of people."),
)

ADOPTION_EXPORTED = EventType(
    "adoption_exported",
    group=Group.ACCOUNT,
    icon="download",
    sentence=_("%(actor)s exported how many people of each customer use two factors."),
)

EVIDENCE_MADE = EventType(
    "evidence_made",
    group=Group.ACCOUNT,
    icon="download",
    sentence=_("%(actor)s made an evidence pack of the account."),
    notifications=(Notification(Audience.ADMINISTRATORS, "evidence_made"),),
)

HISTORY_FORGOTTEN = EventType(
    "history_forgotten",
    group=Group.ACCOUNT,
    icon="eraser",
    sentence=_("%(actor)s deleted history that had reached the end of its retention."),
)

KEY_MADE = EventType(
    "key_made",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s made a new key for secrets at rest."),
)

KEYS_ROTATED = EventType(
    "keys_rotated",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s sealed all secrets at rest with the newest key."),
)

KEY_DROPPED = EventType(
    "key_dropped",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s removed an old key from the key file."),
)

KEYS_COPIED = EventType(
    "keys_copied",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s took an encrypted copy of the key file."),
)

BACKUP_TAKEN = EventType(
    "backup_taken",
    group=Group.ACCOUNT,
    icon="archive",
    sentence=_("%(actor)s took a backup of the whole database."),
)

BACKUP_PUT_BACK = EventType(
    "backup_put_back",
    group=Group.ACCOUNT,
    icon="archive-restore",
    sentence=_("%(actor)s put a backup back. What was done after it was made is undone."),
    tone="warn",
)
