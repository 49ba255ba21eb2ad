from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.db import transaction
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.credentials.password import change
from doorward.environment import MailServer
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


Security = Literal["starttls", "tls", "none"]


def at(port: int, security: Security = "none", **fields: Any) -> MailServer:
    return MailServer(kind="smtp", host="127.0.0.1", port=port, security=security, **fields)


def send_one(person: Administrator) -> Delivery:
    """Have one message made about a person and let the worker try to send it."""
    with transaction.atomic():
        change.send_link(person=person, actor=CONSOLE, now=timezone.now())
    run_once(timezone.now())
    return Delivery.objects.latest("id")
