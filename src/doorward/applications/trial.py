"""What would come of it if somebody opened an application, or a site: told by the gate and by what these are told.

Nothing is given. It is in the history of whose account was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from doorward.accounts.models import Administrator
from doorward.applications import identity_headers
from doorward.applications.claims import claims_of
from doorward.applications.errors import NobodyToTry
from doorward.applications.events import APPLICATION_TRIED
from doorward.applications.grants import named, need_of
from doorward.applications.models import Grant, Site
from doorward.applications.requested_scopes import Live
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.recovery_codes import codes
from doorward.customers.rights import authorise
from doorward.gate.absent_person import load_person
from doorward.gate.assurance import assurance_of, methods_of, verified_at, verified_factor
from doorward.gate.evaluate import evaluate
from doorward.gate.loading import load_session
from doorward.gate.possible_sessions import ways
from doorward.gate.requirement import Step
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.text.cleaning import fold_email
from doorward.permissions.actions import Action, Managed
from doorward.sessions import queries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from doorward.applications.models import Application
    from doorward.audit.actor import Actor
    from doorward.gate.assurance import Assurance
    from doorward.policy.rules import FactorKind
    from doorward.sessions.context import AuthContext, Person
    from doorward.sessions.models import Session

_ACTION = Action.TRY_APPLICATION
# So many of a person's sessions are looked at.
MOST_SESSIONS: Final = 5
# Whoever gets there is told nothing: they cannot sign in, or have no right.
_NEVER = frozenset({Step.SIGN_IN, Step.NO_RIGHT})
# What a site is told in headers that are not signed.
HEADERS: Final = "headers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to come: with a kind of factor, with a recovery code, or else with the password alone; what comes of it.

    `acr` and `amr` are what a token says then.
    """

    kind: FactorKind | None
    by_code: bool
    step: Step
    acr: Assurance
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A session that the person has now, and what comes of opening it there: `step` is what is asked for first.

    `acr`, `amr` and `auth_time` are what a token says of it as it is.
    """

    browser: str
    since: datetime
    step: Step
    acr: Assurance
    amr: tuple[str, ...]
    auth_time: datetime | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What would come of it. `claims`: by scope, what is said for it; empty where the person is not let in.

    A site has no scopes: what it is told is under `HEADERS`, and what is signed for it under the name of that header.

    `present`: with each session that they have now, the last used first; `ways`: if they sign in again.
    """

    person: Person
    present: tuple[Present, ...]
    ways: tuple[Way, ...]
    claims: dict[str, dict[str, Any]]


def try_it(application: Application | Site, email: str, *, actor: Actor, now: datetime) -> Tried:
    """Return what would come of it if somebody opened an application, or a site. Raises `NobodyToTry`, `MustWait`."""
    authorise(actor, _ACTION)
    auth = _meant(email, actor=actor, now=now)
    told = named(application)
    repeats.record_once(
        APPLICATION_TRIED,
        actor=actor,
        subject=auth.person.who(),
        outcome=Outcome.OK,
        details=told,
        now=now,
    )
    found = tuple(_ways(application, auth, now=now))
    let_in = not any(one.step in _NEVER for one in found)
    claims = _told(application, auth) if let_in else {}
    return Tried(auth.person, tuple(_present(application, auth, now=now)), found, claims)


def _present(
    application: Application | Site, auth: AuthContext, *, now: datetime
) -> Iterator[Present]:
    """Yield the sessions of a person that are open, as the gate sees each of them."""
    need = need_of(application, managed=Managed.OWN)
    rows = queries.still_open(auth.person.id, policy=auth.facts.policy, now=now)
    for row in rows.order_by("-seen_at")[:MOST_SESSIONS]:
        found = load_session(row.id, trusted_id=_trust_of(row), now=now)
        if found is None or row.signed_in_at is None:
            continue
        yield Present(
            browser=row.browser,
            since=row.signed_in_at,
            step=evaluate(found, need, now=now).step,
            acr=assurance_of(found.facts),
            amr=methods_of(found.facts),
            auth_time=verified_at(found.facts),
        )


def _trust_of(session: Session) -> UUID | None:
    """Return the browser's trust that let a session in; None: it was none, or is gone.

    A session keeps none itself: it is noted with the trust at that very moment (`trust.mark_used`), and with each
    sign-in to an application.
    """
    given = Grant.objects.filter(session_id=session.id, trusted_id__isnull=False)
    used = TrustedBrowser.objects.filter(
        administrator_id=session.administrator_id, used_at=session.signed_in_at
    )
    found: UUID | None = (
        given.values_list("trusted_id", flat=True).first()
        or used.values_list("id", flat=True).first()
    )
    return found


def _meant(email: str, *, actor: Actor, now: datetime) -> AuthContext:
    if actor.person is not None:
        # Addresses are not to be guessed.
        throttle.spend([limits.onward_key(actor.person.id)], now=now)
    rows = Administrator.objects.everywhere().filter(email_folded=fold_email(email.strip()))
    found = rows.values_list("id", "customer_id").first()
    # Who has the Tabs tab sees all customers (`Scope.usable`).
    auth = load_person(found[0], customer_id=found[1], now=now) if found else None
    if auth is None:
        raise NobodyToTry
    return auth


def _ways(application: Application | Site, auth: AuthContext, *, now: datetime) -> Iterator[Way]:
    """Yield each way that differs. Who has a factor that works is never asked for the password alone."""
    need, known = need_of(application), set()
    # Somebody can come without any factor only where none works.
    has_factor = any(one.usable for one in auth.facts.factors)
    for session in ways(auth.facts, codes=codes.left(auth.person.id) > 0, now=now):
        facts = replace(auth.facts, session=session)
        factor, by_code = verified_factor(facts), session.recovery_at is not None
        kind = factor.kind if factor else None
        if (kind is None and not by_code and has_factor) or (kind, by_code) in known:
            continue
        known.add((kind, by_code))
        yield Way(
            kind=kind,
            by_code=by_code,
            step=evaluate(replace(auth, facts=facts), need, now=now).step,
            acr=assurance_of(facts),
            amr=methods_of(facts),
        )


def _told(application: Application | Site, auth: AuthContext) -> dict[str, dict[str, Any]]:
    if not isinstance(application, Site):
        return _claims(application, auth)
    who, site = auth.person, application
    return {
        HEADERS: identity_headers.plain_headers(who),
        identity_headers.ASSERTION: identity_headers.who_it_is(
            who, site_id=site.id, origin=site.origin
        ),
    }


def _claims(application: Application, auth: AuthContext) -> dict[str, dict[str, Any]]:
    """Return what userinfo would say for each scope that the application may ask for."""
    found: dict[str, dict[str, Any]] = {}
    known: set[str] = set()
    for scope in application.scopes:
        grant = Grant(application=application, administrator_id=auth.person.id)
        said = claims_of(Live(grant, auth, (scope,)))
        found[scope] = {name: value for name, value in said.items() if name not in known}
        known |= said.keys()
    return found
