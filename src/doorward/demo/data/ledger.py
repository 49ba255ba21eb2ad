"""Rows of history for the demonstration, made in memory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from doorward.audit.actor import ActorType, CredentialType
from doorward.audit.events import EventType, Outcome
from doorward.audit.models import Event
from doorward.demo.data.character import DAYS, Character

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.audit.record import Detail, Typed
    from doorward.sessions.models import Session


@dataclass(slots=True)
class Ledger:
    """Events of the last weeks. The worker finds them looked at already, so that no mail goes out for them."""

    now: datetime
    events: list[Event] = field(default_factory=list)

    def note(  # noqa: PLR0913 - an event is this wide
        self,
        event_type: EventType,
        at: datetime,
        *,
        actor: Character | None,
        subject: Character | None = None,
        outcome: Outcome = Outcome.OK,
        session: Session | None = None,
        address: str = "",
        details: Mapping[str, Detail] | None = None,
        typed: Mapping[str, Typed] | None = None,
    ) -> None:
        """Add an event, if it lies within the history."""
        concerned, acting = subject or actor, actor or subject
        if concerned is None or acting is None or at < self.now - timedelta(days=DAYS):
            return
        at = at.astimezone(UTC)
        customer = concerned.person.customer
        event = Event(
            at=at,
            type=event_type,
            outcome=outcome.value,
            actor_type=(ActorType.PERSON if actor else ActorType.STRANGER).value,
            subject_id=concerned.person.id,
            subject_name=concerned.person.full_name,
            subject_email=concerned.person.email,
            customer_id=customer.id,
            customer_name=customer.name,
            credential=CredentialType.SESSION.value if session else "",
            credential_id=session.id if session else None,
            address=address or acting.address,
            browser=session.browser if session else acting.browser,
            request_id=secrets.token_hex(16),
            details=dict(details or {}),
            typed=dict(typed or {}),
            dispatched_at=at,
        )
        if actor is not None:
            event.actor_id, event.actor_email = actor.person.id, actor.person.email
            event.actor_name = actor.person.full_name
        self.events.append(event)
