"""From an event's row to what is sealed of it (`docs/history.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit import chain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from doorward.audit.models import Event


def leaf_of(event: Event) -> bytes:
    """Return the hash of an event that a batch commits to."""
    return chain.leaf_hash(
        {
            "id": event.id,
            "public_id": str(event.public_id),
            "at": chain.timestamp(event.at),
            "kind": event.kind,
            "outcome": event.outcome,
            "actor_type": event.actor_type,
            "actor_id": _text(event.actor_id),
            "subject_id": _text(event.subject_id),
            "customer_id": _text(event.customer_id),
            "customer_name": event.customer_name,
            "session_id": _text(event.session_id),
            "request_id": event.request_id,
            "details": _object(event.details),
            "actor": actor_hash(event).hex(),
            "subject": subject_hash(event).hex(),
        }
    )


def actor_hash(event: Event) -> bytes:
    """Return the hash that stands for the actor's part; the kept one where it was erased."""
    part = {
        "actor_name": event.actor_name,
        "actor_email": event.actor_email,
        "address": event.address,
        "browser": event.browser,
    }
    return _part_hash(event.actor_salt, event.actor_hash, part)


def subject_hash(event: Event) -> bytes:
    """Return the hash that stands for the subject's part; the kept one where it was erased."""
    part = {
        "subject_name": event.subject_name,
        "subject_email": event.subject_email,
        "typed": _object(event.typed),
    }
    return _part_hash(event.subject_salt, event.subject_hash, part)


def owner_of_actor_part(event: Event) -> UUID | None:
    """Return whom the actor's part tells of: where nobody is known to have acted, the subject."""
    return event.actor_id or event.subject_id


def _part_hash(
    salt: bytes | memoryview | None, kept: bytes | memoryview | None, part: Mapping[str, object]
) -> bytes:
    if salt is not None:
        return chain.personal_hash(bytes(salt), part)
    # Erased: whatever stands in the part now was put there later.
    is_empty = not any(part.values())
    return bytes(kept) if kept is not None and is_empty else b""


def _object(found: object) -> dict[str, object]:
    # Whoever changes rows can put anything there; it must be found, not stumbled over.
    return found if isinstance(found, dict) else {"": found}


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None
