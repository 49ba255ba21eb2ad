"""Mail is Django's: its messages, and any of its backends; ours are two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from doorward.audit.models import Event
from doorward.environment import MailServer
from doorward.notifications.models import Delivery, State
from doorward.notifications.worker import run_once
from tests.kit import people
from tests.notifications.mails import part, read, send_to

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from django.core.mail import EmailMessage

    from doorward.customers.models import Customer

pytestmark = pytest.mark.django_db


class Elsewhere(BaseEmailBackend):
    """Another provider's, over the network, that is down."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise LookupError(email_messages[0].body)


def test_any_of_django_s_backends_serves(customer: Customer, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    invited = people.invite(customer)
    assert run_once(timezone.now()) == 1
    (message,) = mail.outbox
    assert isinstance(message, mail.EmailMultiAlternatives)
    assert message.to == [invited.email]
    assert [kind for _content, kind in message.alternatives] == ["text/html"]
    event = Event.objects.get(id=Delivery.objects.get().event_id)
    assert message.extra_headers["Message-ID"].startswith(f"<{event.public_id.hex}.")
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_one_that_fails_is_tried_again_and_quoted_nowhere(
    customer: Customer, monkeypatch: Any, caplog: Any
) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", f"{__name__}.Elsewhere")
    people.invite(customer)
    assert run_once(timezone.now()) == 0
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == (State.DUE, 1, "LookupError")
    assert "/invitation/" not in caplog.text


def test_a_message_of_django_s_own_goes_into_the_folder(tmp_path: Path, monkeypatch: Any) -> None:
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    assert mail.send_mail("Disk full", "It is.", "a@x.example", ["operator@x.example"]) == 1
    (file,) = (tmp_path / "mail").glob("*.eml")
    message = read(file.read_bytes())
    assert (message["Subject"], message["To"]) == ("Disk full", "operator@x.example")
    assert part(message, "plain").strip() == "It is."


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("", "FolderBackend"),
        ("file:///var/mail", "FolderBackend"),
        ("smtps://x.example", "SmtpBackend"),
    ],
)
def test_the_address_of_the_mail_chooses_among_ours(url: str, backend: str) -> None:
    changed = settings.DOORWARD.model_copy(update={"email_url": url})
    assert changed.mail_server.backend == f"doorward.notifications.mail.{backend}"
