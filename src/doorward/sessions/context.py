"""Who sends a request: the session, the person, their factors, as typed values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from doorward.audit.actor import Actor, ClientInfo, Who, by_session
from doorward.audit.naming import full_name
from doorward.permissions.staff_scope import Scope

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.policy.rules import FactorKind
    from doorward.sessions.facts import Facts


@dataclass(frozen=True, slots=True)
class Person:
    """The administrator of a session, as pages and services need them."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    language: str
    time_zone: str
    tab_keys: frozenset[str]
    customer_id: UUID
    customer_name: str
    brand_id: UUID
    is_staff: bool
    # Of the provider's people: which customers they are there for.
    scope: Scope
    require_2fa: bool
    password_due: str

    @property
    def history_scope(self) -> Scope:
        """What of their company's history they see: a customer's people all of it, the provider's their scope."""
        return self.scope if self.is_staff else Scope.EVERYTHING

    @property
    def full_name(self) -> str:
        """Both names as they are read."""
        return full_name(self.first_name, self.last_name, self.email)

    def who(self) -> Who:
        """Return the person as history names them."""
        return Who(
            id=self.id,
            name=self.full_name,
            email=self.email,
            customer_id=self.customer_id,
            customer_name=self.customer_name,
        )


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A confirmed factor with its sealed secret (empty: a passkey, whose secret never leaves its device)."""

    id: UUID
    kind: FactorKind
    name: str
    sealed: bytes
    locked: bool
    # It was said to be lost, at that time.
    suspended_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """Whether it verifies anything."""
        return not self.locked and self.suspended_at is None


@dataclass(frozen=True, slots=True)
class Browser:
    """The session's row, apart from what the decision needs."""

    session_id: UUID
    token_hash: bytes
    known_browser: bool
    signed_in_at: datetime | None
    seen_at: datetime
    next_path: str
    previous_at: datetime | None
    previous_browser: str
    factor_kind: str
    saved_request: bytes | None
    # The row of `Facts.trust`
    trusted_id: UUID | None = None
    # The row of `Facts.managing`
    managing_id: UUID | None = None
    # There is a device's key, and the browser brings its cookie for the first time.
    newly_bound: bool = False
    has_key: bool = False

    @property
    def known(self) -> bool:
        """Whether it is counted as known: signed in with before, or through by now."""
        return self.known_browser or self.signed_in_at is not None


@dataclass(frozen=True, slots=True)
class AuthContext:
    """All that one request knows of who sends it.

    `portal`: the same in the customer's portal that a session of the provider's staff is in. There, `person` is whose
    place they take, and `staff` what is known of themselves; the browser is theirs.
    """

    facts: Facts
    person: Person
    browser: Browser
    factors: tuple[FactorRow, ...]
    staff: AuthContext | None = None
    portal: AuthContext | None = None

    @property
    def own(self) -> AuthContext:
        """What is known of who it really is, in whosever portal: this decides who gets in, and signs events."""
        return self.staff or self

    def actor(self, client: ClientInfo) -> Actor:
        """Return who acts, for services and events."""
        return Actor(
            person=self.own.person.who(),
            client=client,
            credential=by_session(self.browser.session_id),
            on_behalf_of=self.person.who() if self.staff else None,
        )

    def without(self, factor_id: UUID | None) -> AuthContext:
        """Return the same, as if this factor were not there: it does not serve as a proof this time."""
        return replace(self, factors=tuple(row for row in self.factors if row.id != factor_id))

    def that_serve(self) -> AuthContext:
        """Return the same with the factors that the policy takes alone; with all, where none of these can be used."""
        taken = tuple(row for row in self.factors if self.facts.policy.accepts(row.kind))
        return replace(self, factors=taken) if any(row.usable for row in taken) else self

    def only(self, factor_id: UUID) -> AuthContext:
        """Return the same, as if this factor were the only one: no other serves as a proof this time."""
        return replace(self, factors=tuple(row for row in self.factors if row.id == factor_id))

    def verified(self, factor: FactorRow, *, now: datetime) -> AuthContext:
        """Return the same as it is from now on: this factor was verified, and the session stepped up with it."""
        if self.facts.session is None:
            return self
        session = replace(self.facts.session, factor_at=now, factor_id=factor.id)
        browser = replace(self.browser, factor_kind=factor.kind.value)
        return replace(self, facts=replace(self.facts, session=session), browser=browser)

    @property
    def two_factors(self) -> bool:
        """Whether two factors are on or required (it decides the length of passwords)."""
        return bool(self.facts.factors) or self.facts.policy.required
