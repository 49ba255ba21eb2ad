"""Two requests at the same moment: real threads, real transactions, on whichever database is tested."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from doorward.accounts import email_change, mailed_links, services
from doorward.accounts.errors import EmailTaken
from doorward.accounts.events import TWO_FACTOR_NO_LONGER_REQUIRED, TWO_FACTOR_REQUIRED
from doorward.accounts.models import Administrator, EmailChange, MailedLink, PasswordDue, Status
from doorward.accounts.services import Change
from doorward.audit.actor import ClientInfo
from doorward.kernel.errors import Refusal
from doorward.signin import invitation
from tests.accounts.changing import change_to as change
from tests.kit import browsers as kit_browsers
from tests.kit import people
from tests.kit.email_changes import ask_email
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def test_one_email_for_two_at_once_is_one_account(owner):
    def add():
        new = services.NewAdministrator(
            email="lena@harbourbakery.example",
            details=services.Details(first_name="Lena", last_name="Fischer"),
            tabs=frozenset({"home"}),
        )
        return services.add(
            new, customer=owner.customer, actor=people.actor(owner), now=timezone.now()
        )

    outcomes = at_once([add] * 4)
    taken = [outcome for outcome in outcomes if isinstance(outcome, EmailTaken)]
    assert len(taken) == 3, outcomes
    assert MailedLink.objects.count() == 1


def test_who_accepts_just_now_does_not_get_another_s_email(owner):
    """A change of an invited person's e-mail holds at once; of an active one's it must not."""
    for number in range(ROUNDS):
        person = people.invite(owner.customer, email=f"lena{number}@harbourbakery.example")
        link = MailedLink.objects.get(administrator=person)
        outcomes: list[Any] = at_once(
            [
                partial(
                    invitation.accept,
                    token=mailed_links.path(link).split("/")[-2],
                    password=people.PASSWORD,
                    browser_token="browser",
                    client=ClientInfo(),
                    now=timezone.now(),
                ),
                partial(
                    change,
                    person,
                    Change(email=f"mallory{number}@harbourbakery.example", reauthenticated=True),
                    people.actor(owner),
                ),
            ]
        )
        assert all(
            not isinstance(one, Exception) or isinstance(one, Refusal) for one in outcomes
        ), outcomes
        now_ = people.again(person)
        if now_.status == Status.ACTIVE:
            assert now_.email == person.email, "the link went to the old address"
        else:
            assert now_.email == f"mallory{number}@harbourbakery.example"


def test_two_changes_of_one_email_at_once_leave_the_later_one_open(owner, colleague):
    outcomes = at_once(
        [
            partial(
                ask_email,
                colleague,
                f"new{number}@harbourbakery.example",
                actor=people.actor(owner),
                now=timezone.now(),
            )
            for number in range(4)
        ]
    )
    assert outcomes == [True] * 4
    assert EmailChange.objects.filter(closed_at__isnull=True).count() == 1
    assert MailedLink.objects.filter(revoked_at__isnull=True).count() == 2


def test_two_people_never_get_one_email(owner, colleague):
    """Both ask for the same address, both confirm: the first keeps it, the second is told."""
    tokens = []
    for person in (owner, colleague):
        ask_email(
            person, "shared@harbourbakery.example", actor=people.actor(person), now=timezone.now()
        )
        link = MailedLink.objects.get(administrator=person, purpose="email_new")
        tokens.append(mailed_links.path(link).split("/")[-2])
    outcomes = at_once(
        [
            partial(
                email_change.answer,
                token=token,
                stop=False,
                client=ClientInfo(),
                session_id=None,
                now=timezone.now(),
            )
            for token in tokens
        ]
    )
    assert sorted(map(repr, outcomes)) == ["EmailTaken('email_taken')", "True"]
    with_it = Administrator.objects.everywhere().filter(email_folded="shared@harbourbakery.example")
    assert with_it.count() == 1


def test_require_and_untick_at_once_end_in_one_of_both_and_say_so(owner, colleague):
    at_once(
        [
            partial(change, colleague, Change(require_2fa=wanted), people.actor(owner))
            for wanted in (True, False, True, False)
        ]
    )
    last = max(
        people.events(TWO_FACTOR_REQUIRED) + people.events(TWO_FACTOR_NO_LONGER_REQUIRED),
        key=lambda event: event.id,
    )
    assert people.again(colleague).require_2fa == (last.type == TWO_FACTOR_REQUIRED)


def test_a_due_password_set_in_several_browsers_at_once_is_nobodys_mistake(owner):
    """One sets it and stays; the others are sent on, and are not told to look at anything again."""
    Administrator.objects.of(owner.customer_id).update(password_due=PasswordDue.BREACHED)
    browsers = [kit_browsers.browser_of(owner) for _ in range(4)]
    words = [f"{people.OTHER_PASSWORD} {number}" for number in range(len(browsers))]
    posts = [
        partial(one.post, "/sign-in/password/", {"password": word})
        for one, word in zip(browsers, words, strict=True)
    ]
    answers = at_once(posts)
    assert {getattr(answer, "status_code", answer) for answer in answers} == {303}
