"""Words of a browser that pass for ours: who acted is told by the actor, and never by what was sent."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.events import ADMINISTRATOR_ADDED
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE, WORKER, ActorType
from doorward.audit.browsers import in_words
from doorward.audit.models import Event
from doorward.environment import MailServer
from doorward.kernel.text.cleaning import fold_email
from doorward.notifications import erasing
from doorward.notifications.worker import run_once
from doorward.signin.events import PASSWORD_LINK_ASKED, SIGN_IN_FAILED
from doorward.web.kit.history import line_of
from tests.audit import histories
from tests.kit import browsers, people
from tests.notifications.mails import Folder, part, send_to

pytestmark = pytest.mark.django_db

# What stands for us in the database, in pages and in mails, and what would be read as it.
OURS = (
    "console",
    "worker",
    "operator",
    "portal",
    "person",
    "stranger",
    "the command line",
    "the portal itself",
    "The operator",
    "The portal",
    # Parsers give words of these back.
    "the command line/1.0 CFNetwork/1.0 Darwin/1",
    "Mozilla/5.0 (X11; Linux x86_64) the portal itself/1.0 (bot; +http://x.example)",
    "The operator of Northline Bot/2.0",
    "the portal itself-spider",
)
SAID = ("the command line", "the portal itself", "The operator", "The portal", "the operator of")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)


def thief(owner, words):
    """Return a browser with these words that is through."""
    browser = browsers.sign_in(Client(HTTP_USER_AGENT=words), owner)
    assert browser.get("/").status_code == 200
    return browser


def remove(owner, colleague):
    wanted = services.Change(status=Status.REMOVED, confirmed=True)
    services.change(
        colleague.id,
        wanted,
        customer_id=owner.customer_id,
        actor=people.actor(owner),
        now=timezone.now(),
    )


def ours_in(text):
    return [said for said in SAID if said in text]


def lines_of(events):
    return " ".join(f"{line.text} {line.origin}" for line in map(line_of, events))


def export(browser):
    return browser.get("/activity/export.csv").getvalue().decode("utf-8-sig")


@pytest.mark.parametrize("words", OURS)
def test_history_says_who_acted(owner, words):
    browser = thief(owner, words)
    events = list(Event.objects.filter(actor_id=owner.id))
    assert {event.actor_type for event in events} == {ActorType.PERSON}
    assert ours_in(lines_of(events)) == []
    # The operator added the owner, which is said once; of the session nothing of the kind is.
    sessions = browser.get("/security/").content.decode().partition("history")[0]
    assert ours_in(sessions) == []
    table = csv.DictReader(io.StringIO(export(browser)))
    told = [row for row in table if row["actor_id"] == str(owner.id)]
    assert told
    assert all(ours_in(f"{row['what']} {row['browser']}") == [] for row in told)


@pytest.mark.parametrize("words", OURS)
def test_a_browser_is_named_with_words_of_ours_alone(words):
    assert not any(said in in_words(words) for said in SAID)


def test_who_acts_without_a_browser_leaves_that_column_empty(owner):
    for actor in (CONSOLE, WORKER):
        assert (actor.client.browser, actor.client.address, actor.client.request_id) == ("", "", "")
    [added] = people.events(ADMINISTRATOR_ADDED, subject_id=owner.id)
    assert (added.actor_type, added.browser) == ("operator", "")
    assert not Event.objects.filter(actor_type="operator").exclude(browser="").exists()


@pytest.mark.parametrize("words", ["console", "worker"])
def test_mails_say_who_it_was_and_from_where(owner, colleague, folder, words):
    browser = thief(owner, words)
    browser.post(f"/administrators/{colleague.id}/password-link/")
    run_once(timezone.now())
    [mail] = [mail for mail in folder.all() if mail["To"] == colleague.email]
    text = part(mail, "plain")
    assert f"{owner.full_name} ({owner.email})" in text
    assert "127.0.0.x" in text
    assert "an unknown browser" in text
    assert "the operator of" not in text


@pytest.mark.parametrize("words", ["console", "worker"])
def test_strangers_are_no_operators_either(owner, words):
    Client(HTTP_USER_AGENT=words).post("/password/forgot/", {"email": owner.email})
    people.answer_asked()
    [asked] = people.events(PASSWORD_LINK_ASKED)
    assert (asked.actor_type, asked.browser) == ("stranger", words)
    assert ours_in(lines_of([asked])) == []


@pytest.mark.parametrize("words", ["console", "worker"])
def test_erasing_leaves_no_name_and_no_address(owner, colleague, words):
    thief(colleague, words)
    Administrator.objects.everywhere().filter(id=colleague.id).update(status="removed")
    erasing.erase(colleague, actor=CONSOLE)
    for event in Event.objects.filter(actor_id=colleague.id):
        assert (event.actor_name, event.actor_email, event.address) == ("", "", "")
        assert event.browser == ""
    assert histories.faults() == set()


def test_an_export_tells_both_columns_apart(owner, tmp_path):
    thief(owner, "console")
    rows = list(csv.DictReader(io.StringIO(histories.export(tmp_path, "csv").read_text())))
    told = {(row["actor_type"], row["browser"]) for row in rows if row["record"] == "event"}
    assert ("person", "console") in told
    assert all(
        browser == "" for actor_type, browser in told if actor_type in {"operator", "portal"}
    )


def test_who_fails_to_sign_in_is_nobody(owner):
    """The owner is whom it happened to: no export says that they did it."""
    Client(HTTP_USER_AGENT="console").post(
        "/sign-in/", {"email": owner.email, "password": "not the right one at all"}
    )
    [failed] = people.events(SIGN_IN_FAILED)
    assert (failed.actor_type, failed.actor_id, failed.actor_name, failed.actor_email) == (
        "stranger", None, "", "",
    )  # fmt: skip
    assert (failed.subject_id, failed.subject_email) == (owner.id, owner.email)
    page = browsers.browser_of(owner).get("/activity/").content.decode()
    assert f"Somebody tried to sign in as {owner.full_name}" in page


def test_nobody_types_what_stands_for_no_email(owner, colleague):
    """What frees the e-mail of somebody removed is in the column that sign-ins are compared with."""
    people.make_administrator(owner.customer, email="x@harbourbakery.example", tabs=people.ALL_TABS)
    remove(owner, colleague)
    mark = people.again(colleague).email_folded
    assert fold_email(mark) != mark
    assert fold_email(mark.upper()) != mark
    for typed in (mark, mark.lower(), mark.upper()):
        Client().post("/sign-in/", {"email": typed, "password": people.PASSWORD})
    assert {event.subject_id for event in people.events(SIGN_IN_FAILED)} == {None}
