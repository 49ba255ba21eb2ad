"""A thief with password, lost phone and saved codes, once its owner is back by a pass: all of it is over for good."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import LinkPurpose
from doorward.credentials.errors import NothingSuspended
from doorward.credentials.models import USABLE, Factor, RecoverySet
from doorward.gate.requirement import Step
from doorward.kernel.errors import Refusal
from doorward.notifications.letter import write
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.recovery.events import RECOVERY_DENIED
from doorward.recovery.models import RecoveryRequest, State
from doorward.sessions.errors import SessionEnded
from doorward.sessions.models import Session
from doorward.signin.take_back import take_back
from tests.kit import codes, people
from tests.kit.people import PASSWORD
from tests.kit.racing import at_once
from tests.kit.recovering import come_in, help_with, long_ago, say_who, set_up_again
from tests.threats.test_recovery import begin, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

pytestmark = pytest.mark.django_db


@pytest.fixture
def helper(owner: Administrator) -> Administrator:
    codes.enable_app(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def phone(colleague: Administrator) -> bytes:
    """Return the secret in the phone that was lost."""
    return codes.enable_app(colleague, name="Old phone")


def back(phone: bytes, auth: AuthContext, person: Administrator) -> Started:
    """Take the lost phone back, as whoever holds it can within a day of the loss."""
    code, actor = codes.code(phone), people.actor(person)
    return take_back(auth=auth, proof=code, actor=actor, now=timezone.now())


def test_the_lost_phone_takes_nothing_back_once_its_owner_is_there(clock, helper, colleague, phone):
    saved = codes.saved_codes(colleague)
    helped = help_with(colleague, helper)
    waiting = begin(colleague)
    set_up_again(colleague, come_in(colleague, helped.words))
    clock.shift(timedelta(minutes=2))
    # With a session from before, which has ended, and with a new one.
    for auth in (waiting, begin(colleague)):
        with pytest.raises((NothingSuspended, SessionEnded, Refusal)):
            back(phone, auth, colleague)
    assert [one.name for one in Factor.objects.filter(administrator=colleague)] == ["New phone"]
    browser = Client()
    browser.post("/sign-in/", {"email": colleague.email, "password": PASSWORD})
    for path, code in (
        ("/sign-in/take-back/", codes.code(phone)),
        ("/sign-in/code/", codes.code(phone)),
        ("/sign-in/recovery/", saved[0]),
    ):
        browser.post(path, {"code": code})
        assert browser.get("/")["Location"].startswith("/sign-in/")
    # Nor does what was saved before, by whoever has it, help to set one up.
    assert not RecoverySet.objects.filter(administrator=colleague, saved_at__isnull=False).exists()


def test_who_takes_it_back_while_the_owner_sets_up_is_out_again(clock, helper, colleague, phone):
    """The thief was quicker than the last click of the set-up: the new device takes the place of all others."""
    auth = come_in(colleague, help_with(colleague, helper).words)
    thief = begin(colleague)
    clock.shift(timedelta(minutes=2))
    taken = back(phone, thief, colleague)
    set_up_again(colleague, auth)
    assert Session.objects.get(id=taken.session_id).ended_at is not None
    assert [one.name for one in Factor.objects.filter(administrator=colleague)] == ["New phone"]
    with pytest.raises((NothingSuspended, Refusal)):
        back(phone, begin(colleague), colleague)


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_the_owner_is_the_one_who_is_in(owner, colleague):
    codes.enable_app(owner)
    long_ago(owner)
    phone = codes.enable_app(colleague, name="Old phone")
    auth = come_in(colleague, help_with(colleague, owner).words)
    thieves = [begin(colleague) for _ in range(3)]
    both: list[Callable[[], object]] = [partial(set_up_again, colleague, auth)]
    both += [partial(back, phone, thief, colleague) for thief in thieves]
    at_once(both)
    assert [one.name for one in Factor.objects.filter(administrator=colleague)] == ["New phone"]
    there = Session.objects.filter(administrator=colleague, ended_at__isnull=True)
    assert {one.id for one in there if one.factor_at} == {auth.browser.session_id}


@pytest.mark.parametrize("said", [False, True])
def test_the_owner_ends_what_a_thief_got_by_a_helper_who_was_deceived(
    clock, helper, colleague, phone, said
):
    """*It was not me*, in the mail about the new device, for 30 days, also after *It was them*. It lets nobody in."""
    helped = help_with(colleague, helper)
    set_up_again(colleague, come_in(colleague, helped.words))
    if said:
        say_who(helped.request, helper, was_them=True)
    run_once(timezone.now())
    (mail,) = Delivery.objects.filter(template="recovered", administrator_id=colleague.id)
    path = people.path_of(LinkPurpose.VETO, administrator=colleague)
    assert path in str(write(mail, now=timezone.now()).body)
    clock.shift(timedelta(days=29))
    browser = Client()
    browser.get(path)
    assert "end everything" in browser.get("/veto/").content.decode()
    assert RecoveryRequest.objects.get().state != State.DENIED
    answer = browser.post("/veto/", follow=True)
    assert answer.redirect_chain == [("/veto/done/", 303)]
    assert "Everything was ended" in answer.content.decode()
    assert RecoveryRequest.objects.get().state == State.DENIED
    assert not Factor.objects.filter(USABLE, administrator=colleague).exists()
    assert not Session.objects.filter(administrator=colleague, ended_at__isnull=True).exists()
    # And the mailbox that ended it gets nobody in: what is left of the device still asks.
    assert step(begin(people.again(colleague), from_link=True)) is Step.VERIFY_FACTOR
    assert browser.get(path)["Location"] == "/veto/"
    assert browser.get("/veto/").status_code == 404
    assert browser.post("/veto/")["Location"] == "/veto/done/"
    assert len(people.events(RECOVERY_DENIED)) == 1


def test_a_month_later_the_link_ends_nothing(clock, helper, colleague, phone):
    set_up_again(colleague, come_in(colleague, help_with(colleague, helper).words))
    path = people.path_of(LinkPurpose.VETO, administrator=colleague)
    clock.shift(timedelta(days=31))
    browser = Client()
    browser.get(path)
    assert browser.post("/veto/").status_code == 422
    assert Factor.objects.filter(USABLE, administrator=colleague).exists()


def test_the_mail_has_the_link_of_that_help_and_of_no_other(clock, helper, colleague, phone):
    first = help_with(colleague, helper)
    set_up_again(colleague, come_in(colleague, first.words))
    clock.shift(timedelta(minutes=5))
    help_with(colleague, helper)
    run_once(timezone.now())
    (mail,) = Delivery.objects.filter(template="recovered", administrator_id=colleague.id)
    path = people.path_of(LinkPurpose.VETO, administrator=colleague, about=first.request.id)
    assert path in str(write(mail, now=timezone.now()).body)
