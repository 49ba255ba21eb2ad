"""Authorization codes (RFC 6749, 4.1): a sign-in to an application is given with one, which is redeemed once."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction

from doorward.applications.errors import AlreadyAnswered
from doorward.applications.events import APPLICATION_MANAGED, APPLICATION_SIGNED_IN
from doorward.applications.grants import end_reused, live, named
from doorward.applications.models import Grant
from doorward.applications.protocol import Code, ProtocolError
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.db.one_row import one_or_none
from doorward.kernel.ratelimit import limits, throttle
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.applications.models import Application
    from doorward.applications.requested_scopes import Live
    from doorward.audit.actor import Actor, ClientInfo
    from doorward.sessions.context import AuthContext

# RFC 6749, 4.1.2 allows ten minutes.
CODE_LASTS: Final = timedelta(seconds=60)


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


def give(
    application: Application, asked: Asked, *, auth: AuthContext, actor: Actor, now: datetime
) -> str:
    """Return a code for what was asked, of a session that the gate let through.

    Raises `AlreadyAnswered`, `MustWait`.
    """
    managing_id = _authorised(auth, actor=actor)
    # Another site's page can lead here again and again.
    throttle.spend([limits.onward_key(auth.browser.session_id)], now=now)
    code = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            Grant.objects.create(
                application=application,
                session_id=auth.browser.session_id,
                administrator_id=auth.own.person.id,
                managing_id=managing_id,
                trusted_id=auth.browser.trusted_id,
                granted_at=now,
                code_hash=_code_hash(code),
                **asdict(asked) | {"scopes": list(asked.scopes), "claims": asked.claims or None},
            )
            _record(application, auth, actor=actor)
    except IntegrityError as error:
        raise AlreadyAnswered from error
    return code


def _authorised(auth: AuthContext, *, actor: Actor) -> UUID | None:
    """Let on who may, and return the managing that they open it in; None: they open it as themselves."""
    managing_id = auth.browser.managing_id if auth.staff else None
    if managing_id is None:
        authorise(actor, Action.SIGN_IN_TO_APPLICATION, subject=auth.person.id)
    else:
        authorise(actor, Action.OPEN_WHILE_MANAGING, auth.person.customer_id)
    return managing_id


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
    in_time = lasts(grant.granted_at, CODE_LASTS, now=now)
    if not (used_now and in_time and _fits(grant, redirect_uri, verifier)):
        end_reused(grant, client=client, now=now)
        raise ProtocolError(Code.INVALID_GRANT, "The code does not fit, is over, or was used.")
    return live(grant, now=now)


def _fits(grant: Grant, redirect_uri: str, verifier: str) -> bool:
    """Return whether a code is brought back as it was asked for: from this address, by who began (RFC 7636, 4.6)."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415 - 1.5 MiB, where a code is redeemed

    challenge = create_s256_code_challenge(verifier)
    same_address = hmac.compare_digest(grant.redirect_uri.encode(), redirect_uri.encode())
    return same_address and hmac.compare_digest(grant.code_challenge.encode(), challenge.encode())


def _code_hash(code: str) -> bytes:
    return keyed_hash("oidc-code", code)
