"""The code by mail that a first factor at a forced sign-in wants."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.kernel.errors import MustWait
from doorward.sessions import issuing
from doorward.sessions.models import Session
from doorward.signin import mailbox
from doorward.signin.errors import MailboxCodeWrong, MailboxProofExpired
from doorward.signin.events import MAILBOX_PROOF_FAILED, MAILBOX_PROOF_SENT, MAILBOX_VERIFIED
from doorward.signin.models import MailboxProof
from tests.kit import people


@pytest.fixture
def started(owner):
    now = timezone.now()
    return issuing.begin(owner, actor=people.actor(owner), now=now, password_at=now)


def send(started, owner, *, again=False, later=timedelta()):
    return mailbox.send(
        session_id=started.session_id,
        actor=people.actor(owner),
        now=timezone.now() + later,
        again=again,
    )


def verify_code(started, owner, code, *, later=timedelta()):
    return mailbox.verify_code(
        session_id=started.session_id,
        old_hash=issuing.token_hash(started.token),
        code=code,
        actor=people.actor(owner),
        now=timezone.now() + later,
    )


def wrong(proof):
    return f"{(int(mailbox.code_of(proof)) + 1) % 10**8:08d}"


def test_the_code_has_eight_digits_and_is_stored_nowhere(started, owner):
    proof = send(started, owner)
    code = mailbox.code_of(proof)
    assert len(code) == 8
    assert code.isdigit()
    assert code not in str(MailboxProof.objects.values())
    assert code not in str(people.events(MAILBOX_PROOF_SENT)[0].details)


def test_the_right_code_steps_the_session_up(started, owner):
    code = mailbox.code_of(send(started, owner))
    stepped = verify_code(started, owner, f" {code[:4]}-{code[4:]} ")
    session = Session.objects.get(id=started.session_id)
    assert session.mailbox_at is not None
    assert bytes(session.token_hash) == issuing.token_hash(stepped.token)
    assert people.events(MAILBOX_VERIFIED)
    assert people.again(owner).email_confirmed


def test_a_code_works_once(started, owner):
    code = mailbox.code_of(send(started, owner))
    verify_code(started, owner, code)
    with pytest.raises(MailboxProofExpired):
        verify_code(started, owner, code)


def test_five_tries_then_the_right_code_is_too_late(started, owner):
    proof = send(started, owner)
    for _ in range(mailbox.TRIES):
        with pytest.raises(MailboxCodeWrong):
            verify_code(started, owner, wrong(proof))
    with pytest.raises(MailboxProofExpired):
        verify_code(started, owner, mailbox.code_of(proof))
    reasons = [event.details["reason"] for event in people.events(MAILBOX_PROOF_FAILED)]
    assert reasons == ["mailbox_code_wrong"] * 5 + ["mailbox_proof_expired"]


def test_a_code_lives_ten_minutes(started, owner):
    code = mailbox.code_of(send(started, owner))
    with pytest.raises(MailboxProofExpired):
        verify_code(started, owner, code, later=timedelta(minutes=10, seconds=1))


@pytest.mark.parametrize(
    "code", ["", "1", "12345678901234567890", "abcdefgh", "\0", "１２３４５６７８"]
)
def test_what_is_no_code_is_wrong(started, owner, code):
    send(started, owner)
    with pytest.raises(MailboxCodeWrong):
        verify_code(started, owner, code)


def test_a_code_is_for_its_session_alone(started, owner):
    now = timezone.now()
    other = issuing.begin(owner, actor=people.actor(owner), now=now, password_at=now)
    code = mailbox.code_of(send(started, owner))
    send(other, owner)
    with pytest.raises(MailboxCodeWrong):
        verify_code(other, owner, code)


def test_without_a_mail_there_is_nothing_to_prove(started, owner):
    with pytest.raises(MailboxProofExpired):
        verify_code(started, owner, "12345678")


def test_the_page_seen_again_sends_no_second_mail(started, owner):
    assert send(started, owner).id == send(started, owner, later=timedelta(minutes=5)).id
    assert len(people.events(MAILBOX_PROOF_SENT)) == 1


def test_a_new_one_takes_half_a_minute_and_ends_the_old_one(started, owner):
    first = send(started, owner)
    with pytest.raises(MustWait):
        send(started, owner, again=True, later=timedelta(seconds=20))
    second = send(started, owner, again=True, later=timedelta(seconds=31))
    with pytest.raises(MailboxCodeWrong):
        verify_code(started, owner, mailbox.code_of(first), later=timedelta(seconds=32))
    verify_code(started, owner, mailbox.code_of(second), later=timedelta(seconds=32))


def test_five_mails_a_session(started, owner):
    for number in range(mailbox.CODES_A_SESSION):
        send(started, owner, again=True, later=timedelta(minutes=number))
    with pytest.raises(MustWait):
        send(started, owner, again=True, later=timedelta(minutes=9))
