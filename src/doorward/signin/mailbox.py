"""Mailbox proof: who is made to set up a first factor with only a password shows the mailbox too.

It is no factor (NIST SP 800-63B-4, 3.1.3.1): it only keeps a stolen password from being enough
to bind a factor of the thief's.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from doorward.accounts import email_change
from doorward.accounts.models import Administrator
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.credentials.totp.rules import normalise
from doorward.credentials.wrong_proofs import count_refused
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.crypto.sealing import SealBroken, keyed_hash, open_sealed, seal
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.ratelimit.mail_budget import MAILBOX_CODE
from doorward.sessions import ending, issuing
from doorward.sessions.models import Session
from doorward.signin import sealed
from doorward.signin.errors import MailboxCodeWrong, MailboxProofExpired
from doorward.signin.events import MAILBOX_PROOF_FAILED, MAILBOX_PROOF_SENT, MAILBOX_VERIFIED
from doorward.signin.models import MailboxProof

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.sessions.issuing import Started

LIFETIME = timedelta(minutes=10)
TRIES = 5
DIGITS = 8
_NONCE_BYTES = 16
RESEND_AFTER = timedelta(seconds=30)
CODES_A_SESSION = 5
# Over all sessions of a person: who knows the password can begin as many as they like, and 50 tries
# an hour at eight digits take a century for an even chance.


def code_of(proof: MailboxProof) -> str:
    """Return the eight digits of a proof, for its mail. Secret."""
    nonce = open_sealed(proof.nonce, **sealed.of_mailbox_proof(proof.id))
    digest = keyed_hash("mailbox", proof.id.bytes + nonce)
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}d}"


def send(*, session_id: UUID, actor: Actor, now: datetime, again: bool = False) -> MailboxProof:
    """Have a code mailed, unless one is still good (`again`: send a new one all the same).

    Raises `MustWait` where the last one is younger than 30 s, five were sent for this session, or ten
    in an hour for all sessions of this person.
    """
    with transaction.atomic():
        person_id = _lock_person(session_id)
        proofs = list(_made_by_now(session_id, now=now).order_by("created_at"))
        newest: MailboxProof | None = proofs[-1] if proofs else None
        if newest and not again and _good(newest, now=now):
            return newest
        if newest and now < newest.created_at + RESEND_AFTER:
            left = newest.created_at + RESEND_AFTER - now
            raise MustWait(seconds=int(left.total_seconds()) + 1)
        if len(proofs) >= CODES_A_SESSION:
            raise MustWait(seconds=int(ending.ABANDONED_AFTER.total_seconds()))
        _refuse_flood(person_id, now=now)
        proof = _make(session_id, now=now)
        record(MAILBOX_PROOF_SENT, actor=actor, details={"proof": str(proof.id)})
        return proof


def is_out(session_id: UUID, *, now: datetime) -> bool:
    """Return whether a code was mailed for this session that can still be typed."""
    return any(_good(proof, now=now) for proof in _made_by_now(session_id, now=now))


def verify_code(  # noqa: PLR0913 - the code, and the session whose proof it is
    *,
    session_id: UUID,
    old_hash: bytes,
    code: str,
    known_browser: bool = False,
    actor: Actor,
    now: datetime,
) -> Started:
    """Consume the newest code of this session; return the stepped-up session.

    Counted before it is looked at: five tries a code. Raises `MailboxCodeWrong`, `MailboxProofExpired` or, for
    an unknown browser at an address that has to wait, `MustWait`.
    """
    try:
        if not known_browser:
            throttle.refuse_waiting([limits.address_key(actor.client.address)], now=now)
        proof = _looked_at(session_id, code, now=now)
    except Refusal as refusal:
        _record_failure(refusal, actor=actor, now=now)
        throttle.count_failure(actor.client.address, now=now)
        raise
    with transaction.atomic():
        unused = MailboxProof.objects.filter(id=proof.id, used_at__isnull=True)
        if unused.update(used_at=now) != 1:
            raise MailboxProofExpired
        whose = Session.objects.values_list("administrator_id", flat=True).get(id=session_id)
        email_change.mark_proved(whose, now=now)
        record(MAILBOX_VERIFIED, actor=actor)
        return issuing.step_up(session_id, old_hash=old_hash, mailbox_at=now)


def _looked_at(session_id: UUID, code: str, *, now: datetime) -> MailboxProof:
    """Count a try, and then look at it; return the row whose code it is."""
    proof = _count(session_id, now=now)
    if not hmac.compare_digest(_still_known(proof).encode(), normalise(code).encode()):
        raise MailboxCodeWrong
    return proof


def forget(*, now: datetime) -> int:
    """Delete what expired a day ago."""
    return MailboxProof.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()[0]


def _record_failure(refusal: Refusal, *, actor: Actor, now: datetime) -> None:
    details = {"reason": refusal.code}
    count_refused("mailbox", refusal)
    if isinstance(refusal, MailboxCodeWrong):  # five a code, and so many codes
        with transaction.atomic():
            record(MAILBOX_PROOF_FAILED, actor=actor, outcome=Outcome.FAILED, details=details)
        return
    repeats.record_once(
        MAILBOX_PROOF_FAILED, actor=actor, outcome=Outcome.FAILED, details=details, now=now
    )


def _make(session_id: UUID, *, now: datetime) -> MailboxProof:
    proof_id = uuid4()
    nonce = seal(secrets.token_bytes(_NONCE_BYTES), **sealed.of_mailbox_proof(proof_id))
    return MailboxProof.objects.create(
        id=proof_id,
        session_id=session_id,
        nonce=nonce,
        created_at=now,
        expires_at=now + LIFETIME,
    )


def _lock_person(session_id: UUID) -> UUID:
    """Lock the person of a session, so that two requests at once send one mail; return their id."""
    person_id = Session.objects.values_list("administrator_id", flat=True).get(id=session_id)
    people = Administrator.objects.everywhere().select_for_update()
    people.values_list("id").get(id=person_id)
    return person_id


def _refuse_flood(person_id: UUID, *, now: datetime) -> None:
    made = MailboxProof.objects.filter(session__administrator_id=person_id)
    for window in (MAILBOX_CODE.hour, MAILBOX_CODE.day):
        length = timedelta(seconds=window.seconds)
        recent = made.filter(created_at__gt=now - length).order_by("-created_at")
        sent = list(recent.values_list("created_at", flat=True)[: window.limit])
        if len(sent) == window.limit:
            left = sent[-1] + length - now
            raise MustWait(seconds=int(left.total_seconds()) + 1)


def _count(session_id: UUID, *, now: datetime) -> MailboxProof:
    sent = _made_by_now(session_id, now=now).order_by("-created_at")
    newest: MailboxProof | None = sent.first()
    if newest is None:
        raise MailboxProofExpired
    counted = MailboxProof.objects.filter(
        id=newest.id, used_at__isnull=True, expires_at__gt=now, tries__lt=TRIES
    ).update(tries=F("tries") + 1)
    if counted != 1:
        raise MailboxProofExpired
    return newest


def _made_by_now(session_id: UUID, *, now: datetime) -> QuerySet[MailboxProof]:
    return MailboxProof.objects.filter(session_id=session_id, created_at__lte=now + SKEW)


def _still_known(proof: MailboxProof) -> str:
    try:
        return code_of(proof)
    except SealBroken as gone:  # Its key left the key file: another code can be sent.
        raise MailboxProofExpired from gone


def _good(proof: MailboxProof, *, now: datetime) -> bool:
    return proof.used_at is None and now < proof.expires_at and proof.tries < TRIES
