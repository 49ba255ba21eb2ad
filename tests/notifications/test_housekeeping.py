from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.utils import timezone

from doorward.credentials.models import SetUp
from doorward.credentials.totp import enrol
from doorward.kernel import heartbeat
from doorward.notifications import housekeeping
from doorward.notifications.models import Delivery, State
from doorward.policy.events import POLICY_BEGAN
from doorward.sessions.events import SIGN_IN_ABANDONED
from doorward.sessions.models import Session
from doorward.signin.events import INVITATION_ACCEPTED
from tests.kit import browsers, codes, people, policies
from tests.notifications.happenings import Stage, policy_planned

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from tests.notifications.mails import Folder

WITHOUT_DATABASE = {"messages in files", "heads of history in a file", "heads of history by mail"}


def test_a_sign_in_that_was_left_is_ended_and_told(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    stage = Stage(person=colleague, owner=owner)
    codes.enable_app(colleague)
    stage.knows_password()
    assert folder.new(now=stage.now + timedelta(minutes=29)) == []
    (mail,) = folder.new(now=stage.now + timedelta(minutes=31))
    assert (mail["To"], mail["Subject"]) == (colleague.email, "A sign-in was not finished")
    assert Session.objects.get().ended_at is not None
    assert len(people.events(SIGN_IN_ABANDONED)) == 1


def test_a_policy_that_was_planned_takes_effect_and_is_told_once(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    stage = Stage(person=colleague, owner=owner)
    policy_planned(stage)
    for person in (owner, colleague):
        codes.enable_app(person)
    (planned,) = folder.new(now=stage.now)
    assert "is planned" in planned["Subject"]
    starts = stage.now + timedelta(days=7)
    assert folder.new(now=starts - timedelta(minutes=2)) == []
    assert not policies.of(owner.customer_id, now=starts - timedelta(minutes=2)).trust_days
    (began,) = folder.new(now=starts + timedelta(minutes=1))
    assert (began["To"], "required for everyone" in began["Subject"]) == (owner.email, True)
    assert policies.of(owner.customer_id, now=starts).trust_days == 30
    assert folder.new(now=starts + timedelta(minutes=3)) == []
    assert len(people.events(POLICY_BEGAN)) == 1


def test_leaving_before_it_is_through_is_told_too_and_signing_out_is_not(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    codes.enable_app(colleague)
    browser = browsers.browser_of(owner)
    browser.post("/sign-out/")
    assert [mail["Subject"] for mail in folder.new()] == ["You signed in from a new browser"]
    half_way = Client(HTTP_USER_AGENT=people.CHROME)
    half_way.post("/sign-in/", {"email": colleague.email, "password": people.PASSWORD, "next": ""})
    half_way.post("/sign-out/")
    assert [mail["Subject"] for mail in folder.new()] == ["A sign-in was not finished"]


def test_a_secret_that_was_not_confirmed_is_forgotten(
    owner: Administrator, colleague: Administrator, folder: Folder
) -> None:
    stage = Stage(person=colleague, owner=owner)
    auth = stage.signed_in()
    enrol.begin(session_id=auth.browser.session_id, now=stage.now)
    folder.new(now=stage.now + timedelta(minutes=9))
    assert SetUp.objects.count() == 1
    folder.new(now=stage.now + timedelta(minutes=11))
    assert SetUp.objects.count() == 0


def test_one_task_that_fails_does_not_keep_the_others_from_being_done(caplog: Any) -> None:
    # No database is allowed to this test, so that every task fails that asks it.
    last: dict[str, Any] = {}
    housekeeping.tidy(now=timezone.now(), moment=0.0, last=last)
    assert set(last) == {name for name, _every, _task in housekeeping.TASKS}
    assert caplog.text.count("housekeeping failed") == len(housekeeping.TASKS) - len(
        WITHOUT_DATABASE
    )
    assert not any(name in caplog.text for name in WITHOUT_DATABASE)


def test_tasks_are_done_again_when_their_time_has_come(db: None) -> None:
    now = timezone.now()
    last: dict[str, Any] = {}
    housekeeping.tidy(now=now, moment=0.0, last=last)
    housekeeping.tidy(now=now + timedelta(minutes=1), moment=60.0, last=last)
    again = {name for name, every, _task in housekeeping.TASKS if last[name] > 0}
    assert again == {
        name for name, every, _t in housekeeping.TASKS if every <= housekeeping.EVERY_MINUTE
    }


def test_the_first_sign_in_of_somebody_invited_is_no_news(
    owner: Administrator, folder: Folder
) -> None:
    invited = people.invite(owner.customer)
    (mail,) = folder.new()
    link = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    path = next(line for line in link.splitlines() if "/invitation/" in line)
    browser = Client(HTTP_USER_AGENT=people.CHROME)
    browser.get(path.removeprefix("http://localhost:8000"))
    browser.post("/invitation/", {"password": people.PASSWORD})
    assert len(people.events(INVITATION_ACCEPTED)) == 1
    browser.get("/security/")
    assert folder.new() == []
    # From another browser it is.
    browsers.browser_of(people.again(invited)).get("/security/")
    assert [mail["Subject"] for mail in folder.new()] == ["You signed in from a new browser"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_before_what_takes_long_the_worker_says_so(db: None) -> None:
    said: list[timedelta] = []
    housekeeping.tidy(now=timezone.now(), moment=0.0, last={}, beat=said.append)
    silences = {
        housekeeping.EVERY_ROUND: heartbeat.USUAL,
        housekeeping.EVERY_MINUTE: heartbeat.AT_A_MESSAGE,
    }
    assert said == [
        silences.get(every, heartbeat.AT_LENGTH) for _name, every, _task in housekeeping.TASKS
    ]
