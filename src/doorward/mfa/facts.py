"""The gate's one query: session, person, customer, policy, factors and trust, as typed facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import FilteredRelation, Q

from doorward.administrators.models import Administrator, Session, Status, full_name
from doorward.administrators.sessions import token_hash
from doorward.audit.origin import By, Origin, Who
from doorward.core.facts import FactorFacts, Facts, SessionFacts, TrustFacts, UnsavedCodes
from doorward.core.policy import CustomerPolicy, Kinds, Policy
from doorward.core.steps import FactorKind
from doorward.customers import cached
from doorward.customers.models import CustomerKind, CustomerStatus
from doorward.customers.policies import policy_for, policy_from
from doorward.customers.tabs import STAFF
from doorward.mfa.models import Factor
from doorward.safe.prepared import Prepared
from doorward.safe.vault import fingerprint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

# How many people may trust one browser: what a cookie has room for, and more than share one.
MOST_TRUSTED = 8
# A password that cannot stand alone is due once no second factor is on or required.
PASSWORD_DUE_ALONE = "too_short"  # noqa: S105 - a reason


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
    require_2fa: bool
    password_due: str

    @property
    def full_name(self) -> str:
        """Both names as they are read."""
        return full_name(self.first_name, self.last_name, self.email)

    def who(self) -> Who:
        """Give the person as history names them."""
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
    parked: bytes | None
    # The row of `Facts.trust`
    trusted_id: UUID | None = None

    @property
    def known(self) -> bool:
        """Whether it is counted as known: signed in with before, or through by now."""
        return self.known_browser or self.signed_in_at is not None


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that one request knows of who sends it."""

    facts: Facts
    person: Person
    browser: Browser
    factors: tuple[FactorRow, ...]

    def by(self, origin: Origin) -> By:
        """Give who acts, for services and events."""
        return By(who=self.person.who(), origin=origin, session_id=self.browser.session_id)

    def without(self, factor_id: UUID | None) -> Loaded:
        """Give the same, as if this factor were not there: it does not serve as a proof this time."""
        return replace(self, factors=tuple(row for row in self.factors if row.id != factor_id))

    def that_serve(self) -> Loaded:
        """Give the same with the factors that the policy takes alone; with all, where none of these can be used."""
        taken = tuple(row for row in self.factors if self.facts.policy.accepts(row.kind))
        return replace(self, factors=taken) if any(not row.locked for row in taken) else self

    def only(self, factor_id: UUID) -> Loaded:
        """Give the same, as if this factor were the only one: no other serves as a proof this time."""
        return replace(self, factors=tuple(row for row in self.factors if row.id == factor_id))

    @property
    def two_factors(self) -> bool:
        """Whether two factors are on or required (it decides the length of passwords)."""
        return bool(self.facts.factors) or self.facts.policy.required


_SESSION = (
    "id",
    "created_at",
    "seen_at",
    "ended_at",
    "security_version",
    "brand_id",
    "password_at",
    "passkey_at",
    "factor_at",
    "factor_id",
    "factor_kind",
    "recovery_at",
    "mailbox_at",
    "from_link",
    "put_off",
    "known_browser",
    "signed_in_at",
    "next_path",
    "previous_at",
    "previous_browser",
    "parked",
)
_PERSON = (
    "administrator_id",
    "administrator__email",
    "administrator__first_name",
    "administrator__last_name",
    "administrator__language",
    "administrator__time_zone",
    "administrator__tabs",
    "administrator__status",
    "administrator__require_2fa",
    "administrator__security_version",
    "administrator__password_long",
    "administrator__password_due",
)
_CUSTOMER = (
    "administrator__customer_id",
    "administrator__customer__name",
    "administrator__customer__kind",
    "administrator__customer__status",
    "administrator__customer__require_2fa",
    "administrator__customer__grace_days",
    "administrator__customer__grace_from",
    "administrator__customer__kinds",
    "administrator__customer__trust_days",
    "administrator__customer__session_hours",
    "administrator__customer__idle_minutes",
    "administrator__customer__floor_require_2fa",
    "administrator__customer__brand_id",
    "administrator__customer__brand__require_2fa",
)
_FACTOR = (
    "administrator__factors__id",
    "administrator__factors__kind",
    "administrator__factors__name",
    "administrator__factors__sealed",
    "administrator__factors__locked_at",
)
_UNSAVED = ("unsaved__shown_at", "unsaved__session_id")
_TRUST = (
    "trusted__id",
    "trusted__trusted_at",
    "trusted__until",
    "trusted__security_version",
    "trusted__required",
    "trusted__kinds",
)
_NAMES = tuple(
    name.replace("administrator__customer__brand__", "brand_")
    .replace("administrator__customer__", "customer_")
    .replace("administrator__factors__", "row_")
    .replace("administrator__", "person_")
    for name in (*_SESSION, *_PERSON, *_CUSTOMER, *_FACTOR, *_UNSAVED, *_TRUST)
)


def _query(hashed: bytes) -> QuerySet[Session, tuple[Any, ...]]:
    return _sessions(hashed).values_list(*_columns())


def _query_with_trust(hashed: bytes, *trusted: bytes) -> QuerySet[Session, tuple[Any, ...]]:
    """Ask in the same query for the trusted browser of this cookie that is the session's own person's."""
    browsers = "administrator__trusted_browsers"
    mine = FilteredRelation(browsers, condition=Q(**{f"{browsers}__token_hash__in": trusted}))
    return _sessions(hashed).alias(trusted=mine).values_list(*_columns(), *_TRUST)


def _sessions(hashed: bytes) -> QuerySet[Session]:
    sets = "administrator__recovery_sets"
    unsaved = FilteredRelation(sets, condition=Q(**{f"{sets}__saved_at__isnull": True}))
    rows = Session.objects.filter(token_hash=hashed).alias(unsaved=unsaved)
    return rows.order_by("administrator__factors__confirmed_at")


def _columns() -> tuple[str, ...]:
    return (*_SESSION, *_PERSON, *_CUSTOMER, *_FACTOR, *_UNSAVED)


_PREPARED = Prepared(_query)
_WITH_TRUST = Prepared(_query_with_trust)


def trusted_hash(token: str) -> bytes:
    """Give what the row of a trusted browser stores of its cookie's token."""
    return fingerprint("trusted", token)


def load(token: str, trusted: str = "", *, host: str = "") -> Loaded | None:
    """Give all that is known of the session of a cookie's token, in one query; None: no such session.

    `trusted` has the tokens of a trusted browser, with dots between: one for each person who trusts it. Who
    brings none pays nothing for it.
    `host`: the name under which the portal was asked.
    """
    hashed = token_hash(token)
    rows = _WITH_TRUST.rows(hashed, *_trusted(trusted)) if trusted else _PREPARED.rows(hashed)
    # Without that cookie the names of the trust are left over.
    found = [dict(zip_longest(_NAMES, row)) for row in rows]
    return _loaded(found, hashed, host=host) if found else None


def _trusted(tokens: str) -> list[bytes]:
    """Give always as many hashes, so that the statement is always the same one."""
    hashes = [trusted_hash(one) for one in tokens.split(".")[:MOST_TRUSTED]]
    return hashes + hashes[-1:] * (MOST_TRUSTED - len(hashes))


def two_factors(person: Administrator) -> bool:
    """Say whether two factors are on or required for somebody who is not signed in."""
    return required(person) or Factor.objects.filter(administrator=person).exists()


def required(person: Administrator) -> bool:
    """Say whether two factors are required of somebody; wants `customer.brand` at hand."""
    return policy_of(person).required


def policy_of(person: Administrator) -> Policy:
    """Give the policy that holds for somebody; wants `customer.brand` at hand."""
    customer = person.customer
    return policy_for(tick=person.require_2fa, customer=customer, brand=customer.brand)


def _loaded(rows: list[dict[str, Any]], hashed: bytes, *, host: str) -> Loaded:
    row = rows[0]
    policy = _policy(row)
    # By id: whoever brings two tokens of their own has each row twice.
    of_factors = {one["row_id"]: one for one in rows if one["row_id"] is not None}
    factors = tuple(map(_factor, of_factors.values()))
    alone = not policy.required and not factors
    due = row["person_password_due"]
    if not due and alone and not row["person_password_long"]:
        due = PASSWORD_DUE_ALONE
    person = _person(row, due=due)
    facts = Facts(
        session=_session(row),
        administrator_active=row["person_status"] == Status.ACTIVE,
        customer_active=row["customer_status"] == CustomerStatus.ACTIVE,
        security_version=row["person_security_version"],
        factors=tuple(
            FactorFacts(id=one.id, kind=one.kind, usable=not one.locked) for one in factors
        ),
        policy=policy,
        recovery_unsaved=_unsaved(row),
        password_due=bool(due),
        tabs=person.tab_keys,
        mailbox_proof=settings.DOORWARD.mailbox_proof,
        trust=_trust(row),
        elsewhere=_is_elsewhere(row, host),
    )
    return Loaded(facts=facts, person=person, browser=_browser(row, hashed), factors=factors)


def _is_elsewhere(row: dict[str, Any], host: str) -> bool:
    """Say whether this is no session of the customer's portal as it is now. One of an older release has no brand."""
    brand_id: UUID = row["customer_brand_id"]
    return row["brand_id"] not in {None, brand_id} or not cached.answers(brand_id, host)


def _session(row: dict[str, Any]) -> SessionFacts:
    return SessionFacts(
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        ended=row["ended_at"] is not None,
        security_version=row["security_version"],
        password_at=row["password_at"],
        passkey_at=row["passkey_at"],
        factor_at=row["factor_at"],
        factor_id=row["factor_id"],
        recovery_at=row["recovery_at"],
        mailbox_at=row["mailbox_at"],
        from_link=row["from_link"],
        put_off=row["put_off"],
    )


def _browser(row: dict[str, Any], hashed: bytes) -> Browser:
    return Browser(
        session_id=row["id"],
        token_hash=hashed,
        known_browser=row["known_browser"],
        signed_in_at=row["signed_in_at"],
        seen_at=row["seen_at"],
        next_path=row["next_path"],
        previous_at=row["previous_at"],
        previous_browser=row["previous_browser"],
        factor_kind=row["factor_kind"],
        parked=row["parked"],
        trusted_id=row["trusted__id"],
    )


def _unsaved(row: dict[str, Any]) -> UnsavedCodes | None:
    if row["unsaved__shown_at"] is None:
        return None
    own = row["unsaved__session_id"] == row["id"]
    return UnsavedCodes(own=own, shown_at=row["unsaved__shown_at"])


def _trust(row: dict[str, Any]) -> TrustFacts | None:
    if row["trusted__id"] is None:
        return None
    return TrustFacts(
        trusted_at=row["trusted__trusted_at"],
        until=row["trusted__until"],
        security_version=row["trusted__security_version"],
        required=row["trusted__required"],
        kinds=Kinds(row["trusted__kinds"]),
    )


def _person(row: dict[str, Any], *, due: str) -> Person:
    is_staff = row["customer_kind"] == CustomerKind.PROVIDER
    keys = frozenset(row["person_tabs"].split())
    return Person(
        id=row["administrator_id"],
        email=row["person_email"],
        first_name=row["person_first_name"],
        last_name=row["person_last_name"],
        language=row["person_language"],
        time_zone=row["person_time_zone"],
        # The provider's tabs are for its own people, whatever a row says.
        tab_keys=keys if is_staff else keys - frozenset(STAFF),
        customer_id=row["person_customer_id"],
        customer_name=row["customer_name"],
        brand_id=row["customer_brand_id"],
        is_staff=is_staff,
        require_2fa=row["person_require_2fa"],
        password_due=due,
    )


def _factor(row: dict[str, Any]) -> FactorRow:
    return FactorRow(
        id=row["row_id"],
        kind=FactorKind(row["row_kind"]),
        name=row["row_name"],
        sealed=bytes(row["row_sealed"] or b""),
        locked=row["row_locked_at"] is not None,
    )


def _policy(row: dict[str, Any]) -> Policy:
    return _effective(
        tick=row["person_require_2fa"],
        customer=CustomerPolicy(
            required=row["customer_require_2fa"],
            grace_days=row["customer_grace_days"],
            grace_from=row["customer_grace_from"],
            kinds=Kinds(row["customer_kinds"]),
            trust_days=row["customer_trust_days"],
            session_hours=row["customer_session_hours"],
            idle_minutes=row["customer_idle_minutes"],
        ),
        floor_customer=row["customer_floor_require_2fa"],
        floor_brand=row["brand_require_2fa"],
    )


# Everybody of a customer has the same, and the next request has it again.
_effective = lru_cache(maxsize=1024)(policy_from)
