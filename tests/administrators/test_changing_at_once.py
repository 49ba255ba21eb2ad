"""Two requests at the same moment: real threads, real transactions, on whichever database is tested."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from doorward.administrators import email_change, invitations, links, services
from doorward.administrators.models import (
    Administrator,
    EmailChange,
    MailedLink,
    PasswordDue,
    Status,
)
from doorward.administrators.services import Change
from doorward.audit.events import Kind
from doorward.audit.origin import Origin
from doorward.core import errors
from tests import support
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def change(person, wanted, by):
    return services.change(person.id, wanted, customer=person.customer, by=by, now=timezone.now())


def test_one_email_for_two_at_once_is_one_account(owner):
    def add():
        new = services.NewAdministrator(
            email="lena@harbourbakery.example",
            details=services.Details(first_name="Lena", last_name="Fischer"),
            tabs=frozenset({"home"}),
        )
        return services.add(new, customer=owner.customer, by=support.by(owner), now=timezone.now())

    outcomes = at_once([add] * 4)
    taken = [outcome for outcome in outcomes if isinstance(outcome, errors.EmailTaken)]
    assert len(taken) == 3, outcomes
    assert MailedLink.objects.count() == 1


def test_who_accepts_just_now_does_not_get_another_s_email(owner):
    """A change of an invited person's e-mail holds at once; of an active one's it must not."""
    for number in range(ROUNDS):
        person = support.invite(owner.customer, email=f"lena{number}@harbourbakery.example")
        link = MailedLink.objects.get(administrator=person)
        outcomes: list[Any] = at_once(
            [
                partial(
                    invitations.accept,
                    token=links.path(link).split("/")[-2],
                    password=support.PASSWORD,
                    two_factors=False,
                    browser_token="browser",
                    origin=Origin(),
                    now=timezone.now(),
                ),
                partial(
                    change,
                    person,
                    Change(email=f"mallory{number}@harbourbakery.example"),
                    support.by(owner),
                ),
            ]
        )
        assert all(
            not isinstance(one, Exception) or isinstance(one, errors.Refusal) for one in outcomes
        ), outcomes
        now_ = support.again(person)
        if now_.status == Status.ACTIVE:
            assert now_.email == person.email, "the link went to the old address"
        else:
            assert now_.email == f"mallory{number}@harbourbakery.example"


def test_two_changes_of_one_email_at_once_leave_the_later_one_open(owner, colleague):
    outcomes = at_once(
        [
            partial(
                email_change.ask,
                colleague,
                f"new{number}@harbourbakery.example",
                by=support.by(owner),
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
        email_change.ask(
            person, "shared@harbourbakery.example", by=support.by(person), now=timezone.now()
        )
        link = MailedLink.objects.get(administrator=person, purpose="email_new")
        tokens.append(links.path(link).split("/")[-2])
    outcomes = at_once(
        [
            partial(
                email_change.answer,
                token=token,
                stop=False,
                origin=Origin(),
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
            partial(change, colleague, Change(require_2fa=wanted), support.by(owner))
            for wanted in (True, False, True, False)
        ]
    )
    last = max(
        support.events(Kind.TWO_FACTOR_REQUIRED)
        + support.events(Kind.TWO_FACTOR_NO_LONGER_REQUIRED),
        key=lambda event: event.id,
    )
    assert support.again(colleague).require_2fa == (last.kind == Kind.TWO_FACTOR_REQUIRED)


def test_a_due_password_set_in_several_browsers_at_once_is_nobodys_mistake(owner):
    """One sets it and stays; the others are sent on, and are not told to look at anything again."""
    Administrator.objects.of(owner.customer_id).update(password_due=PasswordDue.BREACHED)
    browsers = [support.browser_of(owner) for _ in range(4)]
    words = [f"{support.OTHER_PASSWORD} {number}" for number in range(len(browsers))]
    posts = [
        partial(one.post, "/sign-in/password/", {"password": word})
        for one, word in zip(browsers, words, strict=True)
    ]
    answers = at_once(posts)
    assert {getattr(answer, "status_code", answer) for answer in answers} == {303}
