"""The name of a colleague, taken for a while: whoever acts is named by name and e-mail, as they were then."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone

from doorward.accounts.events import DETAILS_CHANGED
from doorward.accounts.models import Administrator
from doorward.audit.actor import WORKER
from doorward.audit.models import Event
from doorward.credentials.events import PASSWORD_LINK_SENT
from doorward.environment import MailServer
from doorward.notifications.worker import run_once
from tests.audit import histories
from tests.kit import browsers, codes, people
from tests.notifications.mails import Folder, part, send_to

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)


@pytest.fixture
def impostor(owner):
    """Return a second person with all tabs, who will act under the owner's name."""
    return people.make_administrator(
        owner.customer, email="mallory@harbourbakery.example", name="Mallory Wright",
        tabs=people.ALL_TABS,
    )  # fmt: skip


def rename(browser, person, name):
    first, _, last = name.partition(" ")
    fields = {
        "first_name": first, "last_name": last, "phone": "", "email": person.email,
        "language": "en", "time_zone": "UTC",
    }  # fmt: skip
    answer = browser.post("/profile/", fields)
    assert answer.status_code == 303, answer.content.decode()
    return browser.get("/profile/").content.decode()


def acted(owner, impostor, colleague):
    """Take the owner's name, act, and return it back."""
    browser = browsers.browser_of(impostor)
    rename(browser, impostor, owner.full_name)
    browser.post(f"/administrators/{colleague.id}/password-link/")
    rename(browser, impostor, "Mallory Wright")


def test_pages_name_them_by_name_and_email(owner, impostor, colleague):
    acted(owner, impostor, colleague)
    browser = browsers.browser_of(owner)
    said = f"{owner.full_name} ({impostor.email}) sent a password link to {colleague.full_name}"
    for path in ("/activity/", f"/administrators/{colleague.id}/history/"):
        page = browser.get(path).content.decode()
        assert f"{owner.full_name} ({impostor.email})" in page, said


def test_mails_name_them_by_name_and_email(owner, impostor, colleague, folder):
    acted(owner, impostor, colleague)
    run_once(timezone.now())
    mails = [part(mail, "plain") for mail in folder.all() if mail["To"] == colleague.email]
    assert any(f"{owner.full_name} ({impostor.email})" in " ".join(text.split()) for text in mails)


def test_exports_name_them_by_id_too(owner, impostor, colleague, tmp_path):
    acted(owner, impostor, colleague)
    table = browsers.browser_of(owner).get("/activity/export.csv").getvalue().decode("utf-8-sig")
    exports = [table, histories.export(tmp_path, "csv").read_text()]
    for text in exports:
        [row] = [
            row
            for row in csv.DictReader(io.StringIO(text))
            if PASSWORD_LINK_SENT in (row.get("event"), row.get("type"))
        ]
        assert row["actor_id"] == str(impostor.id)
        assert row["actor_email"] == impostor.email
        assert row["subject_id"] == str(colleague.id)
        assert row["subject_email"] == colleague.email


def test_history_says_from_which_name_to_which(owner, impostor, colleague):
    acted(owner, impostor, colleague)
    first, second = people.events(DETAILS_CHANGED)
    assert first.typed["before"] == {"first_name": "Mallory", "last_name": "Wright"}
    assert first.typed["after"] == {"first_name": "Ines", "last_name": "Moreau"}
    assert second.typed["after"] == first.typed["before"]
    page = browsers.browser_of(owner).get("/activity/").content.decode()
    assert "first name: “Mallory” → “Ines”" in page
    assert "last name: “Wright” → “Moreau”" in page


def test_what_was_typed_is_erased_with_them(owner, impostor, colleague):
    from doorward.notifications import erasing  # noqa: PLC0415 - only here

    acted(owner, impostor, colleague)
    Administrator.objects.everywhere().filter(id=impostor.id).update(status="removed")
    erasing.erase(people.again(impostor), actor=WORKER)
    left = repr(list(Event.objects.values()))
    assert "Mallory" not in left
    assert impostor.email not in left
    assert histories.faults() == set()


# --- the double is said when it is chosen ---------------------------------------------------------

DOUBLES = (
    "Ines Moreau",
    "ines  MOREAU",
    "Inès Moréau",
    "Ｉｎｅｓ Moreau",
    "Inеs Mоrеаu",  # Cyrillic е, о, а
    "lnes Moreau",
    "Moreau Ines",
)
SAID = "has this name, or one that looks like it"


@pytest.mark.parametrize("name", DOUBLES)
def test_it_is_said_to_who_takes_it(owner, impostor, name):
    browser = browsers.browser_of(impostor)
    page = rename(browser, impostor, name)
    assert "A colleague has the same name, or one that looks like it" in page
    assert owner.email not in page
    assert people.again(impostor).full_name == " ".join(name.split())


@pytest.mark.parametrize("name", DOUBLES)
def test_it_is_said_to_who_gives_it(owner, colleague, name):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    first, _, last = name.partition(" ")
    fields = {
        "first_name": first, "last_name": last, "phone": "", "tabs": sorted(colleague.tab_keys),
        "email": colleague.email, "status": "active",
    }  # fmt: skip
    page = browser.post(f"/administrators/{colleague.id}/", fields, follow=True).content.decode()
    assert f"{SAID}: {owner.full_name} ({owner.email})" in page
    fields |= {"email": "new@harbourbakery.example"}
    page = browser.post("/administrators/add/", fields, follow=True).content.decode()
    assert f"{SAID}: " in page
    assert f"{owner.full_name} ({owner.email})" in page


def test_nothing_is_said_of_a_name_of_ones_own(owner, impostor, colleague):
    browser = browsers.browser_of(impostor)
    assert SAID not in rename(browser, impostor, "Mallory Wrights")
    assert SAID not in rename(browser, impostor, "Mallory Wrights")


def test_nor_of_a_namesake_elsewhere_or_one_who_is_gone(owner, impostor, outsider):
    browser = browsers.browser_of(impostor)
    assert SAID not in rename(browser, impostor, outsider.full_name)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(status="removed")
    assert SAID not in rename(browser, impostor, owner.full_name)


@pytest.mark.parametrize("name", ["Ines (ines.moreau@harbourbakery.example)", "Ines ＠home"])
def test_a_name_does_not_pass_for_an_email(owner, impostor, name):
    browser = browsers.browser_of(impostor)
    fields = {
        "first_name": name, "last_name": "Moreau", "phone": "", "email": impostor.email,
        "language": "en", "time_zone": "UTC",
    }  # fmt: skip
    answer = browser.post("/profile/", fields)
    assert answer.status_code == 422
    assert "A name cannot have an @ in it." in answer.content.decode()
