"""THE access decision: facts in, the next step out. The order of the lines is the policy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from doorward.credentials.trusted_browsers import rules
from doorward.gate.assurance import assurance_of, can_reach, reaches, verified_factor
from doorward.gate.requirement import Need, Step
from doorward.kernel.clock_set_back import lasts
from doorward.permissions.actions import Managed
from doorward.sessions.reauthentication import (
    LINK_PROOF_SECONDS,
    MAILBOX_PROOF_SECONDS,
    OWN_FACTORS,
    OWN_SECURITY,
    PASS_PROOF_SECONDS,
    RECOVERY_PROOF_SECONDS,
    SHOWN_CODES_SECONDS,
    Reauthentication,
)
from doorward.sessions.rules import is_managing, is_open

if TYPE_CHECKING:
    from doorward.sessions.facts import FactorFacts, Facts, ManagingFacts


def next_step(  # noqa: C901, PLR0911, PLR0912 - one condition a line; the order is the policy
    facts: Facts | None, need: Need, *, now: datetime
) -> Step:
    """Return the step that is due before `need` is met; `THROUGH` when none is. No facts: a stranger."""
    if facts is None or not _signed_in(facts, now=now):
        return Step.SIGN_IN
    if _by_pass(facts, now=now):
        return Step.SET_UP_FACTOR
    if facts.factors and not _second_step_done(facts, now=now):
        return Step.VERIFY_FACTOR
    if facts.policy.required and _allowed(facts) and not _allowed_verified(facts, now=now):
        return Step.VERIFY_FACTOR
    if set_up_is_due(facts, now=now) and _only_password(facts, now=now):
        return Step.VERIFY_MAILBOX
    if _set_up_comes(facts, now=now) and not _entered_recently(facts, now=now):
        return _reauthentication(facts)
    if _set_up_comes(facts, now=now):
        return Step.SET_UP_FACTOR
    if _codes_wait(facts, now=now) and not _codes_may_be_shown(facts, now=now):
        return _reauthentication(facts)
    if _codes_wait(facts, now=now):
        return Step.SAVE_RECOVERY_CODES
    if facts.password_due and not _entered_recently(facts, now=now):
        return _reauthentication(facts)
    if facts.password_due:
        return Step.SET_PASSWORD
    managing = facts.managing if need.managed is not Managed.OWN else None
    if managing is not None and not is_managing(managing, now=now):
        return Step.MANAGING_OVER
    if managing is not None and not _may_be_managed(need, managing):
        return Step.NOT_WHILE_MANAGING
    if need.tab is not None and need.tab not in (managing or facts).tabs:
        return Step.NO_RIGHT
    if need.also is not None and need.also not in facts.tabs:
        return Step.NO_RIGHT
    if need.reach is not None and not facts.reach.goes(need.reach):
        return Step.NO_RIGHT
    if need.fresh is not None and not is_recent(facts, need.fresh, now=now):
        return Step.REAUTHENTICATE
    if need.assurance is None or reaches(assurance_of(facts), need.assurance):
        return Step.THROUGH
    return Step.REAUTHENTICATE if can_reach(facts, need.assurance) else Step.ANOTHER_FACTOR


def _may_be_managed(need: Need, managing: ManagingFacts) -> bool:
    return need.managed is Managed.LOOK or (need.managed is Managed.CHANGE and managing.changes)


def set_up_is_due(facts: Facts, *, now: datetime) -> bool:
    """Return whether a factor must be set up now: required, none allowed and usable, no grace left."""
    return _set_up_is_missing(facts) and not facts.policy.in_grace(now)


def is_recent(facts: Facts, fresh: Reauthentication, *, now: datetime) -> bool:
    """Return whether a proof made in this session is recent enough.

    A factor that still counts where there is one, else the password; an app does not, where a passkey is
    asked for and can be used. A recovery code serves for ten minutes, and only where the need says so
    (setting up a new factor, removing the lost one).
    """
    session = facts.session
    if session is None:
        return False
    if fresh.recovery_serves and _within(session.recovery_at, RECOVERY_PROOF_SECONDS, now=now):
        return True
    if facts.factors and not _serves(facts, verified_factor(facts)):
        return False
    verified_at = session.factor_at if facts.factors else session.password_at
    return _within(verified_at, fresh.seconds, now=now)


def _signed_in(facts: Facts, *, now: datetime) -> bool:
    session = facts.session
    return (
        session is not None
        and not facts.elsewhere
        and not facts.unbound
        and facts.administrator_active
        and facts.customer_active
        and is_open(session, policy=facts.policy, security_version=facts.security_version, now=now)
    )


def _by_pass(facts: Facts, *, now: datetime) -> bool:
    """Return whether a new factor may be set up, and nothing else, in place of those that were lost.

    Without any factor a pass says nothing: then it is the mailbox that is verified.
    """
    session = facts.session
    return (
        session is not None
        and bool(facts.factors)
        and session.by_pass
        and session.password_at is not None
        and _within(session.pass_at, PASS_PROOF_SECONDS, now=now)
    )


def _second_step_done(facts: Facts, *, now: datetime) -> bool:
    return (
        _trusted(facts, now=now) or _recovery_verified(facts) or verified_factor(facts) is not None
    )


def _allowed_verified(facts: Facts, *, now: datetime) -> bool:
    verified = verified_factor(facts)
    return (
        _trusted(facts, now=now)
        or _recovery_verified(facts)
        or (verified is not None and facts.policy.accepts(verified.kind))
    )


def _allowed(facts: Facts) -> tuple[FactorFacts, ...]:
    return tuple(one for one in facts.factors if one.usable and facts.policy.accepts(one.kind))


def _serves(facts: Facts, verified: FactorFacts | None) -> bool:
    """Return whether a proof counts once more: by a factor that is enough, or by any where none is."""
    return verified is not None and (facts.policy.accepts(verified.kind) or not _allowed(facts))


def _recovery_verified(facts: Facts) -> bool:
    return facts.session is not None and facts.session.recovery_at is not None


def _trusted(facts: Facts, *, now: datetime) -> bool:
    """Return whether this browser stands in for the second step: of a factor that could be verified, never of none."""
    return (
        facts.trust is not None
        and bool(_allowed(facts))
        and rules.holds(facts.trust, facts.policy, security_version=facts.security_version, now=now)
    )


def _only_password(facts: Facts, *, now: datetime) -> bool:
    """Return whether the mailbox is to be verified: nothing but a password was, or what else was is too old."""
    session = facts.session
    if session is None or facts.factors or not facts.mailbox_proof:
        return False
    recovered = _within(session.recovery_at, RECOVERY_PROOF_SECONDS, now=now)
    return not recovered and not _mailbox_counts(facts, now=now)


def _mailbox_counts(facts: Facts, *, now: datetime) -> bool:
    """Return whether the mailbox was verified a short time ago, by a code or by a mailed link."""
    session = facts.session
    if session is None:
        return False
    by_link = session.from_link and _within(session.password_at, LINK_PROOF_SECONDS, now=now)
    return by_link or _within(session.mailbox_at, MAILBOX_PROOF_SECONDS, now=now)


def _set_up_is_missing(facts: Facts) -> bool:
    return facts.policy.required and not _allowed(facts)


def _set_up_is_offered(facts: Facts, *, now: datetime) -> bool:
    put_off = facts.session is not None and facts.session.put_off
    return _set_up_is_missing(facts) and facts.policy.in_grace(now) and not put_off


def _set_up_comes(facts: Facts, *, now: datetime) -> bool:
    return set_up_is_due(facts, now=now) or _set_up_is_offered(facts, now=now)


def _entered_recently(facts: Facts, *, now: datetime) -> bool:
    """Return whether what let this session in is recent enough to set up a factor or a password with it.

    Whoever sits down before a browser that was left open, or comes back with an old session, adds nothing
    of theirs to the account. Where there is a factor, only one of the person's own or a recovery code counts.
    """
    if is_recent(facts, OWN_FACTORS, now=now):
        return True
    return not facts.factors and _mailbox_counts(facts, now=now)


def _reauthentication(facts: Facts) -> Step:
    """Return the step that makes a session recent again: by a factor, by the password where there is none."""
    return Step.VERIFY_FACTOR if facts.factors else Step.VERIFY_PASSWORD


def _codes_wait(facts: Facts, *, now: datetime) -> bool:
    """Return whether recovery codes are to be saved before anything else.

    Who was let in by a recovery code cannot verify the factor that they may be seen with: they do not wait for it.
    """
    if facts.recovery_unsaved is None:
        return False
    return _codes_may_be_shown(facts, now=now) or not _recovery_verified(facts)


def _codes_may_be_shown(facts: Facts, *, now: datetime) -> bool:
    """Return whether this session may see the codes that wait: it was just shown them, or verified a factor."""
    codes = facts.recovery_unsaved
    just_shown = (
        codes is not None and codes.own and _within(codes.shown_at, SHOWN_CODES_SECONDS, now=now)
    )
    return just_shown or is_recent(facts, OWN_SECURITY, now=now)


def _within(moment: datetime | None, seconds: int, *, now: datetime) -> bool:
    """Return whether a moment is at most so long ago. One in the future (of a wrong clock) never counts."""
    return moment is not None and lasts(moment, timedelta(seconds=seconds), now=now)
