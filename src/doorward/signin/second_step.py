"""The second step of signing in: a factor is verified, and a sign-in that is complete by it is recorded.

All in one transaction. A refusal is one of its results, so that what was counted and consumed is committed with it;
it is remembered and raised after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.credentials.errors import CodeAlreadyUsed, PasskeyChallengeInvalid
from doorward.credentials.events import SECOND_STEP_FAILED
from doorward.credentials.passkeys import verify as passkeys
from doorward.credentials.stepping_up import step_up
from doorward.credentials.totp import verify as apps
from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.sessions import issuing
from doorward.sessions.errors import StaleRequest
from doorward.sessions.queries import passed_meanwhile

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.credentials.passkeys.verify import Given
    from doorward.sessions.context import AuthContext, FactorRow
    from doorward.sessions.issuing import Started


def verify_code(*, auth: AuthContext, code: str, actor: Actor, now: datetime) -> Started:
    """Verify an authenticator app; return the stepped-up session.

    Raises `WrongCode`, `CodeAlreadyUsed`, `MustWait`, `FactorDisabled`, or `StaleRequest` where this
    session already passed the step; then nothing is counted.
    """
    with transaction.atomic():
        found = apps.look(auth, code, event_type=SECOND_STEP_FAILED, actor=actor, now=now)
        if not isinstance(found, Refusal):
            return pass_on(auth, found, actor=actor, now=now)
        if isinstance(found, CodeAlreadyUsed) and passed_meanwhile(auth.browser):
            raise StaleRequest
    apps.after_refusal(auth, found, event_type=SECOND_STEP_FAILED, actor=actor, now=now)
    raise found


def verify_passkey(*, auth: AuthContext, given: Given, actor: Actor, now: datetime) -> Started:
    """Verify a passkey after the password; return the stepped-up session.

    Raises what `check_assertion` raises, `PasskeyChallengeInvalid`, `PasskeyNotOffered`, `MustWait`,
    `FactorDisabled`, or `StaleRequest` as for a code.
    """
    with transaction.atomic():
        found = passkeys.look(auth, given, actor=actor, now=now)
        if not isinstance(found, Refusal):
            factor = next(row for row in auth.factors if row.id == found.factor_id)
            return pass_on(auth, factor, actor=actor, now=now)
        if isinstance(found, PasskeyChallengeInvalid) and passed_meanwhile(auth.browser):
            raise StaleRequest
    passkeys.after_refusal(auth, found, given, actor=actor, now=now)
    raise found


def pass_on(auth: AuthContext, factor: FactorRow, *, actor: Actor, now: datetime) -> Started:
    """Step the session up with what was verified; record the sign-in where nothing else is due, once."""
    browser = auth.browser
    verdict = evaluate(auth.verified(factor, now=now), Need.OWN, now=now)
    if browser.signed_in_at is not None or not verdict.through:
        return step_up(browser, factor.id, kind=factor.kind, now=now)
    known, with_what = browser.known_browser, factor.kind.value
    issuing.record_sign_in(actor=actor, with_what=with_what, known_browser=known, now=now)
    return step_up(browser, factor.id, kind=factor.kind, now=now, signed_in_at=now)
