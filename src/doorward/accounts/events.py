"""What is recorded of people: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    Audience,
    EventType,
    Group,
    Notification,
    to_person,
    to_person_and_colleagues,
)

if TYPE_CHECKING:
    from doorward.audit.models import Event


def not_at_adding(event: Event) -> bool:
    """It was required later than the person was added: the invitation says it too."""
    return not event.details.get("at_adding")


TWO_FACTOR_REQUIRED = EventType(
    "two_factor_required",
    group=Group.TWO_FACTOR,
    icon="shield",
    sentence=_("%(actor)s required two-factor sign-in of themselves."),
    by_another=_("%(actor)s required two-factor sign-in of %(subject)s."),
    tone="good",
    notifications=to_person("two_factor_required", not_at_adding),
)

TWO_FACTOR_NO_LONGER_REQUIRED = EventType(
    "two_factor_no_longer_required",
    group=Group.TWO_FACTOR,
    icon="shield",
    sentence=_("%(actor)s no longer requires two-factor sign-in of themselves."),
    by_another=_("%(actor)s no longer requires two-factor sign-in of %(subject)s."),
    tone="warn",
    notifications=to_person_and_colleagues(
        "two_factor_no_longer_required", "two_factor_no_longer_required_colleague"
    ),
)

EXCEPTION_MADE = EventType(
    "exception_made",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("%(actor)s made an exception from the policy for %(subject)s."),
    tone="warn",
    notifications=to_person_and_colleagues("exception_made", "exception_made_colleague"),
)

EXCEPTION_ENDED = EventType(
    "exception_ended",
    group=Group.TWO_FACTOR,
    icon="shield",
    sentence=_("The exception from the policy for %(subject)s ended."),
    by_another=_("%(actor)s ended the exception from the policy for %(subject)s."),
    tone="good",
    notifications=to_person_and_colleagues("exception_ended", "exception_ended_colleague"),
)

EMAIL_CHANGE_ASKED = EventType(
    "email_change_asked",
    group=Group.PASSWORD,
    icon="mail",
    sentence=_("%(subject)s asked to change their e-mail."),
    by_another=_("%(actor)s asked to change the e-mail of %(subject)s."),
    notifications=(
        Notification(Audience.NEW_ADDRESS, "email_change_new"),
        Notification(Audience.OLD_ADDRESS, "email_change_old"),
        Notification(Audience.SECOND_ADDRESS, "email_change_second"),
    ),
)

EMAIL_CHANGE_AGREED = EventType(
    "email_change_agreed",
    group=Group.PASSWORD,
    icon="mail-check",
    sentence=_("A change of the e-mail of %(subject)s was confirmed by mail."),
)

EMAIL_CHANGE_STOPPED = EventType(
    "email_change_stopped",
    group=Group.PASSWORD,
    icon="mail-x",
    sentence=_("A change of the e-mail of %(subject)s was stopped."),
    tone="warn",
    notifications=to_person("email_change_stopped"),
)

EMAIL_CHANGED = EventType(
    "email_changed",
    group=Group.PASSWORD,
    icon="mail-check",
    sentence=_("The e-mail of %(subject)s was changed."),
    by_another=_("%(actor)s changed the e-mail of %(subject)s."),
    notifications=(
        Notification(Audience.NEW_ADDRESS, "email_changed_new"),
        Notification(Audience.OLD_ADDRESS, "email_changed_old"),
        Notification(Audience.SECOND_ADDRESS, "email_changed_second"),
    ),
)

SECOND_ADDRESS_ASKED = EventType(
    "second_address_asked",
    group=Group.PASSWORD,
    icon="mail",
    sentence=_("%(subject)s asked for notifications to go to a second address, too."),
    notifications=(Notification(Audience.SECOND_ADDRESS, "second_address_confirm"),),
)

SECOND_ADDRESS_ADDED = EventType(
    "second_address_added",
    group=Group.PASSWORD,
    icon="mail-check",
    sentence=_("A second address for notifications of %(subject)s was confirmed."),
    notifications=to_person("second_address_added"),
)

SECOND_ADDRESS_REMOVED = EventType(
    "second_address_removed",
    group=Group.PASSWORD,
    icon="mail-x",
    sentence=_("A second address for notifications of %(subject)s was removed."),
    tone="warn",
    notifications=(
        Notification(Audience.PERSON, "second_address_removed"),
        Notification(Audience.SECOND_ADDRESS, "second_address_removed"),
    ),
)

ADMINISTRATOR_ADDED = EventType(
    "administrator_added",
    group=Group.PEOPLE,
    icon="user-plus",
    sentence=_("%(subject)s was added."),
    by_another=_("%(actor)s added %(subject)s."),
)

FIRST_LINK_MADE = EventType(
    "first_link_made",
    group=Group.PEOPLE,
    icon="key-round",
    sentence=_("A start printed a link that makes the first person of the provider."),
    tone="warn",
)

INVITATION_SENT = EventType(
    "invitation_sent",
    group=Group.PEOPLE,
    icon="mail",
    sentence=_("%(subject)s was invited."),
    by_another=_("%(actor)s invited %(subject)s."),
    notifications=to_person("invitation"),
)

INVITATION_ASKED = EventType(
    "invitation_asked",
    group=Group.PEOPLE,
    icon="mail-question-mark",
    sentence=_("%(subject)s asked for a new invitation because theirs had expired."),
    tone="warn",
    notifications=(
        Notification(Audience.ADMINISTRATORS, "invitation_asked"),
        Notification(Audience.INVITER, "invitation_asked"),
    ),
)

INVITATION_REVOKED = EventType(
    "invitation_revoked",
    group=Group.PEOPLE,
    icon="mail-x",
    sentence=_("The invitation of %(subject)s was revoked."),
    by_another=_("%(actor)s revoked the invitation of %(subject)s."),
)

MAIL_REFUSED = EventType(
    "mail_refused",
    group=Group.PEOPLE,
    icon="mail-x",
    sentence=_("Mail to %(subject)s was refused."),
    tone="warn",
)

DETAILS_CHANGED = EventType(
    "details_changed",
    group=Group.PEOPLE,
    icon="user-pen",
    sentence=_("%(subject)s changed their own details."),
    by_another=_("%(actor)s changed the details of %(subject)s."),
)

LANGUAGE_CHANGED = EventType(
    "language_changed",
    group=Group.PEOPLE,
    icon="languages",
    sentence=_("%(subject)s chose another language."),
)

RIGHTS_CHANGED = EventType(
    "rights_changed",
    group=Group.PEOPLE,
    icon="user-cog",
    sentence=_("%(actor)s changed their own access rights."),
    by_another=_("%(actor)s changed the access rights of %(subject)s."),
    notifications=to_person("rights_changed"),
)

SCOPE_CHANGED = EventType(
    "scope_changed",
    group=Group.PEOPLE,
    icon="scan-eye",
    sentence=_("%(actor)s changed which customers %(subject)s sees."),
)

ADMINISTRATOR_SUSPENDED = EventType(
    "administrator_suspended",
    group=Group.PEOPLE,
    icon="user-x",
    sentence=_("%(subject)s was suspended."),
    by_another=_("%(actor)s suspended %(subject)s."),
    tone="warn",
    notifications=to_person("suspended"),
)

ADMINISTRATOR_RESTORED = EventType(
    "administrator_restored",
    group=Group.PEOPLE,
    icon="user-check",
    sentence=_("%(subject)s was restored."),
    by_another=_("%(actor)s restored %(subject)s."),
    notifications=to_person("restored"),
)

ADMINISTRATOR_REMOVED = EventType(
    "administrator_removed",
    group=Group.PEOPLE,
    icon="user-x",
    sentence=_("%(subject)s was removed."),
    by_another=_("%(actor)s removed %(subject)s."),
    tone="warn",
    notifications=to_person("removed"),
)

CHANGE_REFUSED = EventType(
    "change_refused",
    group=Group.PEOPLE,
    icon="ban",
    sentence=_("A change that %(actor)s wanted to make was refused."),
    by_another=_("A change of %(subject)s by %(actor)s was refused."),
)
