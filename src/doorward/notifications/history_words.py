"""What history says of an event, in one plain sentence: picked here, worded in the `events.py` of each subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.audit.actor import ActorType
from doorward.audit.events import Group
from doorward.audit.naming import named
from doorward.notifications.events import ALL

if TYPE_CHECKING:
    from doorward.audit.models import Event


GROUP_TITLES: Final = {
    Group.SIGN_IN: gettext_lazy("Signing in and out"),
    Group.TWO_FACTOR: gettext_lazy("Two-factor sign-in"),
    Group.PASSWORD: gettext_lazy("Passwords and e-mail"),
    Group.PEOPLE: gettext_lazy("People and rights"),
    Group.ACCOUNT: gettext_lazy("Account and provider"),
}


def types_of(group: Group) -> list[str]:
    """Return the stored keys of a group's events."""
    return [key for key, event_type in ALL.items() if event_type.group is group]


def tell(event: Event) -> str:
    """Say in one sentence what happened, in the reader's language.

    People are named by name and e-mail, as they were at that moment: anybody may take a colleague's name.
    """
    event_type = ALL.get(event.type)
    if event_type is None:  # of a newer release, in a database that this one works on too
        return event.type
    for_other = event.subject_id is not None and event.subject_id != event.actor_id
    actor = _actor(event)
    subject = named(event.subject_name, event.subject_email)
    subject = subject or (_("(erased)") if for_other else actor)
    names = {"actor": actor, "subject": subject}
    text = (
        event_type.by_another
        if for_other and event_type.by_another is not None
        else event_type.sentence
    )
    return str(text) % names


def _actor(event: Event) -> str:
    """Name who acted, and on whose behalf."""
    actor = named(event.actor_name, event.actor_email) or _nobody(event)
    if event.on_behalf_of_id is None:
        return actor
    whom = named(event.on_behalf_of_name, event.on_behalf_of_email) or _("(erased)")
    return _("%(actor)s, on behalf of %(whom)s,") % {"actor": actor, "whom": whom}


def _nobody(event: Event) -> str:
    """Name who acted where it was no person of the portal, or one whose name was erased."""
    if event.actor_id is not None:
        return _("(erased)")
    if event.actor_type == ActorType.OPERATOR:
        return _("The operator")
    if event.actor_type == ActorType.PORTAL:
        return _("The portal")
    return _("Somebody")
