"""Invitations: sent, sent again, taken back, accepted once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.administrators import invitations, links
from doorward.administrators.models import Administrator, MailedLink, Session, Status
from doorward.audit.events import Kind
from doorward.audit.origin import Origin
from doorward.core import errors
from doorward.customers.models import Customer
from tests import support


@pytest.fixture
def lena(owner):
    return support.invite(owner.customer)


def newest_token(person):
    link = MailedLink.objects.filter(administrator=person).latest("created_at")
    return links.path(link).split("/")[-2]


def accept(token, *, password=support.PASSWORD, later=timedelta()):
    return invitations.accept(
        token=token,
        password=password,
        two_factors=False,
        browser_token="a browser",
        origin=Origin(address="192.0.2.1"),
        now=timezone.now() + later,
    )


def test_accepting_makes_active_and_begins_a_session_that_came_from_a_link(lena):
    started = accept(newest_token(lena))
    session = Session.objects.get(id=started.session_id)
    assert (session.administrator_id, session.from_link) == (lena.id, True)
    assert session.browser_hash is not None
    assert support.again(lena).status == Status.ACTIVE
    assert support.events(Kind.INVITATION_ACCEPTED)[0].actor_id == lena.id
    support.browser_of(support.again(lena))


@pytest.mark.parametrize("password", ["short", "lena.fischer@harbourbakery.example", "x" * 129, ""])
def test_a_password_that_is_refused_leaves_the_link_as_it_was(lena, password):
    token = newest_token(lena)
    with pytest.raises(errors.Refusal):
        accept(token, password=password)
    assert support.again(lena).status == Status.INVITED
    accept(token)


def test_an_invitation_works_once(lena):
    token = newest_token(lena)
    accept(token)
    with pytest.raises(errors.LinkUsed):
        accept(token, password=support.OTHER_PASSWORD)


def test_an_invitation_works_for_seven_days(lena):
    with pytest.raises(errors.LinkExpired):
        accept(newest_token(lena), later=timedelta(days=7, seconds=1))
    accept(newest_token(lena), later=timedelta(days=6, hours=23))


def test_a_new_invitation_ends_the_earlier_one(owner, lena):
    first = newest_token(lena)
    invitations.resend(lena, by=support.by(owner), now=timezone.now())
    assert newest_token(lena) != first
    with pytest.raises(errors.LinkInvalid):
        accept(first)
    accept(newest_token(lena))


def test_only_who_is_invited_is_invited_again(owner, colleague):
    with pytest.raises(errors.NotInvited):
        invitations.resend(colleague, by=support.by(owner), now=timezone.now())
    with pytest.raises(errors.NotInvited):
        invitations.revoke(colleague, by=support.by(owner), now=timezone.now())
    assert support.is_active(colleague)


def test_revoking_ends_the_link_and_removes_the_person(owner, lena):
    token = newest_token(lena)
    invitations.revoke(lena, by=support.by(owner), now=timezone.now())
    assert support.again(lena).status == Status.REMOVED
    assert not MailedLink.objects.filter(administrator=lena, revoked_at=None).exists()
    assert support.events(Kind.INVITATION_REVOKED)[0].subject_id == lena.id
    with pytest.raises(errors.LinkInvalid):
        accept(token)
    with pytest.raises(errors.NotInvited):
        invitations.revoke(lena, by=support.by(owner), now=timezone.now())


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_nobody_joins_a_customer_that_is_not_active(lena, status):
    Customer.objects.filter(id=lena.customer_id).update(status=status)
    with pytest.raises(errors.LinkInvalid):
        accept(newest_token(lena))


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED, Status.REMOVED])
def test_the_link_does_nothing_for_somebody_no_longer_invited(lena, status):
    Administrator.objects.of(lena.customer_id).filter(id=lena.id).update(status=status)
    with pytest.raises(errors.LinkInvalid):
        accept(newest_token(lena))
    assert support.again(lena).status == status


def test_the_page_knows_until_when_the_last_one_works(owner, lena):
    now = timezone.now()
    first = invitations.open_until(lena, now=now)
    assert first is not None
    assert invitations.open_until(lena, now=now + timedelta(days=8)) is None
    invitations.resend(lena, by=support.by(owner), now=now + timedelta(days=1))
    assert invitations.open_until(lena, now=now) == now + timedelta(days=8)
