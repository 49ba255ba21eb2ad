"""The set-up pass: with their password it lets one person set up a new factor, once, and nothing else.

It is a look-up secret of 103 bits (NIST SP 800-63B-4, 3.1.2), so that a plain keyed hash does.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q

from doorward.accounts.models import Administrator, Status
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.credentials.models import Factor
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.crypto.sealing import keyed_hash, open_sealed, seal
from doorward.kernel.db.one_row import one_or_none
from doorward.kernel.errors import Refusal
from doorward.kernel.ratelimit import limits, throttle
from doorward.recovery import just_before, sealed, set_up_words
from doorward.recovery.errors import PassNeedsOwnPassword, PassWrong
from doorward.recovery.events import PASS_ENDED, PASS_FAILED, PASS_USED
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.recovery.rules import PASS_LIFETIME, PASS_TRIES, SHOWN_WITHIN
from doorward.sessions import issuing
from doorward.sessions.errors import StaleRequest
from doorward.sessions.lock import hold
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started


_NONCE_BYTES = 16


def make(
    request: RecoveryRequest, *, now: datetime, shown_in: UUID | None = None
) -> tuple[str, ...]:
    """Insert the pass of a request, in the caller's transaction; return its words. Secret.

    An older one of the same person ends. Its words can be made again: for its mail, or to be shown in that session.
    """
    end_unused(request.administrator_id, now=now)
    nonce, pass_id = secrets.token_bytes(_NONCE_BYTES), uuid4()
    chosen = set_up_words.words_of(_number(request.id, nonce))
    SetUpPass.objects.create(
        id=pass_id,
        request=request,
        administrator_id=request.administrator_id,
        keyed_hash=_keyed_hash(set_up_words.normalise(" ".join(chosen))),
        nonce=seal(nonce, **sealed.of_pass(pass_id)),
        shown_in=shown_in,
        made_at=now,
        expires_at=now + PASS_LIFETIME,
    )
    return chosen


def show(request_id: UUID, *, session_id: UUID | None, now: datetime) -> tuple[str, ...]:
    """Return the words of a pass that was just made, once, to the session that made it; none: there is nothing to show.

    Secret.
    """
    rows = SetUpPass.objects.filter(
        request_id=request_id,
        shown_in=session_id,
        shown_in__isnull=False,
        nonce__isnull=False,
        used_at__isnull=True,
        ended_at__isnull=True,
        made_at__gt=now - SHOWN_WITHIN,
    )
    made = one_or_none(rows)
    if made is None or rows.update(nonce=None) != 1:
        return ()
    return words_of(made)


def forget_unshown(*, now: datetime) -> int:
    """Forget the words of passes that nobody came to see; return their number."""
    waiting = SetUpPass.objects.filter(shown_in__isnull=False, nonce__isnull=False)
    return waiting.filter(made_at__lte=now - SHOWN_WITHIN).update(nonce=None)


def words_of(made: SetUpPass) -> tuple[str, ...]:
    """Return the words of a pass, as long as what they are made from is kept. Secret. Raises `SealBroken`."""
    nonce = open_sealed(made.nonce or b"", **sealed.of_pass(made.id))
    return set_up_words.words_of(_number(made.request_id, nonce))


def is_out(administrator_id: UUID, *, now: datetime) -> bool:
    """Return whether somebody has a pass that was not used yet."""
    return _alive(administrator_id, now=now).exists()


def end_unused(administrator_id: UUID, *, now: datetime) -> int:
    """End a person's pass that was not used yet, in the caller's transaction, with its request."""
    unused = SetUpPass.objects.filter(
        administrator_id=administrator_id, used_at__isnull=True, ended_at__isnull=True
    )
    ids = list(unused.values_list("request_id", flat=True))
    issued = RecoveryRequest.objects.filter(id__in=ids, state=State.ISSUED)
    issued.update(state=State.ENDED, closed_at=now)
    return unused.update(ended_at=now)


def use(*, auth: AuthContext, typed: str, actor: Actor, now: datetime) -> Started:
    """Consume a person's pass after their password; return the stepped-up session.

    Counted before it is looked at. Raises `PassWrong`; `PassNeedsOwnPassword` where a mailed link stands for the
    password; for an unknown browser at an address that has to wait, `MustWait`; `StaleRequest` where this session
    already passed the step.
    """
    try:
        _refuse_link(auth)
        if not auth.browser.known:
            throttle.refuse_waiting([limits.address_key(actor.client.address)], now=now)
    except Refusal as refusal:
        _remember(refusal, counted=False, actor=actor, now=now)
        raise
    with transaction.atomic():
        hold(auth.person.id)
        found, refused = _look(auth, typed, now=now)
        if found is not None and refused is None:
            consumed = _alive(auth.person.id, now=now).filter(id=found.id)
            if consumed.update(used_at=now, session_id=auth.browser.session_id) != 1:
                raise StaleRequest
            record(PASS_USED, actor=actor, details={"request": str(found.request_id)})
            return _step_up(auth, now=now)
        if found is not None:
            _end_guessed(found, actor=actor, now=now)
    refused = refused or PassWrong()
    _remember(refused, counted=found is not None, actor=actor, now=now)
    raise refused


def _refuse_link(auth: AuthContext) -> None:
    """Refuse whoever did not give the password in this session. It says nothing of any pass."""
    session = auth.facts.session
    if session is None or session.from_link or session.password_at is None:
        raise PassNeedsOwnPassword


def _step_up(auth: AuthContext, *, now: datetime) -> Started:
    """Let a session go on by the pass alone: what was verified in it before serves no more, or there were no need."""
    browser = auth.browser
    return issuing.step_up(
        browser.session_id,
        old_hash=browser.token_hash,
        pass_at=now,
        factor_at=None,
        factor_id=None,
        factor_kind="",
        recovery_at=None,
        next_path="",
    )


def proved_since(administrator_id: UUID, moment: datetime) -> bool:
    """Return whether somebody verified a factor or a recovery code of their own after that: they need no help."""
    mine = Session.objects.filter(administrator_id=administrator_id)
    return mine.filter(Q(factor_at__gt=moment) | Q(recovery_at__gt=moment)).exists()


def _look(
    auth: AuthContext, typed: str, *, now: datetime
) -> tuple[SetUpPass | None, Refusal | None]:
    """Count a try in one statement, and only then look; return the pass that was tried, and why it does not serve."""
    hashed, administrator_id = _keyed_hash(set_up_words.normalise(typed)), auth.person.id
    alive = _alive(administrator_id, now=now).filter(tries__lt=PASS_TRIES)
    if alive.update(tries=F("tries") + 1) != 1:
        return None, PassWrong()
    found = _alive(administrator_id, now=now).select_related("request").get()
    if not hmac.compare_digest(hashed, bytes(found.keyed_hash)) or not _is_wanted(found):
        return found, PassWrong()
    return found, PassNeedsOwnPassword() if _is_by_mail(found) else None


def _alive(administrator_id: UUID, *, now: datetime) -> QuerySet[SetUpPass]:
    return SetUpPass.objects.filter(
        administrator_id=administrator_id,
        used_at__isnull=True,
        ended_at__isnull=True,
        expires_at__gt=now,
        made_at__lte=now + SKEW,
        request__state=State.ISSUED,
    )


def _is_wanted(found: SetUpPass) -> bool:
    """Return whether there is still something to replace, and its owner has not come back on their own.

    And whether whoever said yes could still do so.
    """
    person_id, asked_at = found.administrator_id, found.request.asked_at
    there = Factor.objects.filter(administrator_id=person_id).exists()
    return there and not proved_since(person_id, asked_at) and not _is_of_who_was_stopped(found)


def _is_of_who_was_stopped(found: SetUpPass) -> bool:
    """Return whether somebody whose word it took was suspended or removed, or lost the tab, since help was asked for.

    It may have been a thief's, who has read the words out already.
    """
    request = found.request
    hands = {request.asked_by_id, request.approved_by_id} - {None, found.administrator_id}
    return any(
        one.status != Status.ACTIVE or just_before.disturbed(one, since=request.asked_at)
        for one in Administrator.objects.everywhere().filter(id__in=hands)
    )


def _is_by_mail(found: SetUpPass) -> bool:
    """Return whether a mailed link has set the password since help was asked for.

    Whoever was made sure of then had another one: with the mailbox, the pass alone would do. One that was set before
    is known to whoever asked, and was given in this session.
    """
    people = Administrator.objects.everywhere().filter(id=found.administrator_id)
    return people.filter(password_by_link_at__gt=found.request.asked_at).exists()


def _end_guessed(found: SetUpPass, *, actor: Actor, now: datetime) -> None:
    if found.tries >= PASS_TRIES:
        end_unused(found.administrator_id, now=now)
        record(PASS_ENDED, actor=actor)


def _remember(refusal: Refusal, *, counted: bool, actor: Actor, now: datetime) -> None:
    """Remember what was refused. Of who tries where there is no pass, it is known that they tried, and how often."""
    details = {"reason": refusal.code}
    if counted:
        with transaction.atomic():
            record(PASS_FAILED, actor=actor, outcome=Outcome.FAILED, details=details)
    else:
        repeats.record_once(
            PASS_FAILED, actor=actor, outcome=Outcome.FAILED, details=details, now=now
        )
    throttle.count_failure(actor.client.address, now=now)


def _number(request_id: UUID, nonce: bytes) -> int:
    # Never another word: what a node of another version made must be mailed as the same words.
    return int.from_bytes(keyed_hash("mailed pass", request_id.bytes + nonce))


def _keyed_hash(normalised: str) -> bytes:
    return keyed_hash("set-up pass", normalised)
