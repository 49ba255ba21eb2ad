"""What the security page is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from doorward.accounts import staff_history
from doorward.accounts.looking_after import whom_to_ask
from doorward.applications import signed_in_where
from doorward.audit.browsers import in_words
from doorward.audit.reason import Reason
from doorward.credentials import queries
from doorward.credentials.errors import RequiredCannotDisable
from doorward.credentials.recovery_codes.rules import few_left
from doorward.credentials.trusted_browsers import trust
from doorward.customers.tab_titles import titles_of
from doorward.gate.reasons import who_requires
from doorward.policy.rules import FactorKind
from doorward.web.http.requests import session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import wrong
from doorward.web.kit.history import history_page
from doorward.web.kit.passkeys import CodeForm
from doorward.web.security.pages import (
    DisablePage,
    FactorLine,
    FactorPage,
    SecurityPage,
    SessionLine,
    TrustedLine,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.credentials.queries import Own
    from doorward.kernel.errors import Refusal
    from doorward.sessions.context import AuthContext
    from doorward.web.http.requests import Request

HISTORY_LINES = 20


def security_page(request: Request) -> SecurityPage:
    """Gather the security page: a constant number of queries."""
    auth = session_of(request)
    person, facts = auth.person, auth.facts
    own = queries.own(person.id, policy=facts.policy, now=request.now)
    left = own.codes_left if auth.factors else 0
    events = staff_history.of_person(
        person.id, customer_id=person.customer_id, scope=person.history_scope, me=person.id
    )
    return SecurityPage(
        two_factor_on=bool(auth.factors),
        required=facts.policy.required,
        reason=reason(auth),
        ask=whom_to_ask(person.customer_id, besides=person.id) if facts.policy.required else [],
        factors=_factor_lines(auth, own),
        only_passkeys=not facts.policy.accepts(FactorKind.APP),
        codes_left=left,
        few_codes=few_left(left),
        recovered=facts.session is not None and facts.session.recovery_at is not None,
        sessions=_sessions(auth, own),
        trust_days=facts.policy.trust_days,
        trusted=_trusted(request),
        history=history_page(events, request=request, page_size=HISTORY_LINES),
        signal=passkeys.accepted(request) if "devices" in request.GET else "",
    )


def factor_page(auth: AuthContext, factor_id: UUID, *, now: datetime) -> FactorPage | None:
    """Return the page of one of the person's own factors; None: there is no such one."""
    lines = factor_lines(auth, now=now)
    line = next((one for one in lines if one.id == factor_id), None)
    if line is None:
        return None
    usable_left = [
        one
        for one in lines
        if one.id != factor_id and one.usable and (one.accepted or not line.accepted)
    ]
    return FactorPage(
        factor=line,
        name=line.name,
        last=not usable_left,
        required=auth.facts.policy.required,
        only_passkeys=not auth.facts.policy.accepts(FactorKind.APP),
    )


def disable_page(request: Request, refusal: Refusal | None = None) -> DisablePage:
    """Return the window *Disable 2FA*, with what was wrong."""
    auth = session_of(request)
    late = isinstance(refusal, RequiredCannotDisable)
    return DisablePage(
        required=late or (refusal is None and auth.facts.policy.required),
        reason=reason(auth),
        apps=any(row.kind is FactorKind.APP for row in auth.factors),
        passkeys=passkeys.serve(auth) and passkeys.work_here(request),
        wrong=wrong(refusal, CodeForm),
    )


def reason(auth: AuthContext) -> str:
    """Say who requires two factors of this person; empty: nobody does."""
    match who_requires(auth.facts.policy):
        case None:
            return ""
        case Reason.REQUIRED_BY_COLLEAGUE:
            return _("Your account administrator requires two-factor sign-in.")
        case Reason.REQUIRED_BY_COMPANY:
            return _by_company(auth)
        case _ if auth.person.is_staff:
            # The provider is their own company.
            return _by_company(auth)
        case _ if auth.facts.policy.scope.everyone:
            return _("The provider of this portal requires two-factor sign-in of everybody.")
        case _:
            text = _(
                "The provider of this portal requires two-factor sign-in of everybody who may use %(tabs)s."
            )
            return text % {"tabs": _asked_for(auth)}


def _by_company(auth: AuthContext) -> str:
    names = {"customer": auth.person.customer_name}
    if auth.facts.policy.scope.everyone:
        return _("%(customer)s requires two-factor sign-in of everybody.") % names
    text = _("%(customer)s requires two-factor sign-in of everybody who may use %(tabs)s.")
    return text % (names | {"tabs": _asked_for(auth)})


def _asked_for(auth: AuthContext) -> str:
    """Return the titles of the tabs for which two factors are required of this person."""
    # Nothing is left of it where a right is to a tab that is no longer for this customer.
    return titles_of(auth.facts.policy.scope.tabs & auth.person.tab_keys) or _("a tab")


def factor_lines(auth: AuthContext, *, now: datetime) -> list[FactorLine]:
    """Return the person's factors as lists show them, the oldest first."""
    return _factor_lines(auth, queries.own(auth.person.id, policy=auth.facts.policy, now=now))


def _factor_lines(auth: AuthContext, own: Own) -> list[FactorLine]:
    return [
        FactorLine(
            id=row.id,
            name=row.name,
            kind=row.kind.value,
            added_at=row.confirmed_at,
            used_at=row.last_used_at,
            locked=row.locked_at is not None,
            suspended=row.suspended_at is not None,
            taken_over=row.taken_over,
            synced=bool(row.backup_eligible),
            alone=bool(row.user_verified) and row.discoverable is not False,
            accepted=auth.facts.policy.accepts(row.kind),
        )
        for row in own.factors
    ]


def _sessions(auth: AuthContext, own: Own) -> list[SessionLine]:
    ids = [row.id for row in own.sessions]
    at = signed_in_where.of_sessions(ids, tab_keys=auth.person.tab_keys)
    return [
        SessionLine(
            id=row.id,
            browser=in_words(row.browser),
            address=row.address,
            since=row.signed_in_at,
            seen_at=row.seen_at,
            current=row.id == auth.browser.session_id,
            applications=at.get(row.id, ()),
            bound=row.bound_at is not None and settings.DOORWARD.binds_devices,
        )
        for row in own.sessions
    ]


def _trusted(request: Request) -> list[TrustedLine]:
    auth = session_of(request)
    return [
        TrustedLine(
            id=row.id,
            browser=in_words(row.browser),
            since=row.trusted_at,
            used_at=row.used_at,
            until=row.until,
            current=row.id == auth.browser.trusted_id,
        )
        for row in trust.of(auth, now=request.now)
    ]
