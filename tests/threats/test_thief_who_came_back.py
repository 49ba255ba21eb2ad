"""A thief who came back by a helper who was deceived: whatever they do then, the owner's objection ends it all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.utils import timezone

from doorward.accounts import email_change, mailed_links, second_address
from doorward.accounts.customer_closing import change_customer
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose
from doorward.audit.actor import CONSOLE
from doorward.credentials import removal
from doorward.credentials.models import USABLE, Factor
from doorward.customers.models import CustomerStatus
from doorward.customers.services import CustomerChange
from doorward.recovery import due_requests, not_me, veto
from doorward.recovery.models import RecoveryRequest, State
from doorward.sessions.models import Session
from tests.kit import codes, people
from tests.kit.email_changes import ask_email
from tests.kit.recovering import come_in, help_with, long_ago, say_who, set_up_again

if TYPE_CHECKING:
    from doorward.sessions.context import AuthContext

pytestmark = pytest.mark.django_db

THIEFS = "samuel@thief.example"
OWN = "samuel.osei@home.example"


@pytest.fixture
def helper(owner: Administrator) -> Administrator:
    codes.enable_app(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def thief(helper: Administrator, colleague: Administrator) -> AuthContext:
    """Return the session of who knew the password, and whom the helper took for the owner."""
    codes.enable_app(colleague, name="Old phone")
    return set_up_again(colleague, come_in(colleague, help_with(colleague, helper).words))


def link_of(person: Administrator) -> str:
    """Return the token of the objection that the owner was mailed."""
    return people.path_of(LinkPurpose.VETO, administrator=person).split("/")[-2]


def object_with(token: str, person: Administrator) -> State:
    return veto.veto(token=token, client=people.actor(person).client, now=timezone.now())


def disable(auth: AuthContext, clock) -> None:
    clock.shift(timedelta(minutes=2))
    person = people.again_by_id(auth.person.id)
    actor = auth.actor(people.actor(person).client)
    removal.disable(auth=auth, proof=codes.next_code(person), actor=actor, now=timezone.now())


def move_mailbox(auth: AuthContext, address: str) -> None:
    person, now = people.again_by_id(auth.person.id), timezone.now()
    actor = auth.actor(people.actor(person).client)
    ask_email(person, address, actor=actor, now=now)
    change = EmailChange.objects.latest("asked_at")
    path = people.path_of(LinkPurpose.EMAIL_NEW, about=change.id)
    assert email_change.answer(
        token=path.split("/")[-2],
        stop=False,
        client=actor.client,
        session_id=actor.session_id,
        now=now,
    )


def have_second(person: Administrator, address: str) -> None:
    actor, now = people.actor(person), timezone.now()
    second_address.ask(person.id, address, actor=actor, now=now)
    path = people.path_of(LinkPurpose.SECOND_ADDRESS, administrator=person)
    second_address.confirm(token=path.split("/")[-2], client=actor.client, now=now)


def is_over(person: Administrator) -> None:
    """Nothing of the thief's is left."""
    assert RecoveryRequest.objects.get().state == State.DENIED
    assert not is_password_usable(people.again(person).password)
    assert not Factor.objects.filter(USABLE, administrator=person).exists()
    assert not Session.objects.filter(administrator=person, ended_at__isnull=True).exists()


def test_two_factors_turned_off_at_once_are_no_way_to_stay(clock, thief, colleague):
    token = link_of(colleague)
    disable(thief, clock)
    clock.shift(timedelta(days=2))
    due_requests.end_due(now=timezone.now())
    assert object_with(token, colleague) is State.DENIED
    is_over(colleague)


def test_nor_do_they_keep_the_helper_from_ending_it(clock, helper, thief, colleague):
    disable(thief, clock)
    clock.shift(timedelta(days=2))
    due_requests.end_due(now=timezone.now())
    say_who(RecoveryRequest.objects.get(), helper, was_them=False)
    is_over(colleague)


def test_a_mailbox_that_was_moved_since_is_the_owners_again(clock, thief, colleague):
    """The new password is mailed to the account's address: to the thief, else."""
    token = link_of(colleague)
    clock.shift(timedelta(hours=1))
    move_mailbox(thief, THIEFS)
    clock.shift(timedelta(minutes=1))
    move_mailbox(thief, f"other-{THIEFS}")
    clock.shift(timedelta(days=8))
    object_with(token, colleague)
    is_over(colleague)
    assert people.again(colleague).email == colleague.email


def test_what_a_colleague_has_put_right_since_stays(clock, helper, thief, colleague):
    token = link_of(colleague)
    now = timezone.now()
    ask_email(people.again(colleague), OWN, actor=people.actor(helper), now=now)
    for purpose in email_change.PURPOSES:
        path = people.path_of(purpose, administrator=colleague)
        email_change.answer(
            token=path.split("/")[-2],
            stop=False,
            client=people.actor(colleague).client,
            session_id=None,
            now=now,
        )
    assert people.again(colleague).email == OWN
    object_with(token, colleague)
    assert people.again(colleague).email == OWN


def test_a_second_address_that_came_since_reads_no_more_mail(clock, thief, colleague):
    """Its reader would object to each help that the owner gets from then on."""
    token = link_of(colleague)
    clock.shift(timedelta(hours=1))
    have_second(people.again(colleague), THIEFS)
    clock.shift(timedelta(days=20))
    object_with(token, colleague)
    assert people.again(colleague).second_email == ""


def test_the_owners_second_address_stays(helper, colleague):
    have_second(colleague, OWN)
    codes.enable_app(colleague, name="Old phone")
    helped = help_with(colleague, helper)
    set_up_again(colleague, come_in(colleague, helped.words))
    object_with(link_of(colleague), colleague)
    assert people.again(colleague).second_email == OWN


def test_no_link_of_the_thief_takes_the_owners_away(clock, thief, colleague):
    token = link_of(colleague)
    now = timezone.now()
    made = mailed_links.make(
        LinkPurpose.NOT_ME, administrator_id=colleague.id, email=THIEFS, now=now
    )
    not_me.undo(
        token=mailed_links.path(made).split("/")[-2],
        password="a new one that nobody knows",
        browser_token="",
        client=people.actor(colleague).client,
        now=now,
    )
    assert object_with(token, colleague) is State.DENIED
    is_over(colleague)


def test_a_company_that_was_suspended_meanwhile_takes_it_from_nobody(thief, colleague):
    token = link_of(colleague)
    customer = colleague.customer
    for status in (CustomerStatus.SUSPENDED, CustomerStatus.ACTIVE):
        wanted = CustomerChange(
            name=customer.name, status=status, brand_id=customer.brand_id, confirmed=True
        )
        change_customer(customer.id, wanted, actor=CONSOLE, now=timezone.now())
    assert object_with(token, colleague) is State.DENIED
