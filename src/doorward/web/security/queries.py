"""What the security page is read from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from doorward.administrators import sessions
from doorward.administrators.models import Administrator, Status, full_name
from doorward.audit.browsers import in_words
from doorward.audit.newest import OfPerson
from doorward.core.errors import MustWait, RequiredCannotDisable
from doorward.core.policy import RequiredBy
from doorward.core.recovery import few_left
from doorward.core.steps import FactorKind
from doorward.mfa import standing, trusted
from doorward.mfa.models import Factor
from doorward.safe.prepared import Prepared
from doorward.web import passkeys
from doorward.web.history import history_page
from doorward.web.refusals import sentence
from doorward.web.requests import session_of
from doorward.web.security.pages import (
    DisablePage,
    FactorLine,
    FactorPage,
    SecurityPage,
    SessionLine,
    TrustedLine,
)

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.core.errors import Refusal
    from doorward.mfa.facts import Loaded
    from doorward.web.requests import Request

ASKED_COLLEAGUES = 3
HISTORY_LINES = 20


def security_page(request: Request) -> SecurityPage:
    """Gather the security page: a constant number of queries."""
    loaded = session_of(request)
    person, facts = loaded.person, loaded.facts
    left = _codes_left(loaded) if loaded.factors else 0
    events = OfPerson(customer_id=person.customer_id, person_id=person.id)
    return SecurityPage(
        two_factor_on=bool(loaded.factors),
        required=facts.policy.required,
        reason=reason(loaded),
        ask=_whom_to_ask(loaded) if facts.policy.required else [],
        factors=factor_lines(loaded),
        only_passkeys=not facts.policy.accepts(FactorKind.APP),
        codes_left=left,
        few_codes=few_left(left),
        recovered=facts.session is not None and facts.session.recovery_at is not None,
        sessions=_sessions(request),
        trust_days=facts.policy.trust_days,
        trusted=_trusted(request),
        history=history_page(events, request=request, page_size=HISTORY_LINES),
        signal=passkeys.accepted(request) if "devices" in request.GET else "",
    )


def factor_page(loaded: Loaded, factor_id: UUID) -> FactorPage | None:
    """Give the page of one of the person's own factors; None: there is no such one."""
    lines = factor_lines(loaded)
    line = next((one for one in lines if one.id == factor_id), None)
    if line is None:
        return None
    usable_left = [
        one
        for one in lines
        if one.id != factor_id and not one.locked and (one.accepted or not line.accepted)
    ]
    return FactorPage(
        factor=line,
        name=line.name,
        last=not usable_left,
        required=loaded.facts.policy.required,
        only_passkeys=not loaded.facts.policy.accepts(FactorKind.APP),
    )


def disable_page(request: Request, refusal: Refusal | None = None) -> DisablePage:
    """Give the window *Disable 2FA*, with what was wrong."""
    loaded = session_of(request)
    late = isinstance(refusal, RequiredCannotDisable)
    return DisablePage(
        required=late or (refusal is None and loaded.facts.policy.required),
        reason=reason(loaded),
        apps=any(row.kind is FactorKind.APP for row in loaded.factors),
        passkeys=passkeys.serve(loaded) and passkeys.work_here(request),
        error=sentence(refusal) if refusal else "",
        wait=refusal.seconds if isinstance(refusal, MustWait) else 0,
    )


def with_error(page: FactorPage, *, name: str, error: str) -> FactorPage:
    """Give the same page with what was typed and what was wrong."""
    return replace(page, name=name, error=error)


def reason(loaded: Loaded) -> str:
    """Say who requires two factors of this person; empty: nobody does."""
    asked = loaded.facts.policy.required_by
    if not asked:
        return ""
    if asked == (RequiredBy.TICK,):
        return _("Your account administrator requires two-factor sign-in.")
    if RequiredBy.POLICY in asked:
        return _("%(customer)s requires two-factor sign-in of everybody.") % {
            "customer": loaded.person.customer_name
        }
    return _("Your provider requires two-factor sign-in of everybody.")


def _whom_to_ask(loaded: Loaded) -> list[str]:
    rows = _KEEPERS.rows(loaded.person.customer_id, loaded.person.id)
    return [full_name(*names) for names in rows]


_KEEPERS = Prepared(
    lambda customer_id, administrator_id: (
        Administrator.objects.of(customer_id)
        .filter(status=Status.ACTIVE, looks_after=True)
        .exclude(id=administrator_id)
        .order_by("-is_primary", "name_sort")
        .values_list("first_name", "last_name", "email")[:ASKED_COLLEAGUES]
    )
)


def factor_lines(loaded: Loaded) -> list[FactorLine]:
    """Give the person's factors as lists show them, the oldest first."""
    if not loaded.factors:
        return []
    return [_factor_line(loaded, row) for row in _FACTORS.rows(loaded.person.id)]


def _factor_line(loaded: Loaded, row: tuple[Any, ...]) -> FactorLine:
    factor_id, name, kind, confirmed_at, last_used_at, locked_at = row[:6]
    synced, verified, discoverable = row[6:]
    return FactorLine(
        id=factor_id,
        name=name,
        kind=kind,
        added_at=confirmed_at,
        used_at=last_used_at,
        locked=locked_at is not None,
        synced=bool(synced),
        alone=bool(verified) and discoverable is not False,
        accepted=loaded.facts.policy.accepts(FactorKind(kind)),
    )


_FACTORS = Prepared(
    lambda administrator_id: (
        Factor.objects.filter(administrator_id=administrator_id)
        .order_by("confirmed_at")
        .values_list(
            *("id", "name", "kind", "confirmed_at", "last_used_at", "locked_at"),
            *("passkey__backup_eligible", "passkey__user_verified", "passkey__discoverable"),
        )
    )
)


def _codes_left(loaded: Loaded) -> int:
    person, policy = loaded.person, loaded.facts.policy
    counted = standing.count(person.customer_id, policy, people=False, codes_of=person.id)
    return counted.codes_left or 0


def _sessions(request: Request) -> list[SessionLine]:
    loaded = session_of(request)
    policy = loaded.facts.policy
    rows = sessions.open_sessions(loaded.person.id, policy=policy, now=request.now)
    return [
        SessionLine(
            id=row.id,
            browser=in_words(row.browser),
            address=row.address,
            since=row.signed_in_at,
            seen_at=row.seen_at,
            current=row.id == loaded.browser.session_id,
        )
        for row in rows
    ]


def _trusted(request: Request) -> list[TrustedLine]:
    loaded = session_of(request)
    return [
        TrustedLine(
            id=row.id,
            browser=in_words(row.browser),
            since=row.trusted_at,
            used_at=row.used_at,
            until=row.until,
            current=row.id == loaded.browser.trusted_id,
        )
        for row in trusted.of(loaded, now=request.now)
    ]
