"""What the tests of this subject share: rounds of the worker, and the mail that came of them."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from doorward.notifications import outbox
from doorward.notifications.delivery import deliver_due
from doorward.notifications.worker import run_once

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path

    from doorward.environment import MailServer


def read(content: bytes) -> EmailMessage:
    """Parse a message as a mail program does."""
    return message_from_bytes(content, policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    """Return one of the two alternatives, `plain` or `html`."""
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    content: str = body.get_content()
    return content


def send_to(monkeypatch: Any, server: MailServer, **fields: Any) -> None:
    """Have all mail go to this server from here on; `fields` are settings besides."""
    changed = settings.DOORWARD.model_copy(update=fields)
    monkeypatch.setattr(type(changed), "mail_server", property(lambda _self: server))
    monkeypatch.setattr(settings, "DOORWARD", changed)
    monkeypatch.setattr(settings, "EMAIL_BACKEND", server.backend)


class Folder:
    """The folder that mail goes to, as .eml files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[EmailMessage]:
        """Return all messages, the oldest first."""
        return [read(file.read_bytes()) for file in sorted(self.path.glob("*.eml"))]

    def said(self) -> None:
        """Send what was told of until now, and no more: without what else the worker does in a round."""
        outbox.dispatch(now=(now := timezone.now()))
        deliver_due(clock=lambda: now)

    def new(self, *, now: datetime | None = None) -> list[EmailMessage]:
        """Let the worker do what is due, and return what was sent in it."""
        before = set(self.path.glob("*.eml"))
        run_once(now or timezone.now())
        return [read(file.read_bytes()) for file in sorted(set(self.path.glob("*.eml")) - before)]
