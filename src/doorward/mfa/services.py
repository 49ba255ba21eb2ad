"""Turning two-factor sign-in off, and looking after several factors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators import sessions
from doorward.administrators.accounts import locked
from doorward.administrators.models import Administrator, Session
from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.core import errors, totp
from doorward.core.moments import lasts
from doorward.core.steps import OWN_FACTORS, RECOVERY_PROOF_SECONDS, FactorKind
from doorward.core.text import clean_line
from doorward.mfa import places, standing, trusted
from doorward.mfa.facts import policy_of, required
from doorward.mfa.models import Factor, RecoverySet, SetUp
from doorward.mfa.passkey_proving import Given
from doorward.mfa.passkey_proving import prove as prove_passkey
from doorward.mfa.proving import prove
from doorward.mfa.set_up import NAME_LENGTH
from doorward.mfa.shared import record_failure
from doorward.safe import vault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.origin import By
    from doorward.audit.services import Typed
    from doorward.core.policy import Policy
    from doorward.mfa.facts import Browser, Loaded


def disable(*, loaded: Loaded, proof: str | Given, by: By, now: datetime) -> None:
    """Turn two-factor sign-in off with a code from the app or a passkey, which is its own fresh proof.

    Removes all factors and recovery codes and ends all other sessions. Refused where it is
    required, whatever the page showed: the rule is asked again under the person's lock.
    """
    if loaded.facts.policy.required:
        record_failure(
            Kind.TWO_FACTOR_DISABLE_REFUSED, errors.RequiredCannotDisable(), by=by, now=now
        )
        raise errors.RequiredCannotDisable
    if not loaded.factors:
        raise errors.NotEnabled
    if isinstance(proof, Given):
        prove_passkey(loaded=loaded, given=proof, by=by, now=now)
    else:
        prove(loaded=loaded, code=proof, kind=Kind.TWO_FACTOR_DISABLE_FAILED, by=by, now=now)
    try:
        with transaction.atomic():
            person = locked(loaded.person.id)
            _refuse_where_required(person)
            remove_all(person.id)
            sessions.end_others(administrator_id=person.id, keep=by.session_id, now=now)
            _unprove(loaded.browser)
            record(Kind.TWO_FACTOR_DISABLED, by=by)
    except errors.RequiredCannotDisable as refusal:
        record_failure(Kind.TWO_FACTOR_DISABLE_REFUSED, refusal, by=by, now=now)
        raise


def reset(person: Administrator, *, by: By, now: datetime) -> None:
    """Remove a person's factors for them (the operator at the console); all their sessions end."""
    with transaction.atomic():
        locked(person.id)
        if not Factor.objects.filter(administrator_id=person.id).exists():
            raise errors.NotEnabled
        remove_all(person.id)
        sessions.end_others(administrator_id=person.id, keep=None, now=now)
        record(Kind.TWO_FACTOR_RESET, by=by, subject=person.who())


def rename(factor_id: UUID, *, loaded: Loaded, name: str, by: By) -> None:
    """Give one's own factor another name."""
    chosen = clean_line(name, maximum=NAME_LENGTH)
    if not chosen:
        raise errors.NameMissing(field="name")
    with transaction.atomic():
        rows = Factor.objects.filter(id=factor_id, administrator_id=loaded.person.id)
        before = rows.select_for_update().values_list("name", flat=True).first()
        if before is None:
            raise errors.NotFound
        if before != chosen:
            rows.update(name=chosen)
            typed: dict[str, Typed] = {"before": {"name": before}, "after": {"name": chosen}}
            record(Kind.FACTOR_RENAMED, by=by, typed=typed)


def remove(factor_id: UUID, *, loaded: Loaded, by: By, now: datetime) -> None:
    """Remove one of several factors; removing the last one is *Disable 2FA*, with all its rules.

    Raises `AnotherFactorWanted` where the fresh proof was by the very one that goes, and another one can
    be used: who holds one device alone does not take the others away with it. `StaleRequest` where it was
    one of several and has become the last one in the meantime: 2FA goes off by nobody's oversight.
    `NewDeviceFirst` where it is the last one and was not proved itself, but a recovery code.
    """
    if _proved_by_itself(factor_id, loaded, now=now):
        raise errors.AnotherFactorWanted
    try:
        with transaction.atomic():
            person = locked(loaded.person.id)
            factors = {factor.id: factor for factor in Factor.objects.filter(administrator=person)}
            gone = factors.pop(factor_id, None)
            if gone is None:
                raise errors.NotFound
            if not _enough(factors.values(), gone, policy_of(person)):
                _refuse_where_required(person)
            if not factors and len(loaded.factors) > 1:
                raise errors.StaleRequest
            if not factors and not _proved_just_now(factor_id, loaded, now=now):
                raise errors.NewDeviceFirst
            if not factors:
                remove_all(person.id)
                _unprove(loaded.browser)
                record(Kind.TWO_FACTOR_DISABLED, by=by, typed={"factor": gone.name})
            else:
                gone.delete()
                standing.keep(person.id)
                record(Kind.FACTOR_REMOVED, by=by, typed={"factor": gone.name})
            sessions.end_others(administrator_id=person.id, keep=by.session_id, now=now)
    except errors.RequiredCannotDisable as refusal:
        record_failure(Kind.FACTOR_REMOVE_REFUSED, refusal, by=by, now=now)
        raise


def _enough(left: Iterable[Factor], gone: Factor, policy: Policy) -> bool:
    """Say whether what is left can be used, and the policy takes one of it if it took the one that goes."""
    usable = [FactorKind(factor.kind) for factor in left if factor.locked_at is None]
    taken = not policy.accepts(FactorKind(gone.kind)) or any(map(policy.accepts, usable))
    return bool(usable) and taken


def _proved_by_itself(factor_id: UUID, loaded: Loaded, *, now: datetime) -> bool:
    session = loaded.facts.session
    others = any(
        row.id != factor_id and not row.locked and loaded.facts.policy.accepts(row.kind)
        for row in loaded.factors
    )
    if session is None or session.factor_id != factor_id or not others:
        return False
    recovered = session.recovery_at
    serves = recovered and lasts(recovered, timedelta(seconds=RECOVERY_PROOF_SECONDS), now=now)
    return not serves


def _proved_just_now(factor_id: UUID, loaded: Loaded, *, now: datetime) -> bool:
    """Say whether this very factor was proved: a recovery code sets up a new one, and does not turn 2FA off."""
    session = loaded.facts.session
    proved_at = session.factor_at if session and session.factor_id == factor_id else None
    return proved_at is not None and lasts(
        proved_at, timedelta(seconds=OWN_FACTORS.seconds), now=now
    )


def remove_all(administrator_id: UUID) -> None:
    """Delete a person's factors, codes, open set-ups and trusted browsers, in the caller's transaction."""
    Factor.objects.filter(administrator_id=administrator_id).delete()
    RecoverySet.objects.filter(administrator_id=administrator_id).delete()
    SetUp.objects.filter(session__administrator_id=administrator_id).delete()
    trusted.forget_all(administrator_id)
    standing.keep(administrator_id)


def unused_code(person: Administrator, *, now: datetime) -> tuple[str, datetime]:
    """Give the earliest code of a person's first app that is still good, and when its time begins.

    For the demonstration's people alone. Raises `NotEnabled`.
    """
    factor = Factor.objects.filter(administrator=person, kind=FactorKind.APP).first()
    if factor is None:
        raise errors.NotEnabled
    secret = vault.open_sealed(factor.sealed or b"", **places.of_factor(factor.id))
    step = max(totp.step_at(now), factor.last_step + 1)
    return totp.code_at(secret, step), totp.time_of(step)


def _unprove(browser: Browser) -> None:
    Session.objects.filter(id=browser.session_id).update(
        factor_at=None, factor_id=None, factor_kind="", recovery_at=None
    )


def _refuse_where_required(person: Administrator) -> None:
    if required(person):
        raise errors.RequiredCannotDisable
