"""What works once is sent thirty times at the same moment: one is taken, and nothing is left half-done.

Real threads and transactions, on whichever database is tested.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts import email_change, invitations, mailed_links
from doorward.accounts.events import EMAIL_CHANGED
from doorward.accounts.models import MailedLink, Status
from doorward.audit.actor import ClientInfo
from doorward.credentials import queries
from doorward.credentials.events import (
    PASSWORD_RESET,
    RECOVERY_CODE_USED,
    RECOVERY_CODES_SAVED,
    SECOND_STEP_FAILED,
    TWO_FACTOR_ENABLED,
)
from doorward.credentials.models import Factor, RecoverySet
from doorward.credentials.password import change
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.kernel.errors import Refusal
from doorward.recovery import not_me
from doorward.recovery.events import NOT_ME
from doorward.sessions import context, ending, issuing
from doorward.sessions.errors import StaleRequest
from doorward.sessions.events import SIGNED_OUT
from doorward.sessions.models import Session
from doorward.signin import invitation, mailbox
from doorward.signin.events import INVITATION_ACCEPTED, MAILBOX_VERIFIED
from doorward.signin.models import MailboxProof
from tests.kit import codes as kit_codes
from tests.kit import people
from tests.kit.email_changes import ask_email
from tests.kit.factors import confirm, saved_codes, show, use, verify_code
from tests.kit.passkeys import begin
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 30
ROUNDS = 5


def one_is_taken(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once; see that one succeeds and all others are refused by name. Give the refusals."""
    found = at_once(calls)
    refused = [one for one in found if isinstance(one, Refusal)]
    broken = [one for one in found if isinstance(one, Exception) and one not in refused]
    assert not broken, broken
    assert len(found) - len(refused) == 1, found
    return refused


def browsers(person: Administrator) -> list[context.AuthContext]:
    """Return sessions in known and unknown browsers: each side has its free tries."""
    return [begin(person, known_browser=bool(number % 2)) for number in range(TIMES)]


def token_of(person: Administrator, purpose: str) -> str:
    link = MailedLink.objects.filter(administrator=person, purpose=purpose).latest("created_at")
    return mailed_links.path(link).split("/")[-2]


def test_a_code_of_an_app(owner):
    code = kit_codes.code(kit_codes.enable_app(owner))
    one_is_taken([partial(verify_code, one, code, owner) for one in browsers(owner)])
    assert Factor.objects.get().last_used_at is not None


def test_a_recovery_code(owner):
    code = saved_codes(owner)[0]
    one_is_taken([partial(use, one, code, owner) for one in browsers(owner)])
    assert recovery_codes.left(owner.id) == 9
    assert len(people.events(RECOVERY_CODE_USED)) == 1


def test_a_set_up(owner):
    auth = begin(owner)
    code = kit_codes.code(show(auth))
    one_is_taken([partial(confirm, auth, code, owner)] * TIMES)
    assert (Factor.objects.count(), RecoverySet.objects.count()) == (1, 1)
    assert len(people.events(TWO_FACTOR_ENABLED)) == 1


def test_set_ups_in_many_browsers(owner):
    started = [begin(owner) for _ in range(TIMES)]
    codes = [kit_codes.code(show(one)) for one in started]
    one_is_taken(
        [partial(confirm, one, code, owner) for one, code in zip(started, codes, strict=True)]
    )
    assert Factor.objects.count() == 1
    assert queries.two_factors(people.again(owner), now=timezone.now())


def test_a_mailed_code(owner):
    auth = begin(owner)
    browser = auth.browser
    actor, now = people.actor(owner), timezone.now()
    mailbox.send(session_id=browser.session_id, actor=actor, now=now)
    code = mailbox.code_of(MailboxProof.objects.get())
    call = partial(
        mailbox.verify_code,
        session_id=browser.session_id,
        old_hash=browser.token_hash,
        code=code,
        actor=actor,
        now=now,
    )
    one_is_taken([call] * TIMES)
    assert len(people.events(MAILBOX_VERIFIED)) == 1


def by_link(service: Callable[..., Any], token: str, **more: Any) -> list[Callable[[], Any]]:
    call = partial(
        service,
        token=token,
        password=people.OTHER_PASSWORD,
        browser_token="browser",
        client=ClientInfo(),
        now=timezone.now(),
        **more,
    )
    return [call] * TIMES


def test_a_reset_link(owner):
    people.ask_for_link(owner.email)
    one_is_taken(by_link(change.reset, token_of(owner, "reset")))
    assert Session.objects.count() == 1
    assert len(people.events(PASSWORD_RESET)) == 1


def test_an_invitation(customer):
    person = people.invite(customer)
    one_is_taken(by_link(invitation.accept, token_of(person, "invitation")))
    assert Session.objects.filter(administrator=person).count() == 1
    assert len(people.events(INVITATION_ACCEPTED)) == 1


def test_this_was_not_me(owner):
    auth = begin(owner)
    confirm(auth, kit_codes.code(show(auth)), owner)
    one_is_taken(by_link(not_me.undo, token_of(owner, "not_me")))
    assert Factor.objects.count() == 0
    assert Session.objects.filter(ended_at=None).count() == 1
    assert len(people.events(NOT_ME)) == 1


def test_a_link_that_confirms_an_email(owner):
    ask_email(owner, "new@harbourbakery.example", actor=people.actor(owner), now=timezone.now())
    call = partial(
        email_change.answer,
        token=token_of(owner, "email_new"),
        stop=False,
        client=ClientInfo(),
        session_id=None,
        now=timezone.now(),
    )
    one_is_taken([call] * TIMES)
    assert people.again(owner).email == "new@harbourbakery.example"
    assert len(people.events(EMAIL_CHANGED)) == 1


def test_new_recovery_codes_and_saving_them(owner):
    kit_codes.enable_app(owner)
    auth, actor, now = begin(owner), people.actor(owner), timezone.now()
    made = at_once([partial(recovery_codes.make_new, auth=auth, actor=actor, now=now)] * TIMES)
    assert made == [None] * TIMES
    assert RecoverySet.objects.count() == 1
    saved = partial(recovery_codes.confirm_saved, administrator_id=owner.id, actor=actor, now=now)
    assert at_once([saved] * TIMES) == [None] * TIMES
    assert recovery_codes.left(owner.id) == 10
    assert len(people.events(RECOVERY_CODES_SAVED)) == 1


def test_signing_out(owner):
    session_id = begin(owner).browser.session_id
    call = partial(ending.sign_out, session_id, actor=people.actor(owner), now=timezone.now())
    assert at_once([call] * TIMES) == [None] * TIMES
    assert len(people.events(SIGNED_OUT)) == 1


def test_a_form_sent_twice_at_once_is_no_failure():
    person = people.make_administrator(people.make_customer())
    code = kit_codes.code(kit_codes.enable_app(person))
    auth = begin(person)
    found = at_once([lambda: verify_code(auth, code, person)] * 2)
    kinds = {type(one) for one in found}
    assert issuing.Started in kinds
    assert kinds <= {issuing.Started, StaleRequest}
    assert not people.events(SECOND_STEP_FAILED)


def test_an_invitation_that_is_accepted_and_revoked_at_once_ends_one_way(owner):
    for number in range(ROUNDS):
        person = people.invite(owner.customer, email=f"lena{number}@harbourbakery.example")
        accept, *_rest = by_link(invitation.accept, token_of(person, "invitation"))
        outcomes: list[Any] = at_once(
            [
                accept,
                partial(invitations.revoke, person, actor=people.actor(owner), now=timezone.now()),
            ]
        )
        refusals = [one for one in outcomes if isinstance(one, Exception)]
        assert len(refusals) == 1, outcomes
        assert isinstance(refusals[0], Refusal), outcomes
        expected = Status.ACTIVE if refusals[0] is outcomes[1] else Status.REMOVED
        assert people.again(person).status == expected
