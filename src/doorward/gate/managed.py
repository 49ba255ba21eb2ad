"""A session of the provider's staff that is in a customer's portal: as whom it sees it, and whether it still may.

Who manages nothing pays for one join of the gate's query; who does, for this one more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from doorward.accounts.models import Administrator, Status
from doorward.customers.models import CustomerKind, CustomerStatus, Tab
from doorward.customers.tabs import ACCOUNT, ACTIVITY, ADMINISTRATORS, HOME, MANAGE
from doorward.gate import loading
from doorward.gate.loading import CUSTOMER, NAMES, PERSON, facts_of, policies_of_row
from doorward.gate.many import factors_of
from doorward.permissions.staff_scope import of_columns
from doorward.policy.fields import SupportAccess
from doorward.sessions.context import AuthContext
from doorward.sessions.facts import ManagingFacts
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.sessions.context import FactorRow, Person
    from doorward.sessions.facts import Facts

# What of a portal is seen by staff: never what is a person's own, and of the applications behind it `_openable`.
TABS: Final = frozenset({HOME, ACCOUNT, ADMINISTRATORS, ACTIVITY})

_ROW: Final = "managings__"
_BEHALF: Final = {
    "managings__behalf__" + column.removeprefix("administrator__"): NAMES[column]
    for column in (*PERSON[1:], *CUSTOMER)
} | {"managings__behalf_id": NAMES[PERSON[0]]}
_STAFF: Final = (
    "ended_at",
    "security_version",
    "administrator_id",
    "administrator__security_version",
    "administrator__status",
    "administrator__tabs",
    "administrator__scope",
    "administrator__scope_ids",
    "administrator__customer__kind",
    "administrator__customer__status",
)
_OWN: Final = ("state", "until", "changes", "agreed_by_id", "customer_id", "staff_id")
# Without these a row tells of a session, too.
_NO_SESSION: Final = {"id": None, "unsaved__shown_at": None, "unsaved__session_id": None}


@dataclass(frozen=True, slots=True)
class Managed:
    """Whether it goes on, and the person as whom the portal is seen, with what is known of them."""

    facts: ManagingFacts
    person: Person
    behalf: Facts
    factors: tuple[FactorRow, ...]


def load(
    token: str, trusted: str = "", *, device: str = "", host: str = "", now: datetime
) -> AuthContext | None:
    """Return what `loading.load` does; of a session that is in a customer's portal that one, too."""
    auth = loading.load(token, trusted, device=device, host=host, now=now)
    return _in_portal(auth, now=now)


def load_session(
    session_id: UUID, *, trusted_id: UUID | None = None, now: datetime
) -> AuthContext | None:
    """Return what `loading.load_session` does; of a session that is in a customer's portal that one, too."""
    return _in_portal(loading.load_session(session_id, trusted_id=trusted_id, now=now), now=now)


def _in_portal(auth: AuthContext | None, *, now: datetime) -> AuthContext | None:
    if auth is None or auth.browser.managing_id is None:
        return auth
    found = read(auth.browser.managing_id, now=now)
    if found is None:
        return auth
    own = replace(auth, facts=replace(auth.facts, managing=found.facts))
    return replace(own, portal=_portal(own, found))


def read(managing_id: UUID, *, now: datetime) -> Managed | None:
    """Return what there is to know of a session in a portal; None: its session, or the person, is no longer there."""
    names = (*_STAFF, *_BEHALF, *(_ROW + name for name in _OWN))
    row = Session.objects.filter(managings__id=managing_id).values(*names).first()
    if row is None or row["managings__behalf_id"] is None:
        return None
    named = _NO_SESSION | {name: row[column] for column, name in _BEHALF.items()}
    customer_id = row["managings__customer_id"]
    person_id = named["administrator_id"]
    rows = Administrator.objects.of(customer_id).filter(id=person_id).values("id")
    factors = tuple(replace(one, sealed=b"") for one in factors_of(rows).get(person_id, ()))
    behalf, person = facts_of(named, factors, now=now)
    return Managed(_facts(row, named, person, now=now), person, behalf, factors)


def _facts(
    row: Mapping[str, Any], behalf: Mapping[str, Any], person: Person, *, now: datetime
) -> ManagingFacts:
    access = policies_of_row(behalf).values(now=now).support_access
    agreed = row["managings__agreed_by_id"] is not None
    return ManagingFacts(
        running=row["managings__state"] == "running",
        until=row["managings__until"],
        may=_may(row) and _covers(row, person),
        wanted=is_wanted(access, agreed=agreed),
        behalf=(
            behalf["person_status"] == Status.ACTIVE
            and behalf["customer_status"] == CustomerStatus.ACTIVE
            and person.customer_id == row["managings__customer_id"]
            and ADMINISTRATORS in person.tab_keys
        ),
        changes=row["managings__changes"],
        tabs=person.tab_keys & (TABS | _openable(changes=row["managings__changes"])),
    )


def _openable(*, changes: bool) -> frozenset[str]:
    """Return the tabs whose applications staff may open: what is done there nobody here sees, so it takes both yeses.

    The provider's, for the application (`applications.models`), and the customer's, to changes.
    """
    if not changes:
        return frozenset()
    return frozenset(
        Tab.objects.filter(application__while_managing=True).values_list("key", flat=True)
    )


def is_wanted(access: SupportAccess, *, agreed: bool) -> bool:
    """Return whether a customer's policy lets staff in; `agreed`: somebody there said yes, or is asked to."""
    return access is SupportAccess.ALWAYS or (agreed and access is SupportAccess.ASK)


def _may(row: Mapping[str, Any]) -> bool:
    """Return whether the session is open, and its person of the staff, with the right to manage."""
    return (
        row["ended_at"] is None
        and row["security_version"] == row["administrator__security_version"]
        and row["administrator_id"] == row["managings__staff_id"]
        and row["administrator__status"] == Status.ACTIVE
        and row["administrator__customer__kind"] == CustomerKind.PROVIDER
        and row["administrator__customer__status"] == CustomerStatus.ACTIVE
        and MANAGE in row["administrator__tabs"].split()
    )


def _covers(row: Mapping[str, Any], person: Person) -> bool:
    """Return whether the customer is still in the scope of the staff."""
    scope = of_columns(row["administrator__scope"], row["administrator__scope_ids"])
    theirs, brand_id = person.customer_id, person.brand_id
    return not person.is_staff and scope.covers(theirs, brand_id=brand_id, is_provider=False)


def _portal(own: AuthContext, found: Managed) -> AuthContext:
    """Return the customer's portal as its person sees it, in the language and the time of who looks at it."""
    mine = own.person
    person = replace(
        found.person,
        language=mine.language,
        time_zone=mine.time_zone,
        tab_keys=found.facts.tabs,
    )
    browser = replace(own.browser, previous_at=None, previous_browser="")
    return AuthContext(found.behalf, person, browser, found.factors, staff=own)
