"""A lost device: what its owner can do at once, and what a thief of the password, the mailbox or both cannot."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.audit.actor import ClientInfo
from doorward.credentials.models import Factor
from doorward.environment import MailServer
from doorward.recovery import lost_device
from doorward.recovery.events import DEVICE_LOST, DEVICE_SUSPENDED
from doorward.sessions.models import Session
from doorward.signin.events import SIGN_IN_FAILED
from tests.kit import browsers, codes, passkeys, people
from tests.kit.racing import at_once
from tests.notifications.mails import Folder, part, send_to
from tests.threats.thief import follow, path_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

PAGE, DEVICE = "/security/lost/", "/security/lost/device/"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    return Folder(tmp_path / "mail")


def report(person, password=people.PASSWORD):
    return Client().post(PAGE, {"email": person.email, "password": password})


def factor(person, name="Phone"):
    return Factor.objects.get(administrator=person, name=name)


def link(person):
    return path_of(person, LinkPurpose.LOST)


def is_in(browser):
    return browser.get("/security/").status_code == 200


def test_the_password_alone_ends_all_sessions_and_all_trust(owner, colleague, folder):
    codes.enable_app(owner, name="Phone")
    mine, also_mine = (browsers.browser_of_with_factor(owner) for _ in range(2))
    other = browsers.browser_of(colleague)
    assert all(map(is_in, (mine, also_mine, other)))
    version = people.again(owner).security_version
    assert report(owner)["Location"] == "/security/lost/done/"
    assert not is_in(mine)
    assert not is_in(also_mine)
    assert is_in(other)
    assert people.again(owner).security_version == version + 1
    assert len(people.events(DEVICE_LOST)) == 1
    # And nothing else: the device confirms sign-ins as before.
    assert factor(owner).suspended_at is None


def test_a_wrong_password_ends_nothing_and_is_counted_as_a_sign_in(owner):
    mine = browsers.browser_of(owner)
    answers = [report(owner, "not the password at all") for _ in range(7)]
    assert {answer.status_code for answer in answers} == {422, 429}
    assert is_in(mine)
    assert len(people.events(SIGN_IN_FAILED)) >= 5
    # It is one count with that of the sign-in.
    form = {"email": owner.email, "password": people.PASSWORD, "next": ""}
    assert Client().post("/sign-in/", form).status_code == 429
    assert not people.events(DEVICE_LOST)


def test_it_says_of_nobody_whether_they_have_an_account_or_a_device(owner, colleague):
    codes.enable_app(owner, name="Phone")
    with_device, without = report(owner), report(colleague)
    assert with_device["Location"] == without["Location"]
    wrong = report(owner, "not the password at all").content
    nobody = Client().post(PAGE, {"email": owner.email, "password": "x"}).content
    assert len(wrong) == len(nobody)


def test_the_link_suspends_what_is_chosen_and_lets_nobody_in(owner, folder):
    codes.enable_app(owner, name="Phone")
    codes.enable_app(owner, name="Tablet")
    report(owner)
    (message,) = [one for one in folder.new() if "signed out everywhere" in one["Subject"]]
    assert DEVICE in part(message, "plain")
    browser = Client()
    assert browser.get(link(owner))["Location"] == DEVICE
    shown = browser.get(DEVICE).content.decode()
    assert "Phone" in shown
    assert "Tablet" in shown
    assert factor(owner).suspended_at is None
    # Nothing chosen: said, and the link is as it was.
    assert browser.post(DEVICE).status_code == 422
    assert browser.post(DEVICE, {"device": str(factor(owner).id)})["Location"] == "/sign-in/"
    assert factor(owner).suspended_at is not None
    assert factor(owner, "Tablet").suspended_at is None
    assert not Session.objects.filter(administrator=owner, ended_at=None).exists()
    assert people.events(DEVICE_SUSPENDED)[0].typed == {"factor": "Phone"}
    assert browser.post(DEVICE, {"device": str(factor(owner, "Tablet").id)}).status_code == 422


def test_whoever_has_mailbox_and_password_gets_no_further_by_it(owner):
    codes.enable_app(owner, name="Phone")
    report(owner)
    follow(Client(), link(owner), {"device": str(factor(owner).id)})
    thief = Client()
    form = {"email": owner.email, "password": people.PASSWORD, "next": ""}
    assert thief.post("/sign-in/", form).status_code == 303
    assert thief.get("/security/")["Location"] == "/sign-in/code/"
    typed = codes.next_code(owner)
    assert thief.post("/sign-in/code/", {"code": typed}).status_code == 422
    # Its owner takes it back, with the device itself.
    assert thief.post("/sign-in/take-back/", {"code": codes.next_code(owner)}).status_code == 303
    assert factor(owner).suspended_at is None


def test_nobody_elses_device_is_suspended_by_it(owner, colleague):
    codes.enable_app(owner, name="Phone")
    codes.enable_app(colleague, name="Phone")
    report(owner)
    answer = follow(Client(), link(owner), {"device": str(factor(colleague).id)})
    assert answer.status_code == 422
    assert factor(colleague).suspended_at is None


def test_without_a_device_there_is_no_link(colleague):
    report(colleague)
    assert not MailedLink.objects.exists()


def test_a_passkey_can_be_suspended_too(owner):
    passkeys.add(owner, name="Key")
    report(owner)
    follow(Client(), link(owner), {"device": str(factor(owner, "Key").id)})
    assert factor(owner, "Key").suspended_at is not None


def test_somebody_suspended_reports_nothing(owner):
    codes.enable_app(owner, name="Phone")
    report(owner)
    mailed = link(owner)
    people_ = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    people_.update(status=Status.SUSPENDED)
    assert report(owner).status_code == 422
    assert follow(Client(), mailed, {"device": str(factor(owner).id)}).status_code == 422
    assert factor(owner).suspended_at is None


def test_whoever_reports_again_and_again_takes_no_link_away(owner, folder):
    codes.enable_app(owner, name="Phone")
    report(owner)
    mine = link(owner)
    for _time in range(8):
        assert report(owner).status_code == 303
    assert MailedLink.objects.filter(purpose=LinkPurpose.LOST).count() == 1
    # The owner is told each time, with the link that works.
    events = people.events(DEVICE_LOST)
    assert len({event.details["link"] for event in events}) == 1
    assert len(events) == 9
    follow(Client(), mine, {"device": str(factor(owner).id)})
    assert factor(owner).suspended_at is not None


def test_it_keeps_nobody_from_a_forgotten_password(owner):
    codes.enable_app(owner, name="Phone")
    for _time in range(8):
        report(owner)
    people.ask_for_link(owner.email)
    assert MailedLink.objects.filter(purpose=LinkPurpose.RESET).count() == 1


def test_an_old_link_is_mailed_no_more_and_works_to_its_end(owner, clock):
    codes.enable_app(owner, name="Phone")
    report(owner)
    first = link(owner)
    clock.shift(timedelta(minutes=31))
    report(owner)
    assert link(owner) != first
    follow(Client(), first, {"device": str(factor(owner).id)})
    assert factor(owner).suspended_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_ten_reports_at_once_one_link_is_made(owner):
    codes.enable_app(owner, name="Phone")
    at_once([partial(report, owner) for _ in range(10)])
    assert MailedLink.objects.filter(purpose=LinkPurpose.LOST).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_suspends(owner):
    codes.enable_app(owner, name="Phone")
    report(owner)
    token, id = link(owner).split("/")[-2], str(factor(owner).id)

    def press():
        return lost_device.suspend(
            token=token, chosen=[id], client=ClientInfo(), now=timezone.now()
        )

    assert at_once([press, press]).count(["Phone"]) == 1
    assert len(people.events(DEVICE_SUSPENDED)) == 1


def test_every_mail_of_ones_security_leads_there(owner, folder):
    browsers.browser_of(owner).get("/")
    (message,) = folder.new()
    for kind in ("plain", "html"):
        assert "/security/lost/" in part(message, kind)
    people.ask_for_link(owner.email)
    (asked,) = folder.new()
    assert "/security/lost/" not in part(asked, "plain")
