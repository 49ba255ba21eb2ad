"""Turning two-factor sign-in off, and looking after several factors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts.account import locked
from doorward.accounts.looking_after import keeps_help
from doorward.accounts.required_of import policy_of, required
from doorward.audit import removals
from doorward.audit.record import record
from doorward.credentials import sealed, standing
from doorward.credentials.errors import (
    AnotherFactorWanted,
    NewDeviceFirst,
    NotEnabled,
    RequiredCannotDisable,
)
from doorward.credentials.events import (
    FACTOR_REMOVE_REFUSED,
    FACTOR_REMOVED,
    FACTOR_RENAMED,
    TWO_FACTOR_DISABLE_FAILED,
    TWO_FACTOR_DISABLE_REFUSED,
    TWO_FACTOR_DISABLED,
    TWO_FACTOR_RESET,
)
from doorward.credentials.models import Factor, RecoverySet, SetUp
from doorward.credentials.passkeys.verify import Given
from doorward.credentials.passkeys.verify import verify_code as verify_passkey
from doorward.credentials.totp import rules
from doorward.credentials.totp.enrol import NAME_LENGTH
from doorward.credentials.totp.verify import verify_code
from doorward.credentials.trusted_browsers import trust
from doorward.credentials.wrong_proofs import record_failure
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto import sealing
from doorward.kernel.errors import AlreadyRemoved, NameMissing, NotFound, Refusal
from doorward.kernel.text.cleaning import clean_line
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.sessions import ending
from doorward.sessions.errors import StaleRequest
from doorward.sessions.models import Session
from doorward.sessions.reauthentication import OWN_FACTORS, RECOVERY_PROOF_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.audit.record import Typed
    from doorward.policy.rules import Policy
    from doorward.sessions.context import AuthContext


def disable(*, auth: AuthContext, proof: str | Given, actor: Actor, now: datetime) -> None:
    """Turn two-factor sign-in off with a code from the app or a passkey, which is its own reauthentication.

    Removes all factors and recovery codes and ends all other sessions. Refused where it is
    required, whatever the page showed: the rule is asked again under the person's lock.
    """
    authorise(actor, Action.DISABLE_TWO_FACTORS, subject=auth.person.id)
    if auth.facts.policy.required:
        record_failure(TWO_FACTOR_DISABLE_REFUSED, RequiredCannotDisable(), actor=actor, now=now)
        raise RequiredCannotDisable
    if not auth.factors:
        raise NotEnabled
    try:
        if isinstance(proof, Given):
            verify_passkey(auth=auth, given=proof, actor=actor, now=now)
        else:
            event = TWO_FACTOR_DISABLE_FAILED
            verify_code(auth=auth, code=proof, event_type=event, actor=actor, now=now)
    except Refusal:
        _refuse_where_it_is_off(auth.person.id)
        raise
    try:
        with transaction.atomic(), keeps_help(_mine(auth), now=now):
            person = locked(auth.person.id)
            _refuse_where_required(person, now=now)
            _turn_off(auth, actor=actor)
            ending.end_others(administrator_id=person.id, keep=actor.session_id, now=now)
    except RequiredCannotDisable as refusal:
        record_failure(TWO_FACTOR_DISABLE_REFUSED, refusal, actor=actor, now=now)
        raise


def _refuse_where_it_is_off(administrator_id: UUID) -> None:
    """Raise `NotEnabled` where the same code, sent twice, has turned it off by now."""
    with transaction.atomic():
        locked(administrator_id)
        if not Factor.objects.filter(administrator_id=administrator_id).exists():
            raise NotEnabled


def reset(person: Administrator, *, actor: Actor, now: datetime) -> None:
    """Remove a person's factors for them (the operator at the console); all their sessions end."""
    authorise(actor, Action.RESET_TWO_FACTORS)
    with transaction.atomic():
        locked(person.id)
        if not Factor.objects.filter(administrator_id=person.id).exists():
            raise NotEnabled
        remove_all(person.id)
        ending.end_others(administrator_id=person.id, keep=None, now=now)
        record(TWO_FACTOR_RESET, actor=actor, subject=person.who())


def rename(factor_id: UUID, *, auth: AuthContext, name: str, actor: Actor) -> None:
    """Give one's own factor another name."""
    authorise(actor, Action.CHANGE_FACTOR, subject=auth.person.id)
    chosen = clean_line(name, maximum=NAME_LENGTH)
    if not chosen:
        raise NameMissing(field="name")
    with transaction.atomic():
        rows = Factor.objects.filter(id=factor_id, administrator_id=auth.person.id)
        before = rows.select_for_update().values_list("name", flat=True).first()
        if before is None:
            raise NotFound
        if before != chosen:
            rows.update(name=chosen)
            typed: dict[str, Typed] = {"before": {"name": before}, "after": {"name": chosen}}
            record(FACTOR_RENAMED, actor=actor, typed=typed)


def remove(factor_id: UUID, *, auth: AuthContext, actor: Actor, now: datetime) -> None:
    """Remove one of several factors; removing the last one is *Disable 2FA*, with all its rules.

    Raises `AnotherFactorWanted` where the reauthentication was by the very one that goes, and another one can
    be used: who holds one device alone does not take the others away with it. `StaleRequest` where it was
    one of several and has become the last one in the meantime: 2FA goes off by nobody's oversight.
    `NewDeviceFirst` where it is the last one and was not verified itself, but a recovery code. `AlreadyRemoved` where
    they removed it before, and `NotFound`.
    """
    authorise(actor, Action.CHANGE_FACTOR, subject=auth.person.id)
    if _verified_by_itself(factor_id, auth, now=now):
        raise AnotherFactorWanted
    try:
        with transaction.atomic(), keeps_help(_mine(auth), now=now):
            person = locked(auth.person.id)
            factors = {factor.id: factor for factor in Factor.objects.filter(administrator=person)}
            gone = factors.pop(factor_id, None)
            if gone is None:
                raise AlreadyRemoved if was_removed(factor_id, actor=actor) else NotFound
            if not _enough(factors.values(), gone, policy_of(person, now=now)):
                _refuse_where_required(person, now=now)
            if factors:
                gone.delete()
                standing.keep(person.id)
                details, typed = removals.ids([factor_id]), {"factor": gone.name}
                record(FACTOR_REMOVED, actor=actor, details=details, typed=typed)
            else:
                _must_be_meant(gone, auth, now=now)
                _turn_off(auth, actor=actor, typed={"factor": gone.name})
            ending.end_others(administrator_id=person.id, keep=actor.session_id, now=now)
    except RequiredCannotDisable as refusal:
        record_failure(FACTOR_REMOVE_REFUSED, refusal, actor=actor, now=now)
        raise


def was_removed(factor_id: UUID, *, actor: Actor) -> bool:
    """Return whether who acts removed this device before, with *Remove* or *Disable 2FA*."""
    return removals.was_removed(factor_id, (FACTOR_REMOVED, TWO_FACTOR_DISABLED), actor=actor)


def _mine(auth: AuthContext) -> QuerySet[Customer]:
    return Customer.objects.filter(id=auth.person.customer_id)


def _enough(left: Iterable[Factor], gone: Factor, policy: Policy) -> bool:
    """Return whether what is left can be used, and the policy takes one of it if it took the one that goes."""
    usable = [FactorKind(factor.kind) for factor in left if factor.is_usable]
    taken = not policy.accepts(FactorKind(gone.kind)) or any(map(policy.accepts, usable))
    return bool(usable) and taken


def _verified_by_itself(factor_id: UUID, auth: AuthContext, *, now: datetime) -> bool:
    session = auth.facts.session
    others = any(
        row.id != factor_id and row.usable and auth.facts.policy.accepts(row.kind)
        for row in auth.factors
    )
    if session is None or session.factor_id != factor_id or not others:
        return False
    recovered = session.recovery_at
    serves = recovered and lasts(recovered, timedelta(seconds=RECOVERY_PROOF_SECONDS), now=now)
    return not serves


def _verified_just_now(factor_id: UUID, auth: AuthContext, *, now: datetime) -> bool:
    """Return whether this very factor was verified: a recovery code sets up a new one, and does not turn 2FA off."""
    session = auth.facts.session
    verified_at = session.factor_at if session and session.factor_id == factor_id else None
    return verified_at is not None and lasts(
        verified_at, timedelta(seconds=OWN_FACTORS.seconds), now=now
    )


def remove_all(administrator_id: UUID) -> None:
    """Delete a person's factors, codes, open set-ups and trusted browsers, in the caller's transaction."""
    Factor.objects.filter(administrator_id=administrator_id).delete()
    RecoverySet.objects.filter(administrator_id=administrator_id).delete()
    SetUp.objects.filter(session__administrator_id=administrator_id).delete()
    trust.forget_all(administrator_id)
    standing.keep(administrator_id)


def unused_code(person: Administrator, *, now: datetime) -> tuple[str, datetime]:
    """Return the earliest code of a person's first app that is still good, and when its time begins.

    For the demonstration's people alone. Raises `NotEnabled`.
    """
    factor = Factor.objects.filter(administrator=person, kind=FactorKind.APP).first()
    if factor is None:
        raise NotEnabled
    secret = sealing.open_sealed(factor.sealed or b"", **sealed.of_factor(factor.id))
    step = max(rules.step_at(now), factor.last_step + 1)
    return rules.code_at(secret, step), rules.time_of(step)


def _must_be_meant(last: Factor, auth: AuthContext, *, now: datetime) -> None:
    """Refuse that 2FA goes off by oversight, or by who has a recovery code alone."""
    if len(auth.factors) > 1:
        raise StaleRequest
    if not _verified_just_now(last.id, auth, now=now):
        raise NewDeviceFirst


def _turn_off(auth: AuthContext, *, actor: Actor, typed: Mapping[str, Typed] | None = None) -> None:
    """Remove all factors and recovery codes, and what they proved in this session."""
    gone = removals.ids(row.id for row in auth.factors)
    remove_all(auth.person.id)
    Session.objects.filter(id=auth.browser.session_id).update(
        factor_at=None, factor_id=None, factor_kind="", recovery_at=None
    )
    record(TWO_FACTOR_DISABLED, actor=actor, details=gone, typed=typed)


def _refuse_where_required(person: Administrator, *, now: datetime) -> None:
    if required(person, now=now):
        raise RequiredCannotDisable
