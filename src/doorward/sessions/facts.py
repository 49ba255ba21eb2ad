"""What the access decision is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.permissions.staff_scope import Reach

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.policy.fields import Kinds
    from doorward.policy.rules import FactorKind, Policy


@dataclass(frozen=True, slots=True)
class FactorFacts:
    """One confirmed factor. `usable` is false when wrong codes disabled it, or it was said to be lost."""

    id: UUID
    kind: FactorKind
    usable: bool


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What was verified in this browser, and when (aware datetimes; None: not verified)."""

    created_at: datetime
    seen_at: datetime
    ended: bool
    security_version: int
    password_at: datetime | None
    factor_at: datetime | None
    factor_id: UUID | None
    recovery_at: datetime | None
    mailbox_at: datetime | None
    from_link: bool
    put_off: bool
    # A passkey that verified its user stood in for the password.
    passkey_at: datetime | None = None
    pass_at: datetime | None = None

    @property
    def by_pass(self) -> bool:
        """Whether a set-up pass alone let it in: no factor of the person's own was verified in it, nor a code."""
        return self.pass_at is not None and self.factor_at is None and self.recovery_at is None


@dataclass(frozen=True, slots=True)
class BindingFacts:
    """The short-lived cookie of a session that has a device's key: its hash, and that of the one before.

    `at`: since when the browser brings it (None: never yet); `until`, `before_until`: how long they count (aware).
    """

    hash: bytes
    until: datetime
    before: bytes | None = None
    before_until: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustFacts:
    """Under what this browser was trusted, for this very person (aware datetimes)."""

    trusted_at: datetime
    until: datetime
    security_version: int
    required: bool
    kinds: Kinds


@dataclass(frozen=True, slots=True)
class UnsavedCodes:
    """A set of recovery codes that waits to be saved. `own`: this very session was shown it, at `shown_at`."""

    own: bool
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class ManagingFacts:
    """The portal of a customer that this session of the provider's staff is in.

    As long as nothing more is known, it is over. `running`: it was agreed to, begun, and ended by nobody. `may`: who is
    there still may manage for that customer. `wanted`: the customer still wants it as it was agreed to. `behalf`: the
    person as whom it is seen is there, and holds `tabs`. `changes`: the customer agreed to changes, too.
    """

    running: bool = False
    until: datetime | None = None
    may: bool = False
    wanted: bool = False
    behalf: bool = False
    changes: bool = False
    tabs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the decision is made from, read live at each request."""

    session: SessionFacts | None
    administrator_active: bool
    customer_active: bool
    security_version: int
    factors: tuple[FactorFacts, ...]
    policy: Policy
    # None: there is no such set.
    recovery_unsaved: UnsavedCodes | None
    password_due: bool
    tabs: frozenset[str]
    # How far their scope goes: of a customer's people, over all of their own company.
    reach: Reach = Reach.CUSTOMERS
    mailbox_proof: bool = True
    # None: this browser was not trusted.
    trust: TrustFacts | None = None
    # The request asked under a host name that is not the customer's, or the session was begun at another brand's.
    elsewhere: bool = False
    # The session is bound to a device, and the request came without the cookie that only this device renews.
    unbound: bool = False
    # None: it is in no portal but its own.
    managing: ManagingFacts | None = None
