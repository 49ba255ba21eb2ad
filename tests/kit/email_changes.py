"""Another e-mail, asked for as the services do: clean, and under the person's lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts import email_change
from doorward.accounts.account import locked

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor


def ask_email(person: Administrator, email: str, *, actor: Actor, now: datetime) -> bool:
    """Ask for another e-mail of somebody; return whether it was another one."""
    with transaction.atomic():
        return email_change.ask(locked(person.id), email, actor=actor, now=now)
