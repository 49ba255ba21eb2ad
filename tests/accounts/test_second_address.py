"""A second address for notifications: it holds once its mailbox confirms it, and it is its person's alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.accounts import mailed_links, second_address
from doorward.accounts.errors import LinkExpired, LinkInvalid, LinkUsed, SecondAddressIsEmail
from doorward.accounts.events import (
    SECOND_ADDRESS_ADDED,
    SECOND_ADDRESS_ASKED,
    SECOND_ADDRESS_REMOVED,
)
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.audit.actor import ClientInfo
from doorward.kernel.errors import FieldsRefused, TooManyMails
from doorward.kernel.ratelimit import mail_budget
from doorward.permissions.errors import NotAuthorised
from tests.kit import people
from tests.kit.email_changes import ask_email
from tests.kit.racing import at_once

SECOND = "ines@home.example"


def ask(person, email=SECOND, *, actor=None):
    actor = people.actor(actor or person)
    return second_address.ask(person.id, email, actor=actor, now=timezone.now())


def token(person):
    return people.path_of(LinkPurpose.SECOND_ADDRESS, administrator=person).split("/")[-2]


def confirm(given, *, later=timedelta()):
    return second_address.confirm(token=given, client=ClientInfo(), now=timezone.now() + later)


def add(person, email=SECOND):
    ask(person, email)
    return confirm(token(person))


def second_of(person):
    return people.again(person).second_email


def test_it_holds_once_its_mailbox_confirms(owner):
    assert ask(owner) == SECOND
    assert second_of(owner) == ""
    waiting = second_address.pending(owner.id, now=timezone.now())
    assert waiting is not None
    assert waiting.email == SECOND
    assert confirm(token(owner)) == SECOND
    assert second_of(owner) == SECOND
    assert second_address.pending(owner.id, now=timezone.now()) is None
    assert people.events(SECOND_ADDRESS_ADDED)[0].subject_id == owner.id


def test_its_link_works_once_and_for_an_hour(owner):
    ask(owner)
    given = token(owner)
    with pytest.raises(LinkExpired):
        confirm(given, later=timedelta(minutes=61))
    confirm(given)
    with pytest.raises(LinkUsed):
        confirm(given)


def test_a_new_wish_replaces_the_one_before_and_the_old_address_stays_until_then(owner):
    add(owner)
    ask(owner, "first@home.example")
    first = token(owner)
    ask(owner, "other@home.example")
    with pytest.raises(LinkInvalid):
        confirm(first)
    assert second_of(owner) == SECOND
    confirm(token(owner))
    assert second_of(owner) == "other@home.example"
    assert people.events(SECOND_ADDRESS_REMOVED)[0].typed == {"second_email": SECOND}


def test_the_same_again_asks_nobody(owner):
    add(owner)
    links = MailedLink.objects.count()
    assert ask(owner, SECOND.upper()) == ""
    assert MailedLink.objects.count() == links


def test_it_is_not_the_e_mail_of_the_account(owner):
    with pytest.raises(SecondAddressIsEmail):
        ask(owner, owner.email.upper())


def test_nor_when_the_e_mail_has_become_it_meanwhile(owner):
    ask(owner)
    given = token(owner)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(email=SECOND)
    with pytest.raises(SecondAddressIsEmail):
        confirm(given)
    assert second_of(owner) == ""


def test_one_that_becomes_the_e_mail_is_no_second_one_any_more(owner):
    from doorward.accounts import email_change  # noqa: PLC0415

    add(owner)
    now = timezone.now()
    ask_email(owner, SECOND, actor=people.actor(owner), now=now)
    link = people.path_of(LinkPurpose.EMAIL_NEW, administrator=owner).split("/")[-2]
    email_change.answer(
        token=link, stop=False, client=ClientInfo(), session_id=None, now=timezone.now()
    )
    assert (people.again(owner).email, second_of(owner)) == (SECOND, "")


def test_it_is_cleaned_and_refused_at_its_field(owner):
    assert ask(owner, f"  {SECOND} ") == SECOND
    for wrong in ("", "nobody", "a@b@c.example", f"{'x' * 300}@home.example"):
        with pytest.raises(FieldsRefused) as refused:
            ask(owner, wrong)
        assert set(refused.value.fields) == {"second_email"}


def test_a_domain_that_looks_like_a_colleagues_is_kept_in_ascii_and_said(owner, colleague):
    assert colleague.email.endswith("@harbourbakery.example")
    wanted = ask(owner, "ines@hаrbourbakery.example")
    assert wanted.isascii()
    details = people.events(SECOND_ADDRESS_ASKED)[0].details
    assert details["resembles"] == "harbourbakery.example"


def test_several_people_may_share_one(owner, colleague):
    assert add(owner) == add(colleague) == SECOND
    assert (second_of(owner), second_of(colleague)) == (SECOND, SECOND)


def test_nobody_sets_or_removes_somebody_elses(owner, colleague, outsider):
    add(colleague)
    for other in (owner, outsider):
        with pytest.raises(NotAuthorised):
            ask(colleague, "mine@home.example", actor=other)
        with pytest.raises(NotAuthorised):
            second_address.remove(colleague.id, actor=people.actor(other), now=timezone.now())
    assert second_of(colleague) == SECOND


def test_removing_takes_back_what_waits_too(owner):
    add(owner)
    ask(owner, "other@home.example")
    waiting = token(owner)
    now = timezone.now()
    assert second_address.remove(owner.id, actor=people.actor(owner), now=now)
    assert not second_address.remove(owner.id, actor=people.actor(owner), now=now)
    with pytest.raises(LinkInvalid):
        confirm(waiting)
    assert second_of(owner) == ""
    assert len(people.events(SECOND_ADDRESS_REMOVED)) == 1


def test_somebody_suspended_meanwhile_confirms_nothing(owner):
    ask(owner)
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(status=Status.SUSPENDED)
    with pytest.raises(LinkInvalid):
        confirm(token(owner))


def test_mails_to_confirm_one_have_a_budget(owner):
    for number in range(mail_budget.OWN_EMAIL.in_hour):
        ask(owner, f"stranger{number}@elsewhere.example")
    with pytest.raises(TooManyMails):
        ask(owner, "one-more@elsewhere.example")
    # It is one budget with that of a new e-mail.
    with pytest.raises(TooManyMails):
        ask_email(owner, SECOND, actor=people.actor(owner), now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_who_open_the_link_at_once_confirm_it_once(owner):
    ask(owner)
    given = token(owner)
    outcomes = at_once([lambda: confirm(given)] * 3)
    assert outcomes.count(SECOND) == 1
    assert len(people.events(SECOND_ADDRESS_ADDED)) == 1


def test_its_link_is_none_of_any_other_page(owner):
    ask(owner)
    others = tuple(set(LinkPurpose) - {LinkPurpose.SECOND_ADDRESS})
    with pytest.raises(LinkInvalid):
        mailed_links.find(token(owner), purposes=others, now=timezone.now())
