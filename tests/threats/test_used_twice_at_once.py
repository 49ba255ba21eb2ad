"""What works once is sent thirty times at the same moment: one is taken, and nothing is left half-done.

Real threads and transactions, on whichever database is tested.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.administrators import (
    email_change,
    invitations,
    links,
    mailbox,
    passwords,
    sessions,
)
from doorward.administrators.models import MailboxProof, MailedLink, Session, Status
from doorward.audit.events import Kind
from doorward.audit.origin import Origin
from doorward.core import errors
from doorward.mfa import facts, not_me, recovery
from doorward.mfa.models import Factor, RecoverySet
from tests import support
from tests.mfa.test_proving import begin, prove
from tests.mfa.test_recovery import saved_codes, use
from tests.mfa.test_set_up import confirm, show
from tests.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorward.administrators.models import Administrator

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 30
ROUNDS = 5


def one_is_taken(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once; see that one succeeds and all others are refused by name. Give the refusals."""
    found = at_once(calls)
    refused = [one for one in found if isinstance(one, errors.Refusal)]
    broken = [one for one in found if isinstance(one, Exception) and one not in refused]
    assert not broken, broken
    assert len(found) - len(refused) == 1, found
    return refused


def browsers(person: Administrator) -> list[facts.Loaded]:
    """Give sessions in known and unknown browsers: each side has its free tries."""
    return [begin(person, known=bool(number % 2)) for number in range(TIMES)]


def token_of(person: Administrator, purpose: str) -> str:
    link = MailedLink.objects.filter(administrator=person, purpose=purpose).latest("created_at")
    return links.path(link).split("/")[-2]


def test_a_code_of_an_app(owner):
    code = support.code(support.enable_app(owner))
    one_is_taken([partial(prove, one, code, owner) for one in browsers(owner)])
    assert Factor.objects.get().last_used_at is not None


def test_a_recovery_code(owner):
    code = saved_codes(owner)[0]
    one_is_taken([partial(use, one, code, owner) for one in browsers(owner)])
    assert recovery.left(owner.id) == 9
    assert len(support.events(Kind.RECOVERY_CODE_USED)) == 1


def test_a_set_up(owner):
    loaded = begin(owner)
    code = support.code(show(loaded))
    one_is_taken([partial(confirm, loaded, code, owner)] * TIMES)
    assert (Factor.objects.count(), RecoverySet.objects.count()) == (1, 1)
    assert len(support.events(Kind.TWO_FACTOR_ENABLED)) == 1


def test_set_ups_in_many_browsers(owner):
    started = [begin(owner) for _ in range(TIMES)]
    codes = [support.code(show(one)) for one in started]
    one_is_taken(
        [partial(confirm, one, code, owner) for one, code in zip(started, codes, strict=True)]
    )
    assert Factor.objects.count() == 1
    assert facts.two_factors(support.again(owner))


def test_a_mailed_code(owner):
    loaded = begin(owner)
    browser = loaded.browser
    by, now = support.by(owner), timezone.now()
    mailbox.send(session_id=browser.session_id, by=by, now=now)
    code = mailbox.code_of(MailboxProof.objects.get())
    call = partial(
        mailbox.prove,
        session_id=browser.session_id,
        old_hash=browser.token_hash,
        code=code,
        by=by,
        now=now,
    )
    one_is_taken([call] * TIMES)
    assert len(support.events(Kind.MAILBOX_PROVED)) == 1


def by_link(service: Callable[..., Any], token: str, **more: Any) -> list[Callable[[], Any]]:
    call = partial(
        service,
        token=token,
        password=support.OTHER_PASSWORD,
        browser_token="browser",
        origin=Origin(),
        now=timezone.now(),
        **more,
    )
    return [call] * TIMES


def test_a_reset_link(owner):
    support.ask_for_link(owner.email)
    one_is_taken(by_link(passwords.reset, token_of(owner, "reset"), two_factors=False))
    assert Session.objects.count() == 1
    assert len(support.events(Kind.PASSWORD_RESET)) == 1


def test_an_invitation(customer):
    person = support.invite(customer)
    one_is_taken(by_link(invitations.accept, token_of(person, "invitation"), two_factors=False))
    assert Session.objects.filter(administrator=person).count() == 1
    assert len(support.events(Kind.INVITATION_ACCEPTED)) == 1


def test_this_was_not_me(owner):
    loaded = begin(owner)
    confirm(loaded, support.code(show(loaded)), owner)
    one_is_taken(by_link(not_me.undo, token_of(owner, "not_me")))
    assert Factor.objects.count() == 0
    assert Session.objects.filter(ended_at=None).count() == 1
    assert len(support.events(Kind.NOT_ME)) == 1


def test_a_link_that_confirms_an_email(owner):
    email_change.ask(owner, "new@harbourbakery.example", by=support.by(owner), now=timezone.now())
    call = partial(
        email_change.answer,
        token=token_of(owner, "email_new"),
        stop=False,
        origin=Origin(),
        session_id=None,
        now=timezone.now(),
    )
    one_is_taken([call] * TIMES)
    assert support.again(owner).email == "new@harbourbakery.example"
    assert len(support.events(Kind.EMAIL_CHANGED)) == 1


def test_new_recovery_codes_and_saving_them(owner):
    support.enable_app(owner)
    loaded, by, now = begin(owner), support.by(owner), timezone.now()
    made = at_once([partial(recovery.make_new, loaded=loaded, by=by, now=now)] * TIMES)
    assert made == [None] * TIMES
    assert RecoverySet.objects.count() == 1
    saved = partial(recovery.confirm_saved, administrator_id=owner.id, by=by, now=now)
    assert at_once([saved] * TIMES) == [None] * TIMES
    assert recovery.left(owner.id) == 10
    assert len(support.events(Kind.RECOVERY_CODES_SAVED)) == 1


def test_signing_out(owner):
    session_id = begin(owner).browser.session_id
    call = partial(sessions.sign_out, session_id, by=support.by(owner), now=timezone.now())
    assert at_once([call] * TIMES) == [None] * TIMES
    assert len(support.events(Kind.SIGNED_OUT)) == 1


def test_a_form_sent_twice_at_once_is_no_failure():
    person = support.make_administrator(support.make_customer())
    code = support.code(support.enable_app(person))
    loaded = begin(person)
    found = at_once([lambda: prove(loaded, code, person)] * 2)
    kinds = {type(one) for one in found}
    assert sessions.Started in kinds
    assert kinds <= {sessions.Started, errors.StaleRequest}
    assert not support.events(Kind.SECOND_STEP_FAILED)


def test_an_invitation_that_is_accepted_and_revoked_at_once_ends_one_way(owner):
    for number in range(ROUNDS):
        person = support.invite(owner.customer, email=f"lena{number}@harbourbakery.example")
        accept, *_rest = by_link(
            invitations.accept, token_of(person, "invitation"), two_factors=False
        )
        outcomes: list[Any] = at_once(
            [
                accept,
                partial(invitations.revoke, person, by=support.by(owner), now=timezone.now()),
            ]
        )
        refusals = [one for one in outcomes if isinstance(one, Exception)]
        assert len(refusals) == 1, outcomes
        assert isinstance(refusals[0], errors.Refusal), outcomes
        expected = Status.ACTIVE if refusals[0] is outcomes[1] else Status.REMOVED
        assert support.again(person).status == expected
