"""A letter: all that a message's templates may say, read from rows when it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.accounts import staff_history
from doorward.accounts.models import Administrator
from doorward.accounts.required_of import required
from doorward.audit.actor import WITHOUT_BROWSER, ActorType
from doorward.audit.browsers import approximate, in_words
from doorward.audit.field_words import changes_in
from doorward.audit.models import Event
from doorward.customers import cached
from doorward.customers.models import CustomerKind
from doorward.notifications import names_and_times
from doorward.notifications.adoption import numbers
from doorward.notifications.envelope import in_envelope
from doorward.notifications.links_and_codes import Enclosed, NoLongerWanted, enclose
from doorward.notifications.mailboxes import change_of, minimum_of
from doorward.notifications.managing import Told, told_of
from doorward.notifications.messages import ASKED_FOR, Message
from doorward.notifications.rendering import render
from doorward.policy.field_words import WORDS
from doorward.recovery.events import by_support
from doorward.rollout import reminders, weekly
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from doorward.customers.brand_look import BrandLook
    from doorward.notifications.adoption import Number
    from doorward.notifications.mail import Mail
    from doorward.notifications.models import Delivery

# Where the inviter sat says nothing to somebody who is invited.
_NOWHERE = (Message.INVITATION,)
_LINK_LAST = (
    Message.ENABLED,
    Message.HELPED,
    Message.HELP_ASKED,
    Message.RECOVERED,
    Message.SUPPORT_ASKED,
    Message.WAIT_ASKED,
)
# What somebody asked for, or what concerns somebody who cannot sign in.
_NOT_OF_SECURITY = (
    *ASKED_FOR,
    *(Message.REMOVED, Message.SUSPENDED, Message.DEVICE_LOST, Message.ADOPTION_WEEKLY),
    Message.SUPPORT_ANSWERED,
    Message.MANAGING_ANSWERED,
)
# They say of each field what it was and what it is.
_WITH_CHANGES = (
    Message.PROTECTION_LOWERED,
    Message.PROTECTION_LOWERED_STAFF,
    Message.POLICY_CHANGED,
    Message.MINIMUM_CHANGED,
)
_OF_EXCEPTION = (Message.EXCEPTION_MADE, Message.EXCEPTION_MADE_COLLEAGUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What templates may say. Times and names are words already; `link` is a whole address or ''.

    `actor` is who did it where that was not the receiver; `own`: it was the receiver. `facts` are the
    lines that say when, where and by whom. `link_last`: it undoes what happened.
    `copy`: it goes to the second address; `second` is the one that the event is about.
    """

    message: Message
    brand: BrandLook
    name: str
    mailbox: str
    customer: str
    # Whoever reads it is one of the provider's own people.
    to_provider: bool
    subject: str
    actor: str
    own: bool
    facts: list[tuple[str, str]]
    copy: bool
    second: str
    link: str
    link_last: bool
    code: str
    until: str
    required: bool
    factor: str
    left: int
    old_email: str
    new_email: str
    by_colleague: bool
    takes_effect: str
    # Of a policy or a minimum: whether it requires two factors of everybody from now on; None: that is as it was.
    policy_requires: bool | None
    planned: bool
    withdrawn: bool
    what: str
    # Of help after a loss: the event, whether support asked for it, whether time alone approves it, where support sees
    # it, and at whose company it is.
    event: str
    by_support: bool
    waits: bool
    request: str
    company: str
    # Of a minimum: where it is changed, and the name of its brand (empty: it is a customer's).
    minimum: str = ""
    of_brand: str = ""
    # Of adoption: everybody's or the customer's, and the numbers.
    of_all: bool = False
    numbers: tuple[Number, ...] = ()
    # Of managing: what it is about, and what was looked at and done.
    managing: Told | None = None

    def at(self, path: str) -> str:
        """Return the whole address of a path of this brand's portal."""
        return self.brand.address(path)

    @property
    def lost(self) -> str:
        """Where a lost device is reported, in messages that tell of one's security; '' in all others."""
        return "" if self.message in _NOT_OF_SECURITY else self.at("/security/lost/")

    @property
    def support(self) -> list[str]:
        """How the support is reached."""
        return names_and_times.support(self.brand)


def write(delivery: Delivery, *, now: datetime) -> Mail:
    """Return the message of a delivery, ready to be sent. Raises `NoLongerWanted`."""
    people = Administrator.objects.everywhere().select_related("customer__brand")
    person = people.filter(id=delivery.administrator_id).first()
    event = Event.objects.filter(id=delivery.event_id).first()
    if person is None or event is None:
        raise NoLongerWanted("the person or the event is not there any more")
    message = Message(delivery.template)
    if message is Message.SET_UP_REMINDER and not reminders.still_wanted(person, now=now):
        raise NoLongerWanted("it is set up, or no longer asked for")
    if message is Message.ADOPTION_WEEKLY and not weekly.still_wanted(
        person, of_all=_of_all(event)
    ):
        raise NoLongerWanted("it is not wanted any more, or the right to it is gone")
    if not staff_history.may_be_told(event, person):
        raise NoLongerWanted("it is about what they do not see any more")
    enclosed = enclose(message, event, copy=delivery.is_copy, now=now)
    with translation.override(person.language or settings.LANGUAGE_CODE):
        letter = _letter(message, event, person, delivery, enclosed, now=now)
        rendered = render(message, letter=letter, accent=letter.brand.accent)
        return in_envelope(rendered, letter.brand, delivery=delivery, event=event)


def _letter(  # noqa: PLR0913 - all that a letter is made of
    message: Message,
    event: Event,
    person: Administrator,
    delivery: Delivery,
    enclosed: Enclosed,
    *,
    now: datetime,
) -> Letter:
    brand = cached.brand_of(person.customer.brand_id)
    change = change_of(event)
    actor = _actor(event, person, brand)
    until, takes_effect = enclosed.until, change.not_before if change else None
    return Letter(
        message=message,
        brand=brand,
        name=names_and_times.name(person.full_name),
        mailbox=delivery.address,
        customer=names_and_times.name(person.customer.name),
        to_provider=person.customer.kind == CustomerKind.PROVIDER,
        subject=names_and_times.person(event.subject_name, event.subject_email),
        actor=actor,
        own=event.actor_id == person.id,
        facts=[*_facts(message, event, actor=actor, zone=person.time_zone), *_again(delivery)],
        copy=delivery.is_copy,
        second=str(event.typed.get("second_email", "")),
        link=brand.address(enclosed.path) if enclosed.path else "",
        link_last=message in _LINK_LAST,
        code=_grouped(enclosed.code),
        until=names_and_times.moment(until, zone=person.time_zone) if until else "",
        required=required(person, now=now),
        factor=names_and_times.name(str(event.typed.get("factor", ""))),
        left=_number(event.details.get("left")),
        old_email=change.old_email if change else "",
        new_email=change.email if change else "",
        by_colleague=bool(change and change.by_colleague),
        takes_effect=names_and_times.moment(takes_effect, zone=person.time_zone)
        if takes_effect
        else "",
        policy_requires=_yes_or_no(event.details.get("require_2fa")),
        planned=event.type.endswith("_planned"),
        withdrawn=event.type.endswith("_withdrawn"),
        what=names_and_times.name(str(event.details.get("what", ""))),
        event=event.type,
        by_support=by_support(event),
        waits=event.details.get("waits") is True,
        request=f"/customers/{event.customer_id}/requests/{event.details.get('request')}/",
        company=names_and_times.name(event.customer_name),
        minimum=_minimum(message, event),
        of_brand=names_and_times.name(str(event.details.get("brand", ""))),
        of_all=_of_all(event),
        numbers=_numbers(message, event, person, now=now),
        managing=told_of(event),
    )


def _minimum(message: Message, event: Event) -> str:
    """Return the path at which the provider changes the minimum that a message is about."""
    owner = minimum_of(event) if message is Message.MINIMUM_WAVE_PAUSED else None
    if owner is None:
        return ""
    return (
        f"/brands/{owner.brand_id}/minimum/"
        if owner.brand_id
        else f"/customers/{owner.customer_id}/minimum/"
    )


def _of_all(event: Event) -> bool:
    return event.details.get("of_all") is True


def _numbers(
    message: Message, event: Event, person: Administrator, *, now: datetime
) -> tuple[Number, ...]:
    if message is not Message.ADOPTION_WEEKLY:
        return ()
    return numbers(None if _of_all(event) else person.customer_id, person.staff_scope, now=now)


def _facts(message: Message, event: Event, *, actor: str, zone: str) -> list[tuple[str, str]]:
    browser, network = in_words(event.browser), approximate(event.address)
    if message in _NOWHERE or event.actor_type in WITHOUT_BROWSER:
        browser, network = "", ""
    facts = [
        (_("When"), names_and_times.moment(_moment(message, event), zone=zone)),
        (_("By"), actor),
        (_("Browser"), browser),
        (_("Network"), network),
    ]
    facts += [
        (f"{name[:1].upper()}{name[1:]}", f"{before or '–'} → {after or '–'}")
        for name, before, after in changes_in(event.details, WORDS)
        if message in _WITH_CHANGES
    ]
    if message in {Message.POLICY_CHANGED, Message.MINIMUM_CHANGED}:
        facts += _of_version(event, zone=zone)
    if message is Message.SET_UP_REMINDER:
        day = str(event.details.get("day", ""))
        facts = [
            (_("Required from"), names_and_times.moment(datetime.fromisoformat(day), zone=zone))
        ]
    if message in _OF_EXCEPTION:
        facts += _of_exception(event, zone=zone)
    return [(name, value) for name, value in facts if value]


def _of_version(event: Event, *, zone: str) -> list[tuple[str, str]]:
    """Return from when a version holds that is planned, and why it was saved."""
    starts, reason = str(event.details.get("starts", "")), str(event.details.get("reason", ""))
    from_when = names_and_times.moment(datetime.fromisoformat(starts), zone=zone) if starts else ""
    return [(_("Holds from"), from_when), (_("Reason"), names_and_times.name(reason))]


def _of_exception(event: Event, *, zone: str) -> list[tuple[str, str]]:
    """Return until when an exception runs, why it was made, and how many there were for the person with it."""
    ends, times = str(event.details.get("ends", "")), _number(event.details.get("exceptions"))
    until = names_and_times.moment(datetime.fromisoformat(ends), zone=zone) if ends else ""
    return [
        (_("Ends"), until),
        (_("Reason"), names_and_times.name(str(event.typed.get("reason", "")))),
        (_("Exceptions so far"), str(times) if times > 1 else ""),
    ]


def _again(delivery: Delivery) -> list[tuple[str, str]]:
    """Return the line that says how often the same happened again before this was sent."""
    if not delivery.repeated:
        return []
    text = ngettext("%(times)s more time", "%(times)s more times", delivery.repeated)
    return [(_("Again"), text % {"times": delivery.repeated})]


def _moment(message: Message, event: Event) -> datetime:
    """Return when it happened: a sign-in that was left is only found to be so later."""
    if message is Message.SIGN_IN_ABANDONED and event.session_id:
        session = Session.objects.filter(id=event.session_id).first()
        return session.created_at if session else event.at
    return event.at


def _actor(event: Event, person: Administrator, brand: BrandLook) -> str:
    if event.actor_type == ActorType.OPERATOR:
        return _("the operator of %(brand)s") % {"brand": brand.name}
    if event.actor_id == person.id:
        return ""
    actor = names_and_times.person(event.actor_name, event.actor_email)
    if event.on_behalf_of_id is None:
        return actor
    whom = names_and_times.person(event.on_behalf_of_name, event.on_behalf_of_email)
    return _("%(actor)s, on behalf of %(whom)s") % {"actor": actor, "whom": whom}


def _yes_or_no(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _grouped(code: str) -> str:
    """Return the digits of a code in two groups; words stay as they are."""
    return f"{code[:4]} {code[4:]}" if code.isdecimal() else code


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
