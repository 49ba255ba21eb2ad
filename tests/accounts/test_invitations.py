"""Invitations: sent, sent again, taken back, accepted once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.accounts import invitations, mailed_links
from doorward.accounts.errors import LinkExpired, LinkInvalid, LinkUsed, NotInvited
from doorward.accounts.events import INVITATION_REVOKED
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.audit.actor import ClientInfo
from doorward.customers.models import Customer
from doorward.kernel.errors import Refusal
from doorward.sessions.models import Session
from doorward.signin import invitation
from doorward.signin.events import INVITATION_ACCEPTED
from tests.kit import browsers, people


@pytest.fixture
def lena(owner):
    return people.invite(owner.customer)


def newest_token(person):
    link = MailedLink.objects.filter(administrator=person).latest("created_at")
    return mailed_links.path(link).split("/")[-2]


def accept(token, *, password=people.PASSWORD, later=timedelta()):
    return invitation.accept(
        token=token,
        password=password,
        browser_token="a browser",
        client=ClientInfo(address="192.0.2.1"),
        now=timezone.now() + later,
    )


def test_accepting_makes_active_and_begins_a_session_that_came_from_a_link(lena):
    started = accept(newest_token(lena))
    session = Session.objects.get(id=started.session_id)
    assert (session.administrator_id, session.from_link) == (lena.id, True)
    assert session.browser_hash is not None
    assert people.again(lena).status == Status.ACTIVE
    assert people.events(INVITATION_ACCEPTED)[0].actor_id == lena.id
    browsers.browser_of(people.again(lena))


@pytest.mark.parametrize("password", ["short", "lena.fischer@harbourbakery.example", "x" * 129, ""])
def test_a_password_that_is_refused_leaves_the_link_as_it_was(lena, password):
    token = newest_token(lena)
    with pytest.raises(Refusal):
        accept(token, password=password)
    assert people.again(lena).status == Status.INVITED
    accept(token)


def test_an_invitation_works_once(lena):
    token = newest_token(lena)
    accept(token)
    with pytest.raises(LinkUsed):
        accept(token, password=people.OTHER_PASSWORD)


def test_an_invitation_works_for_seven_days(lena):
    with pytest.raises(LinkExpired):
        accept(newest_token(lena), later=timedelta(days=7, seconds=1))
    accept(newest_token(lena), later=timedelta(days=6, hours=23))


def test_a_new_invitation_ends_the_earlier_one(owner, lena):
    first = newest_token(lena)
    invitations.resend(lena, actor=people.actor(owner), now=timezone.now())
    assert newest_token(lena) != first
    with pytest.raises(LinkInvalid):
        accept(first)
    accept(newest_token(lena))


def test_only_who_is_invited_is_invited_again(owner, colleague):
    with pytest.raises(NotInvited):
        invitations.resend(colleague, actor=people.actor(owner), now=timezone.now())
    with pytest.raises(NotInvited):
        invitations.revoke(colleague, actor=people.actor(owner), now=timezone.now())
    assert people.is_active(colleague)


def test_revoking_ends_the_link_and_removes_the_person(owner, lena):
    token = newest_token(lena)
    invitations.revoke(lena, actor=people.actor(owner), now=timezone.now())
    assert people.again(lena).status == Status.REMOVED
    assert not MailedLink.objects.filter(administrator=lena, revoked_at=None).exists()
    assert people.events(INVITATION_REVOKED)[0].subject_id == lena.id
    with pytest.raises(LinkInvalid):
        accept(token)
    with pytest.raises(NotInvited):
        invitations.revoke(lena, actor=people.actor(owner), now=timezone.now())


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_nobody_joins_a_customer_that_is_not_active(lena, status):
    Customer.objects.filter(id=lena.customer_id).update(status=status)
    with pytest.raises(LinkInvalid):
        accept(newest_token(lena))


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED, Status.REMOVED])
def test_the_link_does_nothing_for_somebody_no_longer_invited(lena, status):
    Administrator.objects.of(lena.customer_id).filter(id=lena.id).update(status=status)
    with pytest.raises(LinkInvalid):
        accept(newest_token(lena))
    assert people.again(lena).status == status


def test_the_page_knows_until_when_the_last_one_works(owner, lena):
    now = timezone.now()
    first = invitations.open_until(lena, now=now)
    assert first is not None
    assert invitations.open_until(lena, now=now + timedelta(days=8)) is None
    invitations.resend(lena, actor=people.actor(owner), now=now + timedelta(days=1))
    assert invitations.open_until(lena, now=now) == now + timedelta(days=8)
