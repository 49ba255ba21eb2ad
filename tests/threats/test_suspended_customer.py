"""Nobody of a suspended or closed customer gets in, in any way, and nothing goes on for them; restored, it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import invitations
from doorward.accounts.changes import Details
from doorward.accounts.errors import CustomerNotActive
from doorward.accounts.models import Administrator, MailedLink
from doorward.accounts.services import NewAdministrator
from doorward.audit.actor import CONSOLE
from doorward.credentials import taking_over
from doorward.credentials.password import change
from doorward.customers import services as customers
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.rights import is_allowed
from doorward.gate import loading
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import Refusal
from doorward.notifications.worker import run_once
from doorward.permissions.actions import Action
from doorward.recovery import caller_check
from doorward.rollout import reminders, tick_runs, weekly
from doorward.rollout.events import ADOPTION_MAILED
from doorward.rollout.models import AdoptionMail
from doorward.sessions import issuing
from doorward.sessions.models import Session
from tests.kit import browsers, closing, codes, managing, passkeys, people, policies, recovering
from tests.kit.ticks import run_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("status", [CustomerStatus.SUSPENDED, CustomerStatus.CLOSED]),
]

DAY = timedelta(days=1)


def shut(customer: Customer, status: CustomerStatus) -> None:
    closing.set_status(customer, status)


def reopen(customer: Customer) -> None:
    closing.set_status(customer, CustomerStatus.ACTIVE)


def test_no_way_in_is_open_and_afterwards_each_one_is(
    owner: Administrator, status: CustomerStatus
) -> None:
    codes.enable_app(owner)
    key = passkeys.add(owner)
    open_before = browsers.browser_of_with_factor(owner)
    invited = people.invite(owner.customer)
    invitation = people.path_of("invitation", administrator=invited)
    people.ask_for_link(owner.email)
    people.answer_asked()
    shut(owner.customer, status)
    assert open_before.get("/").status_code == 303
    assert not Session.objects.filter(administrator=owner, ended_at=None).exists()
    with pytest.raises(Refusal):
        passkeys.sign_in_alone(key)
    wrong = Client().post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    assert wrong.status_code == 422
    assert "E-mail and password do not match." in wrong.content.decode()
    assert not Session.objects.filter(administrator=owner, ended_at=None).exists()
    follow = Client()
    shown = follow.get(invitation, follow=True).content.decode()
    assert "This link does not work" in shown
    assert 'name="password"' not in shown
    answer = follow.post("/invitation/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code != 303
    assert people.again(invited).status == "invited"
    # Nor is anything mailed that would open something later.
    before = MailedLink.objects.count()
    people.ask_for_link(owner.email)
    people.answer_asked()
    assert MailedLink.objects.count() == before
    with pytest.raises(Refusal):
        change.send_link(person=owner, actor=CONSOLE, now=timezone.now())
    reopen(owner.customer)
    # Nothing of before comes back, and the ways in do.
    assert open_before.get("/").status_code == 303
    passkeys.sign_in_alone(key)


def test_nobody_is_invited_and_nothing_is_offered_that_would_be_refused(
    owner: Administrator, status: CustomerStatus
) -> None:
    staff = browsers.browser_of_with_factor(managing.make_manager())
    invited = people.invite(owner.customer, tabs=frozenset({"home", "administrators"}))
    page = f"/customers/{owner.customer_id}/"
    ways = ("manage", "help", "caller-check", "invite", "resend-invitation")
    offered = [f"{page}{one}/" for one in ways]
    shown = staff.get(page).content.decode()
    assert [one for one in offered if one not in shown] == []
    shut(owner.customer, status)
    shown = staff.get(page).content.decode()
    assert [one for one in offered if one in shown] == []
    before = (MailedLink.objects.count(), Administrator.objects.everywhere().count())
    new = {"first_name": "Ida", "last_name": "Holm", "email": "ida@harbourbakery.example"}
    answer = staff.post(f"{page}invite/", new | {"language": "en"})
    assert answer.status_code == 422
    assert "This customer is not active." in answer.content.decode()
    again = staff.post(f"{page}resend-invitation/{invited.id}/", follow=True)
    assert "This customer is not active." in again.content.decode()
    with pytest.raises(CustomerNotActive):
        invitations.resend(people.again(invited), actor=CONSOLE, now=timezone.now())
    assert (MailedLink.objects.count(), Administrator.objects.everywhere().count()) == before


def test_an_import_that_invites_is_refused_line_by_line(
    owner: Administrator, status: CustomerStatus
) -> None:
    shut(owner.customer, status)
    new = NewAdministrator(
        email="ida@harbourbakery.example",
        details=Details(first_name="Ida", last_name="Holm"),
        tabs=frozenset({"home"}),
    )
    results = taking_over.add_many(
        [taking_over.Arrival(new=new, invite=True), taking_over.Arrival(new=new)],
        customer=customers.get(owner.customer_id),
        actor=CONSOLE,
        now=timezone.now(),
    )
    assert isinstance(results[0], CustomerNotActive)
    assert isinstance(results[1], Administrator)
    assert not MailedLink.objects.exists()


def is_stopped(person: Administrator) -> bool:
    """Return whether even a session that began just now leads nowhere."""
    now = timezone.now()
    started = issuing.begin(person, actor=people.actor(person), now=now, password_at=now)
    auth = loading.load(started.token, "", now=now)
    return next_step(auth.facts if auth else None, Need.THROUGH, now=now) is Step.SIGN_IN


def test_neither_support_nor_a_pass_nor_a_caller_check_is_there_for_them(
    owner: Administrator, colleague: Administrator, status: CustomerStatus
) -> None:
    codes.enable_app(owner)
    codes.enable_app(colleague)
    staff = recovering.make_staff()
    recovering.long_ago(owner)
    words = recovering.help_with(colleague, owner).words
    assert words
    shut(owner.customer, status)
    with pytest.raises(Refusal):
        recovering.ask_as_support(colleague, staff)
    # With a pass one comes after the password, which lets nobody in.
    assert is_stopped(colleague)
    with pytest.raises(Refusal):
        caller_check.begin(
            owner.customer_id, owner.email, actor=people.actor(staff), now=timezone.now()
        )
    assert not is_allowed(people.actor(owner), Action.ADD_PERSON, owner.customer_id)


def test_ticks_reminders_and_weekly_mails_stop_and_go_on_when_it_is_back(
    owner: Administrator, colleague: Administrator, status: CustomerStatus
) -> None:
    now = timezone.now()
    codes.enable_app(owner)
    weekly.choose(wanted=True, customer_id=owner.customer_id, actor=people.actor(owner), now=now)
    run_of(owner, colleague)
    shut(owner.customer, status)
    tick_runs.work_due(now=now)
    assert not people.again(colleague).require_2fa
    policies.require(owner.customer_id, newcomer_days=7)
    assert reminders.remind_due(now=now + DAY) == 0
    monday = weekly.next_after(now)
    assert weekly.send_due(now=monday) == 0
    assert people.events(ADOPTION_MAILED) == []
    run_once(now)
    reopen(owner.customer)
    # What they had chosen is as it was.
    assert weekly.wants(owner.id, of_all=False)
    assert weekly.send_due(now=monday + timedelta(days=7)) == 1
    assert AdoptionMail.objects.count() == 1
