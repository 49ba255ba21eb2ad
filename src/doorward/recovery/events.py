"""What is recorded of taking an account back: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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


def by_support(event: Event) -> bool:
    """Return whether it is about what the provider's support asked for."""
    return str(event.details.get("way")) == "support"


def of_waiting(event: Event) -> bool:
    """Return whether it is about somebody who asked to wait."""
    return str(event.details.get("way")) == "waiting"


# Whoever of the support asked is told what became of it, in one message for all of it.
_ANSWERED: Final = (Notification(Audience.ASKER, "support_answered", by_support),)

NOT_ME = EventType(
    "not_me",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("%(subject)s said “This was not me” and took the account back."),
    tone="bad",
    notifications=to_person_and_colleagues("not_me", "not_me_colleague"),
)

HELPED = EventType(
    "helped",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("%(subject)s was given a set-up pass, and their devices were suspended."),
    by_another=_("%(actor)s gave %(subject)s a set-up pass, and their devices were suspended."),
    tone="warn",
    notifications=to_person_and_colleagues("helped", "helped_colleague"),
)

SUPPORT_ASKED = EventType(
    "support_asked",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("Support asked for help for %(subject)s, who has lost their devices."),
    by_another=_(
        "%(actor)s from support asked for help for %(subject)s, who has lost their devices."
    ),
    tone="warn",
    notifications=to_person_and_colleagues("support_asked", "support_asked_colleague"),
)

HELP_ASKED = EventType(
    "help_asked",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_("Help was asked for, since %(subject)s has lost their devices."),
    by_another=_("%(actor)s asked for help for %(subject)s, who has lost their devices."),
    tone="warn",
    notifications=to_person_and_colleagues("help_asked", "help_asked_colleague"),
)

WAIT_ASKED = EventType(
    "wait_asked",
    group=Group.TWO_FACTOR,
    icon="clock",
    sentence=_("%(subject)s has lost their devices and asked to wait, with password and mailbox."),
    tone="warn",
    notifications=to_person_and_colleagues("wait_asked", "wait_asked_colleague"),
)

PASS_MAILED = EventType(
    "pass_mailed",
    group=Group.TWO_FACTOR,
    icon="mail",
    sentence=_("A set-up pass was mailed to %(subject)s: nobody objected while they waited."),
    tone="warn",
    notifications=(*to_person_and_colleagues("pass_mailed", "pass_mailed_colleague"), *_ANSWERED),
)

HELP_AGREED = EventType(
    "help_agreed",
    group=Group.TWO_FACTOR,
    icon="check",
    sentence=_("Help for %(subject)s is agreed to: nobody objected in time."),
    by_another=_("%(actor)s agreed to help for %(subject)s."),
    notifications=(*to_person_and_colleagues("help_agreed", "help_agreed"), *_ANSWERED),
)

HELP_REFUSED = EventType(
    "help_refused",
    group=Group.TWO_FACTOR,
    icon="ban",
    sentence=_("%(subject)s refused the help that was asked for in their name."),
    by_another=_("%(actor)s refused help for %(subject)s."),
    tone="warn",
    notifications=(*to_person_and_colleagues("help_refused", "help_refused"), *_ANSWERED),
)

HELP_TRIED = EventType(
    "help_tried",
    group=Group.TWO_FACTOR,
    icon="ban",
    sentence=_("Help for %(subject)s was refused by a rule."),
    by_another=_("%(actor)s wanted to help %(subject)s, which a rule refused."),
)

HELP_ENDED = EventType(
    "help_ended",
    group=Group.TWO_FACTOR,
    icon="clock",
    sentence=_("Help for %(subject)s ended: it was not used in time, or no longer needed."),
    notifications=(*to_person("wait_ended", of_waiting), *_ANSWERED),
)

HELP_GAVE_WAY = EventType(
    "help_gave_way",
    group=Group.TWO_FACTOR,
    icon="clock",
    sentence=_("%(subject)s is helped in another way, so what was asked for before has ended."),
    by_another=_(
        "%(actor)s helps %(subject)s in another way, so what was asked for before has ended."
    ),
    notifications=(*to_person("wait_ended", of_waiting), *_ANSWERED),
)

PASS_USED = EventType(
    "pass_used",
    group=Group.SIGN_IN,
    icon="life-buoy",
    sentence=_("%(subject)s signed in with a set-up pass."),
    tone="warn",
)

PASS_FAILED = EventType(
    "pass_failed",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_("Somebody who knew the password of %(subject)s typed a wrong set-up pass."),
    tone="warn",
)

PASS_ENDED = EventType(
    "pass_ended",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("The set-up pass of %(subject)s no longer works, after five wrong attempts."),
    tone="bad",
    notifications=to_person_and_colleagues("pass_ended", "pass_ended"),
)

RECOVERY_CONFIRMED = EventType(
    "recovery_confirmed",
    group=Group.TWO_FACTOR,
    icon="user-check",
    sentence=_("It was %(subject)s who came back."),
    by_another=_("%(actor)s said that it was %(subject)s who came back."),
    tone="good",
)

RECOVERY_DENIED = EventType(
    "recovery_denied",
    group=Group.TWO_FACTOR,
    icon="shield-alert",
    sentence=_("It was not %(subject)s who came back: everything was ended."),
    by_another=_("%(actor)s said that it was not %(subject)s who came back: everything was ended."),
    tone="bad",
    notifications=(*to_person_and_colleagues("recovery_denied", "recovery_denied"), *_ANSWERED),
)

RESCUED = EventType(
    "rescued",
    group=Group.TWO_FACTOR,
    icon="life-buoy",
    sentence=_(
        "A link was printed on the server that lets %(subject)s back in. Their devices were suspended."
    ),
    by_another=_(
        "%(actor)s had a link printed on the server that lets %(subject)s back in. Their devices were suspended."
    ),
    tone="bad",
    notifications=to_person_and_colleagues("rescued", "rescued"),
)

RESCUE_USED = EventType(
    "rescue_used",
    group=Group.PASSWORD,
    icon="life-buoy",
    sentence=_("%(subject)s set a new password by a link that was printed on the server."),
    tone="bad",
    notifications=to_person_and_colleagues("rescue_used", "rescue_used"),
)

DEVICE_LOST = EventType(
    "device_lost",
    group=Group.TWO_FACTOR,
    icon="log-out",
    sentence=_("%(subject)s said that a device was lost, and was signed out everywhere."),
    tone="warn",
    notifications=to_person("device_lost"),
)

DEVICE_SUSPENDED = EventType(
    "device_suspended",
    group=Group.TWO_FACTOR,
    icon="smartphone",
    sentence=_("%(subject)s suspended a device that was lost."),
    tone="warn",
    notifications=to_person_and_colleagues("device_suspended", "device_suspended_colleague"),
)

CALLER_CHECK_BEGUN = EventType(
    "caller_check_begun",
    group=Group.TWO_FACTOR,
    icon="phone",
    sentence=_("%(actor)s began a caller check."),
    by_another=_("%(actor)s began a caller check with %(subject)s."),
)

CALLER_CHECKED = EventType(
    "caller_checked",
    group=Group.TWO_FACTOR,
    icon="phone",
    sentence=_("%(actor)s passed a caller check."),
    by_another=_("%(actor)s and %(subject)s made sure of each other on the phone."),
    tone="good",
)

CALLER_CHECK_FAILED = EventType(
    "caller_check_failed",
    group=Group.TWO_FACTOR,
    icon="phone",
    sentence=_("%(subject)s typed a wrong code in a caller check."),
    by_another=_("%(actor)s typed a wrong code in a caller check with %(subject)s."),
    tone="warn",
)
