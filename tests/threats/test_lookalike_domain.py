"""A domain that looks like the customer's own: it is shown as computers read it, and said, wherever it is read."""

from __future__ import annotations

import html
import re

import pytest
from django.utils import timezone

from doorward.accounts.events import EMAIL_CHANGE_ASKED
from doorward.accounts.models import Administrator
from doorward.environment import MailServer
from doorward.notifications.worker import run_once
from tests.kit import browsers, codes, people
from tests.notifications.mails import Folder, part, send_to

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

OWN = "harbourbakery.example"
# The Cyrillic а, the whole in Cyrillic, a mark on a letter, a letter of a phonetic alphabet.
LOOKALIKES = (
    "h\u0430rbourbakery.example",
    "h\u0430rb\u043eurb\u0430kery.ex\u0430mple",
    "harbourbaker\u00fd.example",
    "\u029carbourbakery.example",
)


def form(**fields):
    return {
        "first_name": "Lena", "last_name": "Fischer", "phone": "", "tabs": ["home"], **fields,
    }  # fmt: skip


def text_of(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.fixture
def browser(owner):
    codes.enable_app(owner)
    return browsers.browser_of(owner)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)


def added(browser, domain):
    answer = browser.post("/administrators/add/", form(email=f"lena@{domain}"), follow=True)
    assert answer.redirect_chain == [("/administrators/", 303)], text_of(answer)
    return Administrator.objects.everywhere().get(first_name="Lena"), text_of(answer)


@pytest.mark.parametrize("domain", LOOKALIKES)
def test_it_is_said_where_people_are_added(browser, domain):
    person, page = added(browser, domain)
    assert person.email.isascii()
    assert "xn--" in person.email
    assert f"{person.email} is not at {OWN}, which colleagues use" in page
    assert domain not in page


@pytest.mark.parametrize("domain", LOOKALIKES)
def test_it_is_shown_as_computers_read_it_wherever_it_is_read(browser, owner, folder, domain):
    person, _page = added(browser, domain)
    Administrator.objects.everywhere().filter(id=person.id).update(status="active")
    browser.post(f"/administrators/{person.id}/password-link/")
    for path in (
        "/administrators/", f"/administrators/{person.id}/", "/activity/",
        f"/administrators/{person.id}/history/",
    ):  # fmt: skip
        page = text_of(browser.get(path))
        assert person.email in page, path
        assert domain not in page, path
    assert "Misleading domain" in text_of(browser.get("/administrators/"))
    assert f"is not at {OWN}" in text_of(browser.get(f"/administrators/{person.id}/"))
    assert f"only looks like {OWN}" in text_of(browser.get("/activity/"))
    table = browser.get("/activity/export.csv").getvalue().decode()
    assert person.email in table
    assert domain not in table
    run_once(timezone.now())
    told = [mail for mail in folder.all() if mail["To"] == person.email]
    assert told
    assert all(domain not in part(mail, "plain") for mail in folder.all())


@pytest.mark.parametrize("domain", LOOKALIKES)
def test_it_is_said_where_an_email_is_changed(browser, colleague, domain):
    wanted = form(
        first_name="Samuel", last_name="Osei", email=f"sam@{domain}", status="active",
        tabs=sorted(colleague.tab_keys),
    )  # fmt: skip
    answer = browser.post(f"/administrators/{colleague.id}/", wanted, follow=True)
    page = text_of(answer)
    assert f"is not at {OWN}, which colleagues use" in page
    assert "xn--" in page
    [asked] = people.events(EMAIL_CHANGE_ASKED)
    assert asked.details["resembles"] == OWN
    assert asked.typed["after"]["email"].isascii()
    # What stands there, sent again, is no other e-mail.
    assert browser.post(f"/administrators/{colleague.id}/", wanted).status_code == 303


@pytest.mark.parametrize(
    "domain", [f"{OWN}.evil.net", f"mail.{OWN}.evil.net", f"{OWN.replace('o', '0')}.evil.net"]
)
def test_a_domain_that_begins_like_it_is_said(browser, domain):
    _person, page = added(browser, domain)
    assert f"lena@{domain} is not at {OWN}, which colleagues use" in page


@pytest.mark.parametrize("domain", [f"mail.{OWN}", f"other-{OWN}.net"])
def test_a_part_of_it_is_no_double(browser, domain):
    _person, page = added(browser, domain)
    assert "Careful" not in page


def test_it_is_said_to_who_changes_their_own(browser, owner, colleague):
    wanted = {
        "first_name": owner.first_name, "last_name": owner.last_name, "phone": "", "language": "en",
        "time_zone": "UTC", "email": f"ines@{LOOKALIKES[0]}",
    }  # fmt: skip
    page = text_of(browser.post("/profile/", wanted, follow=True))
    assert f"is not at {OWN}, which colleagues use" in page


def test_it_is_said_to_the_providers_people_who_invite(owner, colleague):
    staff = browsers.browser_of(people.make_administrator(
        people.provider(), email="theo@provider.example", name="Theo Baum", tabs={"home", "customers"},
    ))  # fmt: skip
    wanted = {
        "first_name": "Lena", "last_name": "Fischer", "email": f"lena@{LOOKALIKES[0]}", "language": "en",
    }  # fmt: skip
    page = text_of(staff.post(f"/customers/{owner.customer_id}/invite/", wanted, follow=True))
    assert f"is not at {OWN}, which colleagues use" in page


def test_the_customers_own_domain_is_no_double(browser, owner):
    person, page = added(browser, OWN)
    assert "Careful" not in page
    assert "Careful" not in text_of(browser.get(f"/administrators/{person.id}/"))
    assert "Misleading" not in text_of(browser.get("/administrators/"))


def test_nor_is_its_double_among_many_of_its_own(browser, owner):
    added(browser, LOOKALIKES[0])
    answer = browser.post(
        "/administrators/add/", form(first_name="Mia", email=f"mia@{OWN}"), follow=True
    )
    assert "Careful" not in text_of(answer)


def test_a_domain_in_plain_letters_may_look_like_it_too(browser):
    person, page = added(browser, OWN.replace("b", "6").replace("o", "0"))
    del person
    assert "Careful" not in page
    Administrator.objects.everywhere().filter(first_name="Lena").delete()
    _person, page = added(browser, OWN.replace("o", "0"))
    assert f"is not at {OWN}, which colleagues use" in page


def test_a_domain_of_another_alphabet_that_looks_like_nobodys_is_readable(browser):
    person, page = added(browser, "почта.example")
    assert person.email == "lena@почта.example"
    assert "Careful" not in page


def test_one_that_misleads_by_itself_is_said_too(browser):
    person, page = added(browser, "\u0430\u0440\u0440\u04cf\u0435.example")
    assert person.email == "lena@xn--80ak6aa92e.example"
    assert f"the domain of {person.email} contains letters that look like others" in page


def test_another_customers_domain_is_nobodys_business_here(browser, outsider):
    domain = outsider.email.partition("@")[2]
    _person, page = added(browser, domain.replace("a", "\u0430").replace("c", "\u0441"))
    assert domain not in page
