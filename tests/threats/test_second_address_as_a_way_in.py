"""A second address is told of its person's security. Whoever reads it gets in nowhere and proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts import second_address
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.events import PASSWORD_CHANGED
from doorward.environment import MailServer
from doorward.kernel.ratelimit import mail_budget
from doorward.notifications import outbox
from doorward.notifications.links_and_codes import Enclosed, enclose
from doorward.notifications.messages import FOR_THE_MAILBOX, Message
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from tests.kit import browsers, people
from tests.kit.pages import form
from tests.notifications.mails import Folder, part, send_to
from tests.threats.thief import THIEF, ask_for_new_email, enable, follow, path_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

SECOND = "ines@home.example"
FORM = {"second_email": SECOND}
PAGE = "/profile/second-address/"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    return Folder(tmp_path / "mail")


@pytest.fixture
def told(owner):
    """Return somebody who has a second address."""
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(second_email=SECOND)
    return people.again(owner)


def to(address, folder):
    return [message for message in folder.new() if message["To"] == address]


def signed_in(person, folder):
    """Return a browser of a person, with the mail about it sent before."""
    browser = browsers.browser_of(person)
    browser.get("/")
    folder.new()
    return browser


def about(subject, address, folder):
    """Return the one message to an address with this in its subject."""
    (found,) = [message for message in to(address, folder) if subject in message["Subject"]]
    return found


def test_nobody_signs_in_or_resets_a_password_with_it(told, folder):
    for path in ("/sign-in/", "/password/forgot/"):
        Client().post(path, {"email": SECOND, "password": people.PASSWORD, "next": ""})
    people.answer_asked()
    assert not MailedLink.objects.exists()
    assert to(SECOND, folder) == []


def test_a_password_link_for_its_person_goes_to_the_e_mail_alone(told, folder):
    people.ask_for_link(told.email)
    assert {message["To"] for message in folder.new()} == {told.email}


def test_nor_does_a_code_that_verifies_the_mailbox(told, folder):
    rows = Administrator.objects.of(told.customer_id).filter(id=told.id)
    rows.update(require_2fa=True)
    client = Client()
    form = {"email": told.email, "password": people.PASSWORD, "next": ""}
    assert client.post("/sign-in/", form).status_code == 303
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/sign-in/mailbox/"
    assert [message["To"] for message in folder.new()] == [told.email]


def test_what_it_is_told_of_an_enabling_has_no_link_that_undoes_it(told, folder):
    enable(browsers.browser_of(told))
    link = people.path_of(LinkPurpose.NOT_ME, administrator=told)
    message = about("Two-factor", SECOND, folder)
    for kind in ("plain", "html"):
        assert link.split("/")[-2] not in part(message, kind)
        assert "/not-me/" not in part(message, kind)


def test_whatever_the_message_a_copy_has_nothing_in_it(told):
    event = Event.objects.latest("id")
    now = timezone.now()
    for message in Message:
        assert enclose(message, event, copy=True, now=now) == Enclosed()
    assert Message.MAILBOX_CODE in FOR_THE_MAILBOX


def test_what_its_colleagues_do_is_none_of_its_business(told, colleague, folder):
    browser = signed_in(told, folder)
    browser.post(f"/administrators/{colleague.id}/", form(colleague, require_2fa="on"))
    browser.post(
        f"/administrators/{colleague.id}/", form(people.again(colleague), require_2fa=None)
    )
    sent = [message for message in folder.new() if message["To"] != colleague.email]
    assert [message["To"] for message in sent] == [told.email]


def test_another_e_mail_is_told_there_too_by_whoever_it_was(told, folder):
    ask_for_new_email(browsers.browser_of(told), told)
    assert THIEF in part(about("about to be changed", SECOND, folder), "plain")
    follow(Client(), path_of(told, LinkPurpose.EMAIL_NEW), {})
    assert THIEF in part(about("was changed", SECOND, folder), "plain")
    assert people.again(told).second_email == SECOND


def test_adding_wants_to_know_who_asks_and_tells_the_e_mail(owner, folder):
    browser = browsers.browser_of(owner)
    browsers.age_proofs(owner)
    assert browser.post(PAGE, FORM)["Location"].startswith("/prove/")
    assert not MailedLink.objects.exists()
    browser = signed_in(owner, folder)
    assert browser.post(PAGE, FORM).status_code == 303
    (asked,) = folder.new()
    assert asked["To"] == SECOND
    assert follow(Client(), path_of(owner, LinkPurpose.SECOND_ADDRESS), {}).status_code == 303
    assert {message["To"] for message in folder.new()} == {SECOND, owner.email}


def test_removing_tells_both(told, folder):
    browser = signed_in(told, folder)
    assert browser.post(PAGE, {"remove": "on"}).status_code == 303
    assert {message["To"] for message in folder.new()} == {SECOND, told.email}
    assert people.again(told).second_email == ""


def test_a_thief_who_moves_it_is_told_of_to_the_old_one(told, folder):
    browser = browsers.browser_of(told)
    browser.post(PAGE, {"second_email": "thief@elsewhere.example"})
    follow(Client(), path_of(told, LinkPurpose.SECOND_ADDRESS), {})
    run_once(timezone.now())
    texts = {message["To"]: part(message, "plain") for message in folder.all()}
    assert "no longer gets messages" in texts[SECOND]
    # Neither of the two learns of the other.
    assert "thief@" not in texts[SECOND]
    assert SECOND not in texts["thief@elsewhere.example"]


def test_opening_the_link_confirms_nothing_and_the_token_leaves_the_address(owner):
    second_address.ask(owner.id, SECOND, actor=people.actor(owner), now=timezone.now())
    client = Client()
    answer = client.get(path_of(owner, LinkPurpose.SECOND_ADDRESS))
    assert (answer.status_code, answer["Location"]) == (303, "/second-address/confirm/")
    page = client.get("/second-address/confirm/")
    assert page.status_code == 200
    assert SECOND in page.content.decode()
    assert people.again(owner).second_email == ""
    assert client.post("/second-address/confirm/")["Location"] == "/sign-in/"
    assert people.again(owner).second_email == SECOND
    assert client.post("/second-address/confirm/").status_code == 422


def test_one_that_waits_does_not_outlive_a_new_password(owner):
    second_address.ask(owner.id, SECOND, actor=people.actor(owner), now=timezone.now())
    link = path_of(owner, LinkPurpose.SECOND_ADDRESS)
    browsers.browser_of(owner).post(
        "/profile/password/", {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    )
    assert follow(Client(), link, {}).status_code == 422
    assert people.again(owner).second_email == ""


def test_this_was_not_me_takes_a_thiefs_away(told, folder):
    enable(browsers.browser_of(told))
    link = path_of(told, LinkPurpose.NOT_ME)
    follow(Client(), link, {"password": people.OTHER_PASSWORD})
    assert people.again(told).second_email == ""


def test_colleagues_see_neither_it_nor_its_change(told, colleague):
    colleague_rows = Administrator.objects.of(told.customer_id).filter(id=colleague.id)
    colleague_rows.update(tabs=" activity administrators home ")
    browser = browsers.browser_of(told)
    browser.post(PAGE, {"second_email": "other@home.example"})
    follow(Client(), path_of(told, LinkPurpose.SECOND_ADDRESS), {})
    nosy = browsers.browser_of(colleague)
    for path in (
        "/activity/",
        f"/administrators/{told.id}/",
        f"/administrators/{told.id}/history/",
    ):
        shown = nosy.get(path).content.decode()
        assert SECOND not in shown
        assert "other@home.example" not in shown


def test_of_two_who_share_one_neither_hides_what_the_other_is_told(told, colleague):
    rows = Administrator.objects.of(told.customer_id).filter(id=colleague.id)
    rows.update(second_email=SECOND)
    both = (told, people.again(colleague))
    for person in both:
        for _time in range(mail_budget.SAME.limit + 2):
            with transaction.atomic():
                record(PASSWORD_CHANGED, actor=people.actor(person))
    outbox.dispatch(now=timezone.now())
    made = Delivery.objects.filter(template=Message.PASSWORD_CHANGED, address=SECOND)
    for person in both:
        of_person = made.filter(administrator_id=person.id)
        assert of_person.filter(next_at__lte=timezone.now()).count() == mail_budget.SAME.limit
        assert of_person.filter(repeated=1).count() == 1
