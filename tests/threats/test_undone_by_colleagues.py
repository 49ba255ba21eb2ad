"""What the owner may undo outlives what colleagues and the provider do in between, by mistake or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.models import LinkPurpose, Status
from doorward.customers.models import Customer, CustomerStatus
from doorward.sessions.models import Session
from tests.kit import browsers, people
from tests.threats.thief import THIEF, ask_for_new_email, enable, follow, path_of

pytestmark = pytest.mark.django_db


def set_status(person, actor, status):
    wanted = services.Change(status=status, confirmed=True)
    services.change(
        person.id,
        wanted,
        customer_id=person.customer_id,
        actor=people.actor(actor),
        now=timezone.now(),
    )


def suspend_and_restore(person, actor):
    set_status(person, actor, Status.SUSPENDED)
    set_status(person, actor, Status.ACTIVE)


def require_and_release(person, actor):
    for tick in (True, False):
        wanted = services.Change(require_2fa=tick)
        services.change(
            person.id,
            wanted,
            customer_id=person.customer_id,
            actor=people.actor(actor),
            now=timezone.now(),
        )


def rename(person, actor):
    details = services.Details(first_name="Some", last_name="Body")
    wanted = services.Change(details=details)
    services.change(
        person.id,
        wanted,
        customer_id=person.customer_id,
        actor=people.actor(actor),
        now=timezone.now(),
    )


def send_password_link(person, actor):
    answer = browsers.browser_of(actor).post(f"/administrators/{person.id}/password-link/")
    assert answer.status_code == 303


def end_sessions(person, actor):
    answer = browsers.browser_of(actor).post(f"/administrators/{person.id}/end-sessions/")
    assert answer.status_code == 303


def close_customer_for_a_while(person, _by):
    customers = Customer.objects.filter(id=person.customer_id)
    customers.update(status=CustomerStatus.SUSPENDED)
    customers.update(status=CustomerStatus.ACTIVE)


DEEDS = (
    suspend_and_restore,
    require_and_release,
    rename,
    send_password_link,
    end_sessions,
    close_customer_for_a_while,
)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_this_was_not_me_still_removes_the_factor_of_the_thief(owner, colleague, deed):
    enable(browsers.browser_of(colleague))
    not_me = path_of(colleague, LinkPurpose.NOT_ME)
    deed(colleague, owner)
    answer = follow(Client(), not_me, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert not colleague.factors.exists()
    assert people.again(colleague).check_password(people.OTHER_PASSWORD)


def test_and_gives_the_mailbox_back(owner, colleague):
    thief = browsers.browser_of(colleague)
    ask_for_new_email(thief, colleague)
    assert follow(thief, path_of(colleague, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    assert people.again(colleague).email == THIEF
    not_me = path_of(colleague, LinkPurpose.NOT_ME)
    suspend_and_restore(colleague, owner)
    assert follow(Client(), not_me, {"password": people.OTHER_PASSWORD}).status_code == 303
    assert people.again(colleague).email == colleague.email


def test_while_suspended_it_works_and_lets_nobody_in(owner, colleague):
    enable(browsers.browser_of(colleague))
    not_me = path_of(colleague, LinkPurpose.NOT_ME)
    set_status(colleague, owner, Status.SUSPENDED)
    browser = Client()
    answer = follow(browser, not_me, {"password": people.OTHER_PASSWORD})
    assert answer["Location"] == "/sign-in/"
    assert "suspended" in browser.get("/sign-in/").content.decode()
    assert not colleague.factors.exists()
    open_sessions = Session.objects.filter(administrator=colleague, ended_at__isnull=True)
    assert not open_sessions.exists()
    assert browser.get("/security/")["Location"].startswith("/sign-in/")
    assert people.again(colleague).status == Status.SUSPENDED


def test_so_it_does_where_the_company_is_suspended(colleague):
    enable(browsers.browser_of(colleague))
    not_me = path_of(colleague, LinkPurpose.NOT_ME)
    Customer.objects.filter(id=colleague.customer_id).update(status=CustomerStatus.SUSPENDED)
    answer = follow(Client(), not_me, {"password": people.OTHER_PASSWORD})
    assert answer["Location"] == "/sign-in/"
    assert not colleague.factors.exists()


def test_it_ends_with_the_account(owner, colleague):
    enable(browsers.browser_of(colleague))
    not_me = path_of(colleague, LinkPurpose.NOT_ME)
    set_status(colleague, owner, Status.REMOVED)
    assert follow(Client(), not_me, {"password": people.OTHER_PASSWORD}).status_code == 422


def test_and_after_seven_days(owner, clock):
    enable(browsers.browser_of(owner))
    mine = path_of(owner, LinkPurpose.NOT_ME)
    clock.shift(timedelta(days=7))
    assert follow(Client(), mine, {"password": people.OTHER_PASSWORD}).status_code == 422
    assert owner.factors.exists()


def test_other_links_end_with_a_suspension(owner, colleague):
    Client().post("/password/forgot/", {"email": colleague.email})
    people.answer_asked()
    reset = path_of(colleague, LinkPurpose.RESET)
    suspend_and_restore(colleague, owner)
    answer = follow(Client(), reset, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 422
