"""Sign-ins to applications: given with a code, used once, and worth something only as long as the gate says so.

Refresh tokens are rotated here: `refresh` uses one up, `new_refresh_token` makes the next, a used one ends them all.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.db import IntegrityError, transaction

from doorward.applications.errors import AlreadyAnswered
from doorward.applications.events import (
    APPLICATION_MANAGED,
    APPLICATION_REUSED,
    APPLICATION_SIGNED_IN,
    APPLICATION_SIGNED_OUT,
)
from doorward.applications.live import Live, Part, part_of
from doorward.applications.models import Application, Grant, RefreshToken
from doorward.applications.protocol import Code, ProtocolError, StepMissing
from doorward.audit.actor import Actor
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.gate import managed as portals
from doorward.gate.assurance import Assurance, wanted_of
from doorward.gate.evaluate import evaluate, unattended
from doorward.gate.loading import load_session
from doorward.gate.requirement import Need, Step
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.db.unordered import one_or_none
from doorward.kernel.moments import lasts
from doorward.kernel.ratelimit import throttle
from doorward.permissions.actions import Action, Managed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.applications.models import Site
    from doorward.audit.actor import ClientInfo
    from doorward.audit.record import Detail
    from doorward.sessions.context import AuthContext

# RFC 6749, 4.1.2 allows ten minutes.
CODE_LASTS: Final = timedelta(seconds=60)
_USED_EVERY: Final = timedelta(minutes=5)
_OVER: Final = "It is over, or was never given."
# After these nobody comes back to it; after any other step of the gate a person may.
_FOR_GOOD: Final = frozenset({Step.SIGN_IN, Step.NO_RIGHT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is given: what the answered request said."""

    request_id: UUID
    redirect_uri: str
    scopes: tuple[str, ...]
    resource: str
    nonce: str
    code_challenge: str
    claims: dict[str, list[str]]


def need_of(application: Application | Site, *, managed: Managed | None = None) -> Need:
    """Return what people of an application or a site must fulfil: the right to its tab, what it wants verified."""
    wanted = Assurance(application.required_acr) if application.required_acr else None
    if managed is None:
        opens = isinstance(application, Application) and application.while_managing
        managed = Managed.CHANGE if opens else Managed.NEVER
    return Need(tab=application.tab.key, assurance=wanted, managed=managed)


def need_of_grant(grant: Grant) -> Need:
    """Return what a sign-in must go on fulfilling."""
    # What the session does elsewhere, in a customer's portal, is no matter for its own.
    return need_of(grant.application, managed=None if grant.managing_id else Managed.OWN)


def auth_of(grant: Grant, *, now: datetime) -> AuthContext | None:
    """Return what is known of the session of a sign-in; None: it is not there, or no longer in that portal."""
    if grant.managing_id is None:
        return load_session(grant.session_id, trusted_id=grant.trusted_id, now=now)
    auth = portals.load_session(grant.session_id, trusted_id=grant.trusted_id, now=now)
    if auth is None or auth.portal is None or auth.browser.managing_id != grant.managing_id:
        return None
    return auth


def give(
    application: Application, asked: Asked, *, auth: AuthContext, actor: Actor, now: datetime
) -> str:
    """Return a code for what was asked, of a session that the gate let through.

    Raises `AlreadyAnswered`, `MustWait`.
    """
    managing_id = auth.browser.managing_id if auth.staff else None
    if managing_id is None:
        authorise(actor, Action.SIGN_IN_TO_APPLICATION, subject=auth.person.id)
    else:
        authorise(actor, Action.OPEN_WHILE_MANAGING, auth.person.customer_id)
    # Another site's page can lead here again and again.
    throttle.spend([throttle.onward_key(auth.browser.session_id)], now=now)
    code = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            Grant.objects.create(
                application=application,
                session_id=auth.browser.session_id,
                administrator_id=auth.own.person.id,
                managing_id=managing_id,
                trusted_id=auth.browser.trusted_id,
                request_id=asked.request_id,
                scopes=list(asked.scopes),
                claims=asked.claims or None,
                resource=asked.resource,
                granted_at=now,
                code_hash=_code_hash(code),
                code_challenge=asked.code_challenge,
                redirect_uri=asked.redirect_uri,
                nonce=asked.nonce,
            )
            _record(application, auth, actor=actor)
    except IntegrityError as error:
        raise AlreadyAnswered from error
    return code


def _record(application: Application, auth: AuthContext, *, actor: Actor) -> None:
    told = named(application)
    if auth.staff is None:
        record(APPLICATION_SIGNED_IN, actor=actor, details=told)
        return
    whose = (auth.person.customer_id, auth.person.customer_name)
    record(APPLICATION_MANAGED, actor=actor, subject=actor.person, customer=whose, details=told)


def redeem(  # noqa: PLR0913 - what the token request has, each looked at
    application: Application,
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
    client: ClientInfo,
    now: datetime,
) -> Live:
    """Return the sign-in of a code, which works once (RFC 6749, 4.1.3). Raises `ProtocolError`.

    It is used up before anything else is looked at; who comes with a used one ends all that came of it.
    """
    rows = Grant.objects.filter(application=application, code_hash=_code_hash(code))
    used = {"code_used_at": now, "used_at": now}
    used_now = rows.filter(code_used_at__isnull=True).update(**used) == 1
    grant = one_or_none(rows)
    if grant is None:
        raise ProtocolError(Code.INVALID_GRANT, "There is no such code.")
    # It has been read by who asks.
    grant.application = application
    right = (
        used_now
        and lasts(grant.granted_at, CODE_LASTS, now=now)
        and hmac.compare_digest(grant.redirect_uri.encode(), redirect_uri.encode())
        and hmac.compare_digest(
            grant.code_challenge.encode(), create_s256_code_challenge(verifier).encode()
        )
    )
    if not right:
        end_reused(grant, client=client, now=now)
        raise ProtocolError(Code.INVALID_GRANT, "The code does not fit, is over, or was used.")
    return live(grant, now=now)


def live(grant: Grant, *, now: datetime) -> Live:
    """Return a sign-in that is worth something now, by the gate's own decision. Raises `ProtocolError`, `StepMissing`.

    One whose application is told that it is over stays so, whatever the gate would say again later.
    """
    if grant.ended_at is None and grant.tell_at is None:
        auth = auth_of(grant, now=now)
        if auth is not None and auth.person.id == grant.administrator_id:
            need = need_of_grant(grant)
            step = evaluate(unattended(auth), need, now=now).step
            if step is Step.THROUGH:
                _note_used(grant, now=now)
                return Live(grant, auth, tuple(grant.scopes))
            if step not in _FOR_GOOD and grant.managing_id is None:
                raise StepMissing(wanted_of(auth.facts, need.assurance).value)
    raise ProtocolError(Code.INVALID_GRANT, _OVER)


def _note_used(grant: Grant, *, now: datetime) -> None:
    """Write down that something of it was shown to us, once in some minutes."""
    if grant.used_at is None or not lasts(grant.used_at, _USED_EVERY, now=now):
        Grant.objects.filter(id=grant.id).update(used_at=now)


def find(grant_id: UUID, *, now: datetime) -> Live:
    """Return the sign-in with this id if it is worth something now. Raises `ProtocolError`."""
    grant = one_or_none(Grant.objects.select_related("application__tab").filter(id=grant_id))
    if grant is None:
        raise ProtocolError(Code.INVALID_GRANT, _OVER)
    return live(grant, now=now)


def new_refresh_token(grant: Grant, *, now: datetime) -> str:
    """Return a refresh token of a sign-in."""
    token = secrets.token_urlsafe(32)
    RefreshToken.objects.create(keyed_hash=_refresh_hash(token), grant=grant, made_at=now)
    return token


def refresh(
    application: Application, token: str, part: Part, *, client: ClientInfo, now: datetime
) -> Live:
    """Return the sign-in of a refresh token, which works once (RFC 9700, 4.14.2). Raises `ProtocolError`, `MustWait`.

    Who comes with a used one, a thief or the owner after a thief, ends all that came of it. One that is refused is not
    used up: no other was given for it, and who only has a step to take would be taken for a thief afterwards.
    """
    found = find_refresh(application, token)
    if found is None:
        raise ProtocolError(Code.INVALID_GRANT, "There is no such refresh token.")
    throttle.spend([throttle.onward_key(found.grant_id)], now=now)
    sign_in = part_of(live(found.grant, now=now), part) if found.used_at is None else None
    unused = RefreshToken.objects.filter(keyed_hash=found.keyed_hash, used_at__isnull=True)
    if sign_in is None or unused.update(used_at=now) != 1:
        end_reused(found.grant, client=client, now=now)
        raise ProtocolError(Code.INVALID_GRANT, "This refresh token was used before.")
    return sign_in


def find_refresh(application: Application, token: str) -> RefreshToken | None:
    """Return a refresh token of an application, used or not; None: it is none of its own."""
    rows = RefreshToken.objects.select_related("grant__application__tab")
    return one_or_none(rows.filter(keyed_hash=_refresh_hash(token), grant__application=application))


def end(grant: Grant, *, now: datetime) -> bool:
    """End a sign-in to an application: none of its tokens is worth anything any more; return whether it went on."""
    return Grant.objects.filter(id=grant.id, ended_at__isnull=True).update(ended_at=now) == 1


def revoke(grant: Grant, *, client: ClientInfo, now: datetime) -> None:
    """End a sign-in as its application asks (RFC 7009)."""
    with transaction.atomic():
        if end(grant, now=now):
            record(
                APPLICATION_SIGNED_OUT,
                actor=Actor(None, client),
                subject=grant.administrator.who(),
                details=named(grant.application),
            )


def end_reused(grant: Grant, *, client: ClientInfo, now: datetime) -> None:
    """End a sign-in whose code or token came twice or did not fit: one of the two who have it stole it."""
    with transaction.atomic():
        if not end(grant, now=now):
            return
        record(
            APPLICATION_REUSED,
            actor=Actor(None, client),
            subject=grant.administrator.who(),
            outcome=Outcome.REFUSED,
            details=named(grant.application),
        )


def named(application: Application) -> dict[str, Detail]:
    """Return what an event says of an application."""
    return {"tab": application.tab.title, "key": application.tab.key}


def _code_hash(code: str) -> bytes:
    return keyed_hash("oidc-code", code)


def _refresh_hash(token: str) -> bytes:
    return keyed_hash("oidc-refresh", token)
