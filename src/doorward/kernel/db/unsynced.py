"""What is committed, and need not outlive a power cut: nobody was told of it, or loses nothing by it.

Everybody sees it at once, and it outlives a process that is killed. The next commit that is waited for brings it to the
disk as well, so whatever was answered with is there. Waiting for a disk takes milliseconds, and a thread that slept
finds the processor's caches full of others' things: of a password's request, its hash apart, a seventh of the CPU; of
a page that writes down when its session was used last, an eighth, and six of seven milliseconds by the clock.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def unsynced() -> AbstractContextManager[object]:
    """Return a context in which no commit waits for the disk; in a transaction and on PostgreSQL it changes nothing."""
    connection = connections[DEFAULT_DB_ALIAS]
    return getattr(connection, "unsynced", nullcontext)()
