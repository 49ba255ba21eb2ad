"""The gate's one query: session, person, customer, policy, factors and trust, as typed facts.

Everybody's at once: `many.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import FilteredRelation, Q

from doorward.accounts.models import Status
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers.trust import MOST_TRUSTED, trusted_hash
from doorward.customers import cached
from doorward.customers.models import CustomerKind, CustomerStatus
from doorward.customers.tabs import OF_STAFF
from doorward.kernel.db.hot_queries import HotQuery
from doorward.kernel.db.one_row import one_or_none
from doorward.permissions.staff_scope import Scope, of_columns
from doorward.policy.effective import effective
from doorward.policy.fields import Kinds
from doorward.policy.grace import Member
from doorward.policy.loading import policies_from
from doorward.policy.rules import FactorKind
from doorward.sessions.binding import cookie_hash
from doorward.sessions.context import AuthContext, Browser, FactorRow, Person
from doorward.sessions.facts import (
    BindingFacts,
    FactorFacts,
    Facts,
    ManagingFacts,
    SessionFacts,
    TrustFacts,
    UnsavedCodes,
)
from doorward.sessions.issuing import token_hash
from doorward.sessions.models import Session
from doorward.sessions.rules import is_from_its_device

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.policy.effective import Policies
    from doorward.policy.rules import Policy
# A password that cannot stand alone is due once no second factor is on or required.
PASSWORD_DUE_ALONE = "too_short"  # noqa: S105 - a reason


SESSION_FACTS = (
    "created_at",
    "seen_at",
    "ended_at",
    "security_version",
    "password_at",
    "passkey_at",
    "factor_at",
    "factor_id",
    "recovery_at",
    "mailbox_at",
    "pass_at",
    "from_link",
    "put_off",
)
_SESSION = (
    "id",
    *SESSION_FACTS,
    "brand_id",
    "factor_kind",
    "known_browser",
    "signed_in_at",
    "next_path",
    "previous_at",
    "previous_browser",
    "saved_request",
    "bound_at",
    "bound_hash",
    "bound_until",
    "bound_before",
    "bound_before_until",
)
PERSON = (
    "administrator_id",
    "administrator__email",
    "administrator__first_name",
    "administrator__last_name",
    "administrator__language",
    "administrator__time_zone",
    "administrator__tabs",
    "administrator__scope",
    "administrator__scope_ids",
    "administrator__status",
    "administrator__require_2fa",
    "administrator__joined_at",
    "administrator__wave_share",
    "administrator__due_since",
    "administrator__excepted_until",
    "administrator__security_version",
    "administrator__password_long",
    "administrator__password_due",
)
CUSTOMER = (
    "administrator__customer_id",
    "administrator__customer__name",
    "administrator__customer__kind",
    "administrator__customer__status",
    "administrator__customer__policy",
    "administrator__customer__minimum",
    "administrator__customer__brand_id",
    "administrator__customer__brand__minimum",
)
FACTOR = (
    "administrator__factors__id",
    "administrator__factors__kind",
    "administrator__factors__name",
    "administrator__factors__sealed",
    "administrator__factors__locked_at",
    "administrator__factors__suspended_at",
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
_MANAGING = ("managing__id",)
# A sign-in to a site, and by whose trust of a browser it was let in.
_VISIT = (
    "visit__id",
    "visit__ended_at",
    "visit__administrator_id",
    "visit__site_id",
    "visit__site__origin",
    "visit__site__required_acr",
    "visit__site__tab__key",
)
_TRUST_OF_VISIT = tuple(column.replace("trusted__", "visit__trust__") for column in _TRUST)
NAMES = {
    column: column.replace("administrator__customer__brand__", "brand_")
    .replace("administrator__customer__", "customer_")
    .replace("administrator__factors__", "row_")
    .replace("administrator__", "person_")
    for column in (*_SESSION, *PERSON, *CUSTOMER, *FACTOR, *_UNSAVED, *_MANAGING, *_TRUST, *_VISIT)
} | dict(zip(_TRUST_OF_VISIT, _TRUST, strict=True))


@dataclass(frozen=True, slots=True)
class Visit:
    """A sign-in to a site, as the row of its cookie has it, with what is known of the session that it came of."""

    id: UUID
    ended: bool
    administrator_id: UUID
    site_id: UUID
    origin: str
    required_acr: str
    tab: str
    auth: AuthContext


def _query(
    hashed: bytes = b"", visit: bytes = b"", **trusted: bytes
) -> QuerySet[Session, dict[str, Any]]:
    """Ask, where the browser has such a cookie, for its trust that is the session's own person's, too.

    `visit`: for the session of a sign-in to a site, by what is kept of its cookie.
    """
    sets, browsers = "administrator__recovery_sets", "administrator__trusted_browsers"
    unsaved = FilteredRelation(sets, condition=Q(**{f"{sets}__saved_at__isnull": True}))
    # At most one, which is left behind when this session is back in its own portal.
    managing = FilteredRelation("managings", condition=Q(managings__is_in=True))
    rows = Session.objects.alias(unsaved=unsaved, managing=managing)
    columns: tuple[str, ...] = (*_SESSION, *PERSON, *CUSTOMER, *FACTOR, *_UNSAVED, *_MANAGING)
    if visit:
        these = Q(visits__cookie_hash=visit)
        rows = rows.alias(visit=FilteredRelation("visits", condition=these))
        rows = rows.filter(visit__id__isnull=False)
        columns += (*_VISIT, *_TRUST_OF_VISIT)
    else:
        rows = rows.filter(token_hash=hashed)
    if trusted:
        these = Q(**{f"{browsers}__token_hash__in": tuple(trusted.values())})
        rows = rows.alias(trusted=FilteredRelation(browsers, condition=these))
        columns += _TRUST
    return rows.order_by("administrator__factors__confirmed_at").values(*columns)


_HOT = HotQuery(_query)


def load(
    token: str, trusted: str = "", *, device: str = "", host: str = "", now: datetime
) -> AuthContext | None:
    """Return all that is known of the session of a cookie's token, in one query; None: no such session.

    `trusted` has the tokens of a trusted browser, with dots between: one for each person who trusts it. Who
    brings none pays nothing for it.
    `device`: the cookie that a device renews, where the session is bound to one.
    `host`: the name under which the portal was asked.
    """
    hashed = token_hash(token)
    rows = _HOT.rows(hashed=hashed, **(_trusted(trusted) if trusted else {}))
    found = [{NAMES[column]: value for column, value in row.items()} for row in rows]
    return _auth(found, hashed, device=device, host=host, now=now) if found else None


def load_session(
    session_id: UUID, *, trusted_id: UUID | None = None, now: datetime
) -> AuthContext | None:
    """Return the same for what goes on without its browser: by the session's id.

    `trusted_id`: the trust of the browser in which it was begun, where there was one.
    """
    rows = Session.objects.filter(id=session_id).values_list("token_hash", flat=True)
    hashed = bytes(one_or_none(rows) or b"")
    trusted: dict[str, bytes] = {}
    if trusted_id and (trust := TrustedBrowser.objects.filter(id=trusted_id).first()):
        trusted = _as_many([bytes(trust.token_hash)])
    found = [
        {NAMES[column]: value for column, value in row.items()}
        for row in _HOT.rows(hashed=hashed, **trusted)
    ]
    return _auth(found, hashed, device=None, host=None, now=now) if found else None


def load_visit(hashed: bytes, *, now: datetime) -> Visit | None:
    """Return the sign-in to a site whose cookie this is the hash of, in one query; None: there is none."""
    found = [
        {NAMES[column]: value for column, value in row.items()} for row in _HOT.rows(visit=hashed)
    ]
    if not found:
        return None
    row = found[0]
    return Visit(
        id=row["visit__id"],
        ended=row["visit__ended_at"] is not None,
        administrator_id=row["visit__administrator_id"],
        site_id=row["visit__site_id"],
        origin=row["visit__site__origin"],
        required_acr=row["visit__site__required_acr"],
        tab=row["visit__site__tab__key"],
        # Nothing that is changed goes by the session's identifier here.
        # The site's cookie is of another host, and no device renews it.
        auth=_auth(found, b"", device=None, host=None, now=now),
    )


def _trusted(tokens: str) -> dict[str, bytes]:
    """Return the same number of hashes each time, so that the statement is always the same one."""
    return _as_many([trusted_hash(one) for one in tokens.split(".")[:MOST_TRUSTED]])


def _as_many(hashes: list[bytes]) -> dict[str, bytes]:
    """Return hashes for each place, the last one over and over."""
    filled = hashes + hashes[-1:] * (MOST_TRUSTED - len(hashes))
    return {f"trusted{place}": one for place, one in enumerate(filled)}


def _auth(
    rows: list[dict[str, Any]],
    hashed: bytes,
    *,
    device: str | None,
    host: str | None,
    now: datetime,
) -> AuthContext:
    row, factors = rows[0], _factors(rows)
    binding = _binding(row)
    brought = cookie_hash(device) if binding and device else None
    facts, person = facts_of(
        row,
        factors,
        now=now,
        session=session_facts(row),
        trust=_trust(row),
        elsewhere=_is_elsewhere(row, host),
    )
    if device is not None and not is_from_its_device(binding, brought, now=now):
        facts = replace(facts, unbound=True)
    if row["managing__id"] is not None:
        # Over, until `managed.py` has read what there is to know.
        facts = replace(facts, managing=ManagingFacts())
    browser = _browser(row, hashed, binding, brought)
    return AuthContext(facts=facts, person=person, browser=browser, factors=factors)


def facts_of(  # noqa: PLR0913 - all that is known of somebody
    row: Mapping[str, Any],
    factors: tuple[FactorRow, ...],
    *,
    now: datetime,
    session: SessionFacts | None = None,
    trust: TrustFacts | None = None,
    elsewhere: bool = False,
    policies: Policies | None = None,
) -> tuple[Facts, Person]:
    """Return what a row tells of somebody. `policies`: as if these held, in place of those in the row."""
    policy = policy_of_row(row, policies or policies_of_row(row), now=now)
    alone = not policy.required and not factors
    due = row["person_password_due"]
    if not due and alone and not row["person_password_long"]:
        due = PASSWORD_DUE_ALONE
    person = _person(row, due=due)
    facts = Facts(
        session=session,
        administrator_active=row["person_status"] == Status.ACTIVE,
        customer_active=row["customer_status"] == CustomerStatus.ACTIVE,
        security_version=row["person_security_version"],
        factors=tuple(FactorFacts(id=one.id, kind=one.kind, usable=one.usable) for one in factors),
        policy=policy,
        recovery_unsaved=_unsaved(row),
        password_due=bool(due),
        tabs=person.tab_keys,
        reach=person.history_scope.reach,
        mailbox_proof=settings.DOORWARD.mailbox_proof,
        trust=trust,
        elsewhere=elsewhere,
    )
    return facts, person


def _factors(rows: list[dict[str, Any]]) -> tuple[FactorRow, ...]:
    # By id: whoever brings two tokens of their own has each row twice.
    of_factors = {one["row_id"]: one for one in rows if one["row_id"] is not None}
    return tuple(map(factor_of, of_factors.values()))


def _is_elsewhere(row: Mapping[str, Any], host: str | None) -> bool:
    """Return whether this is no session of the customer's portal as it is now. One of an older release has no brand.

    `host`: None where nothing is asked under any name.
    """
    brand_id: UUID = row["customer_brand_id"]
    asked_at_home = host is None or cached.answers(brand_id, host)
    return row["brand_id"] not in {None, brand_id} or not asked_at_home


def session_facts(row: Mapping[str, Any]) -> SessionFacts:
    """Return what was verified in the session of a row; wants `SESSION_FACTS`."""
    return SessionFacts(
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        ended=row["ended_at"] is not None,
        security_version=row["security_version"],
        password_at=row["password_at"],
        passkey_at=row["passkey_at"],
        pass_at=row["pass_at"],
        factor_at=row["factor_at"],
        factor_id=row["factor_id"],
        recovery_at=row["recovery_at"],
        mailbox_at=row["mailbox_at"],
        from_link=row["from_link"],
        put_off=row["put_off"],
    )


def _browser(
    row: Mapping[str, Any], hashed: bytes, binding: BindingFacts | None, brought: bytes | None
) -> Browser:
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
        saved_request=row["saved_request"],
        trusted_id=row.get("trusted__id"),
        managing_id=row["managing__id"],
        has_key=binding is not None,
        newly_bound=binding is not None and binding.at is None and brought == binding.hash,
    )


def _binding(row: Mapping[str, Any]) -> BindingFacts | None:
    if row["bound_hash"] is None or not settings.DOORWARD.binds_devices:
        return None
    before = row["bound_before"]
    return BindingFacts(
        hash=bytes(row["bound_hash"]),
        until=row["bound_until"],
        before=bytes(before) if before is not None else None,
        before_until=row["bound_before_until"],
        at=row["bound_at"],
    )


def _unsaved(row: Mapping[str, Any]) -> UnsavedCodes | None:
    if row["unsaved__shown_at"] is None:
        return None
    own = row["id"] is not None and row["unsaved__session_id"] == row["id"]
    return UnsavedCodes(own=own, shown_at=row["unsaved__shown_at"])


def _trust(row: Mapping[str, Any]) -> TrustFacts | None:
    if row.get("trusted__id") is None:
        return None
    return TrustFacts(
        trusted_at=row["trusted__trusted_at"],
        until=row["trusted__until"],
        security_version=row["trusted__security_version"],
        required=row["trusted__required"],
        kinds=Kinds(row["trusted__kinds"]),
    )


def _person(row: Mapping[str, Any], *, due: str) -> Person:
    is_staff = row["customer_kind"] == CustomerKind.PROVIDER
    keys = frozenset(row["person_tabs"].split())
    # A tab that is not for this customer is nobody's here, whatever a row says.
    keys -= cached.not_for(row["customer_brand_id"], row["person_customer_id"])
    scope = of_columns(row["person_scope"], row["person_scope_ids"]) if is_staff else Scope.NOTHING
    return Person(
        id=row["administrator_id"],
        email=row["person_email"],
        first_name=row["person_first_name"],
        last_name=row["person_last_name"],
        language=row["person_language"],
        time_zone=row["person_time_zone"],
        # The provider's tabs are for its own people, whatever a row says.
        tab_keys=scope.usable(keys) if is_staff else keys - frozenset(OF_STAFF),
        customer_id=row["person_customer_id"],
        customer_name=row["customer_name"],
        brand_id=row["customer_brand_id"],
        is_staff=is_staff,
        scope=scope,
        require_2fa=row["person_require_2fa"],
        password_due=due,
    )


def factor_of(row: Mapping[str, Any]) -> FactorRow:
    """Return the factor that a row has."""
    return FactorRow(
        id=row["row_id"],
        kind=FactorKind(row["row_kind"]),
        name=row["row_name"],
        sealed=bytes(row["row_sealed"] or b""),
        locked=row["row_locked_at"] is not None,
        suspended_at=row["row_suspended_at"],
    )


def policies_of_row(row: Mapping[str, Any]) -> Policies:
    """Return what a row's customer and its provider ask."""
    return policies_from(row["customer_policy"], row["customer_minimum"], row["brand_minimum"])


def policy_of_row(row: Mapping[str, Any], policies: Policies, *, now: datetime) -> Policy:
    """Return what holds for the person of a row where these are asked."""
    member = Member(
        ticked=row["person_require_2fa"],
        tabs=frozenset(row["person_tabs"].split()),
        share=row["person_wave_share"],
        joined_at=row["person_joined_at"],
        was_due=row["person_due_since"] is not None,
        excepted_until=row["person_excepted_until"],
    )
    return effective(member, policies, now=now)
