"""Taking back a factor that was said to be lost: its owner proves it, after the password, and is signed in by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.record import record
from doorward.credentials import standing, suspension
from doorward.credentials.errors import CodeAlreadyUsed, NothingSuspended
from doorward.credentials.events import FACTOR_TAKEN_BACK, SECOND_STEP_FAILED
from doorward.credentials.passkeys import verify as passkeys
from doorward.credentials.passkeys.verify import Given
from doorward.credentials.totp import verify as apps
from doorward.customers.rights import authorise
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.sessions.errors import StaleRequest
from doorward.sessions.lock import hold
from doorward.sessions.queries import passed_meanwhile
from doorward.signin.second_step import pass_on

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.sessions.context import AuthContext, FactorRow
    from doorward.sessions.issuing import Started


def take_back(*, auth: AuthContext, proof: str | Given, actor: Actor, now: datetime) -> Started:
    """Verify a suspended factor, which is suspended no longer by that; return the stepped-up session.

    All others stay suspended. A try counts as at the second step. Raises `NothingSuspended` where nothing can be
    taken back, or what the second step raises.
    """
    authorise(actor, Action.TAKE_FACTOR_BACK, subject=auth.person.id)
    lost = suspension.can_be_taken_back(auth, now=now)
    if not lost.factors:
        raise NothingSuspended
    with transaction.atomic():
        hold(auth.person.id)
        since = suspension.lift(auth.person.id, now=now)
        found = _look(lost, proof, actor=actor, now=now)
        suspension.put_back(since, but=None if isinstance(found, Refusal) else found.id)
        if not isinstance(found, Refusal):
            standing.keep(auth.person.id)
            record(FACTOR_TAKEN_BACK, actor=actor, typed={"factor": found.name})
            return pass_on(lost, found, actor=actor, now=now)
        if isinstance(found, CodeAlreadyUsed) and passed_meanwhile(auth.browser):
            raise StaleRequest
    _after_refusal(lost, found, proof, actor=actor, now=now)
    raise found


def _look(
    lost: AuthContext, proof: str | Given, *, actor: Actor, now: datetime
) -> FactorRow | Refusal:
    if not isinstance(proof, Given):
        return apps.look(lost, proof, event_type=SECOND_STEP_FAILED, actor=actor, now=now)
    found = passkeys.look(lost, proof, actor=actor, now=now)
    if isinstance(found, Refusal):
        return found
    return next(row for row in lost.factors if row.id == found.factor_id)


def _after_refusal(
    lost: AuthContext, refusal: Refusal, proof: str | Given, *, actor: Actor, now: datetime
) -> None:
    if isinstance(proof, Given):
        passkeys.after_refusal(lost, refusal, proof, actor=actor, now=now)
    else:
        apps.after_refusal(lost, refusal, event_type=SECOND_STEP_FAILED, actor=actor, now=now)
