"""What people were told, and what they asked for and got no answer to.

A change counts as acknowledged once its answer has arrived; until then it is in doubt: after a kill
it is there wholly, with its events, or not at all.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from doorward.accounts.models import Status
from tests.kit.people import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from doorward.audit.events import EventType
    from tests.browser.authenticator import Authenticator


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What somebody may count on."""

    email: str
    password: str = PASSWORD
    status: Status = Status.ACTIVE
    required: bool = False
    # Of their app, and whether its recovery codes are saved.
    secret: bytes = b""
    saved: bool = False
    codes: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


@dataclass
class Somebody:
    """One person of one round, and what they did."""

    id: UUID
    known: Known
    # What happened to them before any journey.
    before: Counter[str]
    app: Authenticator | None = None
    happened: Counter[str] = field(default_factory=Counter)
    doubt: tuple[Known, Counter[str]] | None = None

    @contextmanager
    def asks(self, *types: EventType, **changed: Any) -> Iterator[None]:
        """Send something within: answered, it is acknowledged; broken off, it stays in doubt."""
        self.doubt = replace(self.known, **changed), Counter(types)
        yield
        self._settle()

    def settle(self, events: Counter[str]) -> bool:
        """Take what happened from history, where there was doubt; return whether history makes sense."""
        fresh = events - self.before - self.happened
        if self.doubt is not None and fresh == self.doubt[1]:
            self._settle()
        self.doubt = None
        return events == self.before + self.happened

    def _settle(self) -> None:
        assert self.doubt is not None
        self.known, types = self.doubt
        self.happened += types
        self.doubt = None
