"""Mailed links: made again from their row, of one purpose, for a time, once."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts import email_change, mailed_links, second_address
from doorward.accounts.errors import LinkExpired, LinkInvalid, LinkUsed
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.credentials.password import change
from doorward.recovery import lost_device, rescue
from tests.kit import codes, factors, passkeys, people, recovering

ALL = tuple(LinkPurpose)


@pytest.fixture
def link(owner):
    return mailed_links.make(LinkPurpose.RESET, administrator_id=owner.id, now=timezone.now())


def token_of(link):
    return mailed_links.path(link).split("/")[-2]


def find(token, *, purposes=ALL, later=timedelta()):
    return mailed_links.find(token, purposes=purposes, now=timezone.now() + later)


def test_a_token_finds_its_link_and_its_person(link, owner):
    assert find(token_of(link)).id == link.id
    assert find(token_of(link)).administrator == owner


def test_a_token_is_in_no_column(link):
    stored = str(MailedLink.objects.values().get())
    assert token_of(link) not in stored


def test_a_link_that_is_found_is_not_used(link):
    find(token_of(link))
    assert find(token_of(link)).used_at is None


@pytest.mark.parametrize("purpose", [purpose for purpose in ALL if purpose != LinkPurpose.RESET])
def test_a_link_of_one_purpose_does_nothing_else(link, purpose):
    with pytest.raises(LinkInvalid):
        find(token_of(link), purposes=(purpose,))


def test_its_purpose_is_bound_into_the_token(link):
    token = token_of(link)
    MailedLink.objects.update(purpose=LinkPurpose.INVITATION)
    with pytest.raises(LinkInvalid):
        find(token)


def test_each_bit_of_a_token_counts(link):
    plain = base64.urlsafe_b64decode(token_of(link) + "==")
    for place in range(len(plain)):
        changed = bytearray(plain)
        changed[place] ^= 1
        with pytest.raises(LinkInvalid):
            find(base64.urlsafe_b64encode(changed).decode().rstrip("="))


@pytest.mark.parametrize("token", ["", "a", "====", "ä" * 43, "A" * 43, "A" * 10_000, "\0", "../x"])
def test_what_is_no_token_is_no_link(link, token):
    with pytest.raises(LinkInvalid):
        find(token)


LONGER = {
    LinkPurpose.INVITATION: timedelta(days=7),
    # What a colleague asks for: a day to object.
    LinkPurpose.EMAIL_OLD: timedelta(hours=24),
    LinkPurpose.NOT_ME: timedelta(days=7),
    # A day to fetch the pass and one to use it, beside the day in which it can be refused; then thirty in which the
    # person can say that it was not them.
    LinkPurpose.VETO: timedelta(days=33),
}


@pytest.mark.parametrize("purpose", ALL)
def test_each_purpose_has_its_time(owner, colleague, purpose):
    made_by(purpose, owner, colleague)
    link = MailedLink.objects.filter(purpose=purpose).latest("created_at")
    lives = LONGER.get(purpose, timedelta(hours=1))
    assert link.expires_at - link.created_at == lives
    assert find(token_of(link), later=lives - timedelta(seconds=5)).id == link.id
    with pytest.raises(LinkExpired):
        find(token_of(link), later=lives)
    with pytest.raises(LinkUsed):
        mailed_links.consume(link, now=timezone.now() + lives)


def made_by(purpose, owner, colleague):  # noqa: C901 - a purpose a case
    """Have a link of this purpose made as the portal makes it."""
    match purpose:
        case LinkPurpose.INVITATION:
            people.invite(owner.customer)
        case LinkPurpose.RESET:
            change.send_link(person=colleague, actor=people.actor(owner), now=timezone.now())
        case LinkPurpose.NOT_ME:
            auth = passkeys.begin(owner)
            factors.confirm(auth, codes.code(factors.show(auth)), owner)
        case LinkPurpose.VETO:
            for person in (owner, colleague):
                codes.enable_app(person)
            recovering.help_with(colleague, owner)
        case LinkPurpose.RESCUE:
            staff = people.make_administrator(people.provider(), email="nora@northline.example")
            rescue.rescue(staff, actor=CONSOLE, now=timezone.now())
        case LinkPurpose.SECOND_ADDRESS:
            second_address.ask(
                owner.id, "me@home.example", actor=people.actor(owner), now=timezone.now()
            )
        case LinkPurpose.LOST:
            codes.enable_app(owner)
            lost_device.report(
                email=owner.email,
                password=people.PASSWORD,
                browser_token="",
                client=ClientInfo(),
                now=timezone.now(),
            )
        case _:
            with transaction.atomic():
                email_change.ask(
                    colleague,
                    "new@harbourbakery.example",
                    actor=people.actor(owner),
                    now=timezone.now(),
                )


def test_a_link_works_once(link):
    mailed_links.consume(link, now=timezone.now())
    with pytest.raises(LinkUsed):
        mailed_links.consume(link, now=timezone.now())
    with pytest.raises(LinkUsed):
        find(token_of(link))


def test_a_revoked_link_works_no_more(link, owner, colleague):
    other = mailed_links.make(LinkPurpose.RESET, administrator_id=colleague.id, now=timezone.now())
    kept = mailed_links.make(LinkPurpose.NOT_ME, administrator_id=owner.id, now=timezone.now())
    assert mailed_links.revoke(owner, purposes=(LinkPurpose.RESET,), now=timezone.now()) == 1
    with pytest.raises(LinkInvalid):
        find(token_of(link))
    with pytest.raises(LinkUsed):
        mailed_links.consume(link, now=timezone.now())
    assert find(token_of(other)).id == other.id
    assert find(token_of(kept)).id == kept.id


def test_links_of_one_moment_have_tokens_of_their_own(owner):
    now = timezone.now()
    tokens = {
        token_of(mailed_links.make(LinkPurpose.RESET, administrator_id=owner.id, now=now))
        for _ in range(20)
    }
    assert len(tokens) == 20
