"""What forgetting and erasing leave in history: an event, or a hash, with a proof that takes the key file to make.

Whoever can write to the database alone can take names and events away, and can write such an event; the proof
they cannot (decision 0031). It says nothing of when: what is told too early is found by its date.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.events import EventType
    from doorward.audit.models import ErasedEvent, Event


def proof(event_type: EventType, what: UUID | int) -> str:
    """Return the proof that goes into the details of such an event: of who was erased, or up to which batch."""
    return keyed_hash(f"history/{event_type}", str(what)).hex()


def proof_of_erased(event_id: int, leaf: bytes) -> bytes:
    """Return the proof that stands beside the hash of an event whose customer was deleted for good."""
    return keyed_hash("history/erased_event", f"{event_id}:{leaf.hex()}")


def holds_erased(erased: ErasedEvent) -> bool:
    """Return whether Doorward itself put this hash in the place of an event."""
    wanted = proof_of_erased(erased.id, bytes(erased.leaf))
    return hmac.compare_digest(bytes(erased.proof), wanted)


def holds(event: Event, event_type: EventType, what: UUID | int) -> bool:
    """Return whether Doorward itself wrote this event."""
    details = event.details if isinstance(event.details, dict) else {}
    given = str(details.get("proof")).encode(errors="surrogatepass")
    return hmac.compare_digest(given, proof(event_type, what).encode())
