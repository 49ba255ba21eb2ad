from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db.models import Q

from doorward.accounts.models import Administrator
from doorward.audit.events import Audience, Notification
from doorward.audit.models import Event
from doorward.credentials.events import RECOVERED
from doorward.customers.models import Brand
from doorward.notifications.events import ALL
from doorward.notifications.messages import FOR_THE_MAILBOX
from doorward.notifications.models import Delivery, State
from doorward.recovery.events import HELP_ASKED, HELPED, SUPPORT_ASKED, WAIT_ASKED
from tests.kit import people as kit_people
from tests.notifications.happenings import (
    HAPPENINGS,
    NEW_EMAIL,
    STAFF_EMAIL,
    Stage,
    email_asked_by_colleague,
)
from tests.notifications.mails import Folder, part

if TYPE_CHECKING:
    from email.message import EmailMessage

    from doorward.audit.events import EventType

pytestmark = pytest.mark.one_database

RUN_TOGETHER = re.compile(r"[a-zäöü][.!?][A-ZÄÖÜ0-9]")
# A token is longer than whatever stands in the address of a page.
LONGEST_PLAIN = 20
HREF = re.compile(r'(?:href|src|action)="([^"]*)"')


@pytest.fixture
def stage(owner: Administrator, colleague: Administrator, folder: Folder) -> Stage:
    people = Administrator.objects.everywhere()
    people.filter(id=colleague.id).update(
        language="de", time_zone="Europe/Berlin", second_email="colleague@second.example"
    )
    brand = {"support_email": "help@northline.example", "support_phone": "0800 555 019"}
    Brand.objects.update(name="Northline", accent="#0b6e4f", support_hours="8–18 h", **brand)
    kit_people.forget_caches()
    folder.said()  # whatever the people's adding said
    return Stage(person=kit_people.again(colleague), owner=kit_people.again(owner))


def test_there_is_a_happening_for_every_event_that_somebody_is_told_of() -> None:
    assert set(HAPPENINGS) == {
        event_type for event_type in ALL.values() if event_type.notifications
    }


# What the person reads; who is told beside them reads the other one.
@pytest.mark.parametrize("language", ["de", pytest.param("en", marks=pytest.mark.at_length)])
@pytest.mark.parametrize("event_type", HAPPENINGS)
def test_every_event_is_told_to_whom_the_catalogue_says(
    event_type: EventType, language: str, stage: Stage, folder: Folder
) -> None:
    other = {"de": "en", "en": "de"}[language]
    everybody = Administrator.objects.everywhere()
    everybody.update(language=other)
    everybody.filter(id=stage.person.id).update(language=language)
    HAPPENINGS[event_type](stage)
    folder.new(now=stage.now)

    # The provider's history has some of them too, as copies.
    first = ~Q(details__has_key="copy")
    event = Event.objects.filter(first, type=event_type).latest("id")
    rows = Delivery.objects.filter(event_id=event.id)
    assert {(row.template, row.address) for row in rows} == {
        (notification.message, address)
        for notification in event_type.notifications
        if notification.only_if(event)
        for address in _mailboxes(notification, stage, event)
    }
    assert {row.state for row in rows} == {State.SENT}
    assert not Event.objects.filter(dispatched_at__isnull=True).exists()
    sent = {message["To"]: message for message in folder.all()}
    own = {
        stage.person.email,
        NEW_EMAIL,
        event.typed.get("second_email", stage.person.second_email),
    }
    for row in rows:
        _check(sent[row.address], language=language if row.address in own else other)
        objects = {HELPED, HELP_ASKED, RECOVERED, SUPPORT_ASKED, WAIT_ASKED}
        if row.is_copy and event_type not in objects:
            _proves_nothing(sent[row.address])


def test_a_change_by_a_colleague_is_put_to_both_addresses(stage: Stage, folder: Folder) -> None:
    email_asked_by_colleague(stage)
    sent = {message["To"]: message for message in folder.new(now=stage.now)}
    new, old = sent.pop(NEW_EMAIL), sent.pop(stage.person.email)
    assert set(sent) == {stage.person.second_email}
    for message in (new, old):
        assert stage.owner.full_name in part(message, "plain")
        _check(message, language="de")
    assert "/e-mail/confirm/" in part(new, "plain")
    assert "/e-mail/confirm/" in part(old, "plain")


def _mailboxes(notification: Notification, stage: Stage, event: Event) -> set[str]:
    second = kit_people.again(stage.person).second_email
    match notification.audience:
        case Audience.PERSON:
            is_told = second and notification.message not in FOR_THE_MAILBOX
            return {stage.person.email, *([second] if is_told else [])}
        case Audience.OLD_ADDRESS | Audience.MINIMUM_KEEPERS:
            return {stage.person.email}
        case Audience.NEW_ADDRESS:
            return {NEW_EMAIL}
        case Audience.SECOND_ADDRESS:
            return {event.typed.get("second_email", second)}
        case Audience.ADMINISTRATORS | Audience.INVITER:
            return {stage.owner.email}
        case Audience.STAFF | Audience.ASKER:
            return {STAFF_EMAIL}


def _proves_nothing(message: EmailMessage) -> None:
    """A second address is told: no link in it is anybody's own, and no code stands in it."""
    text, html = part(message, "plain"), part(message, "html")
    links = HREF.findall(html) + re.findall(r"https?://[^\s<>\"]+", text)
    parts = {part for link in links for part in urlsplit(link).path.split("/")}
    assert not [part for part in parts if len(part) > LONGEST_PLAIN]
    assert not re.search(r"\b\d{4} \d{4}\b", text)


def _check(message: EmailMessage, *, language: str) -> None:
    text, html = part(message, "plain"), part(message, "html")
    assert message["From"].startswith("Northline <")
    assert message["Subject"]
    assert message["Content-Language"] == language
    assert message.get_content_type() == "multipart/alternative"
    for body in (text, html):
        for wrong in ("None", "Undefined", "%(", "{{", "{%", "&amp;lt;"):
            assert wrong not in body
        for said in ("Northline", "0800 555 019", "help@northline.example", "Harbour Bakery"):
            assert said in " ".join(body.split())
    assert "<img" not in html
    assert "<p></p>" not in html
    for address in HREF.findall(html) + re.findall(r"https?://[^\s<>\"]+", text):
        assert address.startswith(f"{settings.DOORWARD.origin}/"), address
    assert "\n\n\n" not in text
    assert not RUN_TOGETHER.search(text)
    assert all(len(line) <= 78 for line in text.splitlines() if "://" not in line)
