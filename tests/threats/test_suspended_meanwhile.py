"""Who is suspended, and restored later, comes back to nothing that was open: not even to what was made just then.

Whoever makes something looks at the person first, and they may be suspended before it is written down. Here the
person is handed over as they were before, as a request has them that was slower.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from django.utils import timezone

from doorward.accounts import customer_closing, email_change, invitations, mailed_links, services
from doorward.accounts.errors import LinkInvalid, WrongStatus
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink, Status
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.credentials.password import change
from doorward.credentials.totp import enrol
from doorward.credentials.trusted_browsers import trust
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.services import CustomerChange
from doorward.gate import loading
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import Refusal
from doorward.policy.rules import FactorKind
from doorward.recovery import not_me
from doorward.sessions import issuing
from doorward.sessions.errors import SessionEnded, StaleRequest
from doorward.sessions.models import Session
from doorward.signin import invitation, mailbox
from tests.kit import codes, passkeys, people, policies
from tests.kit.email_changes import ask_email
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

Make: TypeAlias = "Callable[[Administrator], object]"
WHERE = ClientInfo(address="192.0.2.10", browser=people.CHROME)
FORM: dict[str, Any] = {
    "password": people.OTHER_PASSWORD,
    "browser_token": "b" * 43,
    "client": WHERE,
}


def suspend_person(person: Administrator) -> None:
    set_status(person, Status.SUSPENDED)


def restore_person(person: Administrator) -> None:
    set_status(person, Status.ACTIVE)


def set_status(person: Administrator, status: Status) -> None:
    wanted = Change(status=status, confirmed=True)
    services.change(
        person.id, wanted, customer_id=person.customer_id, actor=CONSOLE, now=timezone.now()
    )


def suspend_customer(person: Administrator) -> None:
    set_customer(person.customer, CustomerStatus.SUSPENDED)


def restore_customer(person: Administrator) -> None:
    set_customer(person.customer, CustomerStatus.ACTIVE)


def set_customer(customer: Customer, status: CustomerStatus) -> None:
    wanted = CustomerChange(
        name=customer.name,
        brand_id=customer.brand_id,
        status=status,
        confirmed=True,
    )
    customer_closing.change_customer(customer.id, wanted, actor=CONSOLE, now=timezone.now())


BOTH = pytest.mark.parametrize(
    ("suspend", "restore"),
    [(suspend_person, restore_person), (suspend_customer, restore_customer)],
    ids=["person", "customer"],
)


# --- made by a request that was slower ------------------------------------------------------------


def reset_link_of_a_colleague(person: Administrator) -> None:
    change.send_link(person=person, actor=CONSOLE, now=timezone.now())


def change_of_the_own_email(person: Administrator) -> None:
    ask_email(person, "new@example.com", actor=people.actor(person), now=timezone.now())


def way_back(person: Administrator) -> None:
    mailed_links.make(LinkPurpose.NOT_ME, administrator_id=person.id, now=timezone.now())


@BOTH
@pytest.mark.parametrize("make", [reset_link_of_a_colleague, change_of_the_own_email, way_back])
def test_a_link_is_not_made_for_somebody_who_is_suspended_by_now(
    make: Make, suspend: Make, restore: Make, owner: Administrator, colleague: Administrator
) -> None:
    as_before = people.again(colleague)
    suspend(colleague)
    with pytest.raises(Refusal):
        make(as_before)
    restore(colleague)
    assert not MailedLink.objects.filter(revoked_at=None).exists()
    assert not EmailChange.objects.filter(closed_at=None).exists()


def test_nor_an_invitation_for_somebody_who_was_removed(owner: Administrator) -> None:
    invited = people.invite(owner.customer)
    invitations.revoke(invited, actor=CONSOLE, now=timezone.now())
    with pytest.raises(WrongStatus):
        invitations.resend(invited, actor=CONSOLE, now=timezone.now())
    assert not MailedLink.objects.filter(revoked_at=None).exists()


@BOTH
def test_a_session_that_began_just_then_is_none(
    suspend: Make, restore: Make, owner: Administrator, colleague: Administrator
) -> None:
    as_before = people.again(colleague)
    suspend(colleague)
    started = begin(as_before)
    restore(colleague)
    assert not is_through(started.token)


@BOTH
def test_nor_does_a_trusted_browser_come_back(
    suspend: Make, restore: Make, owner: Administrator, colleague: Administrator
) -> None:
    policies.ask(colleague.customer_id, trust_days=7)
    codes.enable_app(colleague)
    auth, now = passkeys.begin(colleague), timezone.now()
    suspend(colleague)
    token = trust.begin(
        auth=auth, kind=FactorKind.APP, old_token="", actor=auth.actor(WHERE), now=now
    ).token
    restore(colleague)
    assert not is_through(begin(people.again(colleague)).token, trusted_token=token)


def begin(person: Administrator) -> issuing.Started:
    now = timezone.now()
    return issuing.begin(person, actor=people.actor(person), now=now, password_at=now)


def is_through(token: str, *, trusted_token: str = "") -> bool:
    now = timezone.now()
    auth = loading.load(token, trusted_token, now=now)
    step = next_step(auth.facts if auth else None, Need.THROUGH, now=now)
    return step is Step.THROUGH


# --- open when it happens -------------------------------------------------------------------------


def token(person: Administrator, purpose: LinkPurpose) -> str:
    link = MailedLink.objects.filter(administrator=person, purpose=purpose).latest("created_at")
    return mailed_links.path(link).split("/")[-2]


def open_session(person: Administrator) -> Callable[[], object]:
    started = begin(person)

    def use() -> None:
        if not is_through(started.token):
            raise StaleRequest

    return use


def open_reset(person: Administrator) -> Callable[[], object]:
    people.ask_for_link(person.email, client=WHERE)
    mailed = token(person, LinkPurpose.RESET)
    return lambda: change.reset(token=mailed, now=timezone.now(), **FORM)


def open_email_change(person: Administrator) -> Callable[[], object]:
    change_of_the_own_email(person)
    mailed = token(person, LinkPurpose.EMAIL_NEW)
    return lambda: email_change.answer(
        token=mailed, stop=False, client=WHERE, session_id=None, now=timezone.now()
    )


def open_mailbox_code(person: Administrator) -> Callable[[], object]:
    auth = passkeys.begin(person)
    session_id = auth.browser.session_id
    code = mailbox.code_of(
        mailbox.send(session_id=session_id, actor=auth.actor(WHERE), now=timezone.now())
    )
    return lambda: mailbox.verify_code(
        session_id=session_id,
        old_hash=auth.browser.token_hash,
        code=code,
        actor=auth.actor(WHERE),
        now=timezone.now(),
    )


def open_set_up(person: Administrator) -> Callable[[], object]:
    auth = passkeys.begin(person)
    secret = enrol.begin(session_id=auth.browser.session_id, now=timezone.now())
    return lambda: enrol.confirm(
        auth=auth,
        code=codes.code(secret),
        name="",
        actor=auth.actor(WHERE),
        now=timezone.now(),
    )


@BOTH
@pytest.mark.parametrize(
    "thing", [open_session, open_reset, open_email_change, open_mailbox_code, open_set_up]
)
def test_nothing_that_was_open_is_good_after_the_restore(
    thing: Callable[[Administrator], Callable[[], object]],
    suspend: Make,
    restore: Make,
    owner: Administrator,
    colleague: Administrator,
) -> None:
    use = thing(colleague)
    suspend(colleague)
    for status in (restore, lambda _person: None):
        with pytest.raises((Refusal, SessionEnded)):
            use()
        status(colleague)


def test_an_invitation_waits_for_its_customer(owner: Administrator) -> None:
    invited = people.invite(owner.customer)
    mailed = token(invited, LinkPurpose.INVITATION)
    accept = partial(invitation.accept, token=mailed, **FORM)
    suspend_customer(owner)
    with pytest.raises(LinkInvalid):
        accept(now=timezone.now())
    restore_customer(owner)
    accept(now=timezone.now())


# --- at the same moment ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("suspend", [suspend_person, suspend_customer])
def test_of_both_at_once_no_link_is_left(suspend: Make) -> None:
    customer = people.make_customer()
    people.make_administrator(customer, tabs=people.ALL_TABS)
    for number in range(6):
        person = people.make_administrator(
            customer, email=f"samuel{number}@harbourbakery.example", name="Samuel Osei"
        )
        calls: list[Callable[[], object]] = [
            partial(people.ask_for_link, person.email, client=WHERE),
            partial(suspend, person),
            partial(change_of_the_own_email, person),
            partial(reset_link_of_a_colleague, person),
        ]
        outcomes = at_once(calls)
        assert not [
            one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Refusal)
        ], outcomes
        assert not MailedLink.objects.filter(administrator=person, revoked_at=None).exists()
        set_customer(customer, CustomerStatus.ACTIVE)


def test_who_undoes_it_while_being_suspended_does_not_get_in(
    owner: Administrator, colleague: Administrator
) -> None:
    """*This was not me* ends in a session, but not for who was suspended in the meantime; it undoes all the same."""
    way_back(colleague)
    mailed = token(colleague, LinkPurpose.NOT_ME)
    Administrator.objects.everywhere().filter(id=colleague.id).update(status=Status.SUSPENDED)
    assert not_me.undo(token=mailed, now=timezone.now(), **FORM) is None
    assert not Session.objects.filter(administrator=colleague, ended_at=None).exists()
