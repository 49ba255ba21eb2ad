from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from doorward.administrators.models import Administrator
from doorward.audit.models import Event
from doorward.customers.models import Brand
from doorward.notices.catalogue import CATALOGUE, NOBODY, Told
from doorward.notices.models import Delivery, State
from tests import support
from tests.notices.happenings import (
    HAPPENINGS,
    NEW_EMAIL,
    STAFF_EMAIL,
    Stage,
    email_asked_by_colleague,
)
from tests.notices.mails import Folder, part

if TYPE_CHECKING:
    from email.message import EmailMessage

    from doorward.audit.events import Kind

pytestmark = pytest.mark.one_database

RUN_TOGETHER = re.compile(r"[a-zäöü][.!?][A-ZÄÖÜ0-9]")
HREF = re.compile(r'(?:href|src|action)="([^"]*)"')


@pytest.fixture
def stage(owner: Administrator, colleague: Administrator, folder: Folder) -> Stage:
    people = Administrator.objects.everywhere()
    people.filter(id=colleague.id).update(language="de", time_zone="Europe/Berlin")
    brand = {"support_email": "help@northline.example", "support_phone": "0800 555 019"}
    Brand.objects.update(name="Northline", accent="#0b6e4f", support_hours="8–18 h", **brand)
    support.forget_caches()
    folder.new()  # whatever the people's adding said
    return Stage(person=support.again(colleague), owner=support.again(owner))


def test_there_is_a_happening_for_every_event_that_somebody_is_told_of() -> None:
    assert set(HAPPENINGS) == {kind for kind, notices in CATALOGUE.items() if notices != NOBODY}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", HAPPENINGS)
def test_every_event_is_told_to_whom_the_catalogue_says(
    kind: Kind, language: str, stage: Stage, folder: Folder
) -> None:
    Administrator.objects.everywhere().update(language=language)
    HAPPENINGS[kind](stage)
    folder.new(now=stage.now)

    event = Event.objects.filter(kind=kind.value).latest("id")
    rows = Delivery.objects.filter(event_id=event.id)
    assert {(row.template, row.address) for row in rows} == {
        (str(notice.message), _mailbox(notice.told, stage)) for notice in CATALOGUE[kind]
    }
    assert {row.state for row in rows} == {State.SENT}
    assert not Event.objects.filter(dispatched_at__isnull=True).exists()
    sent = {message["To"]: message for message in folder.all()}
    for row in rows:
        _check(sent[row.address], language=language)


def test_a_change_by_a_colleague_is_put_to_both_addresses(stage: Stage, folder: Folder) -> None:
    email_asked_by_colleague(stage)
    new, old = sorted(folder.new(now=stage.now), key=lambda one: one["To"] != NEW_EMAIL)
    assert (new["To"], old["To"]) == (NEW_EMAIL, stage.person.email)
    for message in (new, old):
        assert stage.owner.full_name in part(message, "plain")
        _check(message, language="de")
    assert "/e-mail/confirm/" in part(new, "plain")
    assert "/e-mail/confirm/" in part(old, "plain")


def _mailbox(told: Told, stage: Stage) -> str:
    match told:
        case Told.PERSON | Told.OLD_ADDRESS:
            return stage.person.email
        case Told.NEW_ADDRESS:
            return NEW_EMAIL
        case Told.ADMINISTRATORS | Told.INVITER:
            return stage.owner.email
        case Told.STAFF:
            return STAFF_EMAIL


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
