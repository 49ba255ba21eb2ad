"""Moving in, as staff does it on the pages: a file, its columns, what would come of it, done, the report."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doorward.accounts.models import Administrator, MailedLink
from doorward.importing import runs
from doorward.importing.events import IMPORT_DISCARDED, IMPORT_REPORTED
from doorward.importing.models import ImportRun, ImportState
from doorward.permissions.staff_scope import Reach
from tests.kit import people, staff
from tests.kit.browsers import browser_of_with_factor
from tests.kit.codes import enable_app

if TYPE_CHECKING:
    from django.test import Client

    from doorward.customers.models import Customer

pytestmark = pytest.mark.django_db

FILE = (
    "Postfach;Vorname;Nachname;Geheim\n"
    "lena@harbourbakery.example;Lena;Fischer;GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
    "=1+1;Omar;Haddad;\n"
)
CHOSEN = ["0:email", "1:first_name", "2:last_name", "3:totp"]


@pytest.fixture
def browser(customer: object) -> Client:
    nora = people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        tabs={"home", "customers", "administrators"},
    )
    enable_app(nora)
    return browser_of_with_factor(nora)


def send(browser: Client, text: str = FILE, **fields: str) -> Any:
    sent = SimpleUploadedFile("people.csv", text.encode())
    form = {"kind": "people", "customer": "harbour bakery", "file": sent} | fields
    return browser.post("/customers/import/", form)


def test_a_file_is_mapped_rehearsed_imported_and_reported(customer, browser):
    answer = send(browser)
    assert answer.status_code == 303, answer.content.decode()
    page = browser.get(answer.url).content.decode()
    assert 'value="1:first_name" selected' in page
    assert "GEZDGNBV" not in page
    assert browser.post(answer.url, {"column": ["0:", *CHOSEN[1:]]}).status_code == 422
    assert browser.post(answer.url, {"column": CHOSEN}).status_code == 303
    page = browser.get(answer.url).content.decode()
    assert "Import 1 person" in page
    assert not Administrator.objects.of(customer.id).exists()
    only = browser.get(f"{answer.url}?fate=refused").content.decode()
    assert "=1+1" in only
    assert "lena@" not in only
    assert browser.post(f"{answer.url}begin/").status_code == 303
    lena = Administrator.objects.of(customer.id).get()
    assert lena.factors.get().taken_over
    report = b"".join(browser.get(f"{answer.url}export.csv")).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(report)))
    assert [(one["what"], one["fate"]) for one in lines] == [
        ("lena@harbourbakery.example", "made"),
        ("'=1+1", "refused"),
    ]
    assert len(people.events(IMPORT_REPORTED)) == 1
    assert "people.csv" in browser.get("/customers/import/").content.decode()
    assert browser.post(f"{answer.url}begin/").status_code == 303
    assert "already been done" in browser.get(answer.url).content.decode()


def test_a_rehearsal_says_whether_mail_will_go_out(customer, browser):
    for fields, said in (({}, False), ({"invite": "on"}, True)):
        answer = send(browser, **fields)
        browser.post(answer.url, {"column": CHOSEN})
        page = browser.get(answer.url).content.decode()
        assert "Import 1 person" in page
        assert ("New people without a password are then invited by mail." in page) is said


def test_a_long_one_shows_how_far_it_is_is_stopped_gone_on_with_and_forgotten(
    customer, browser, monkeypatch
):
    monkeypatch.setattr(runs, "IN_REQUEST", 1)
    answer = send(browser)
    browser.post(answer.url, {"column": CHOSEN})
    assert f'data-runs="{answer.url}"' in browser.get(answer.url).content.decode()
    browser.post(f"{answer.url}stop/")
    assert "What was done stays" in browser.get(answer.url).content.decode()
    browser.post(f"{answer.url}go-on/")
    assert ImportRun.objects.get().state == ImportState.RUNNING
    browser.post(f"{answer.url}discard/")
    assert ImportRun.objects.exists()
    browser.post(f"{answer.url}stop/")
    assert browser.post(f"{answer.url}discard/").url == "/customers/import/"
    assert not ImportRun.objects.exists()
    again = browser.post(f"{answer.url}discard/", follow=True)
    assert again.redirect_chain == [("/customers/import/", 303)]
    assert "already removed" in again.content.decode()
    assert [event.actor_name for event in people.events(IMPORT_DISCARDED)] == ["Ines Moreau"]
    assert browser.post(f"/customers/import/{uuid4()}/discard/").status_code == 404


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        (FILE, {"customer": "Nobody"}),
        (FILE, {"kind": "planets"}),
        ("PK\x03\x04 and nothing more", {}),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(customer, browser, text, fields):
    answer = send(browser, text, **fields)
    assert answer.status_code == 422
    assert "-error" in answer.content.decode()
    assert not ImportRun.objects.exists()
    form = {"kind": "people", "customer": ""}
    assert "Choose a file." in browser.post("/customers/import/", form).content.decode()


def test_who_sees_a_part_imports_into_that_alone_and_without_secrets(customer, browser):
    theirs = send(browser).url
    everybodys = send(browser, customer="").url
    two = staff.two()
    narrow = staff.member("narrow@provider.example", two.scope(Reach.CUSTOMERS))
    enable_app(narrow)
    mine = browser_of_with_factor(narrow)
    for address in (theirs, everybodys):
        assert mine.get(address).status_code == 404
        assert mine.post(address, {"column": CHOSEN}).status_code == 404
        for end in ("begin/", "stop/", "go-on/", "discard/"):
            assert mine.post(address + end).status_code == 404
    assert send(mine).status_code == 422
    assert send(mine, customer="").status_code == 422
    assert send(mine, "Name\nNew\n", kind="customers").status_code == 403
    assert "people.csv" not in mine.get("/customers/import/").content.decode()
    own = send(mine, customer=two.near.name)
    assert "3:totp" not in mine.get(own.url).content.decode()
    assert mine.post(own.url, {"column": CHOSEN}).status_code == 403
    assert mine.post(own.url, {"column": [*CHOSEN[:3], "3:"]}).status_code == 303


UNINVITED = (
    "E-mail,First name,Customer,Required 2FA,Status,Time zone,Language\n"
    "lena@harbourbakery.example,Lena,Harbour Bakery,,,,\n"
    "omar@harbourbakery.example,Omar,Nowhere at all,,,,\n"
    "ines@harbourbakery.example,Ines,Harbour Bakery,perhaps,odd,,\n"
    "mia.example,Mia,Harbour Bakery,,,Mars,xx\n"
)


def rehearsed(browser: Client, **fields: str) -> str:
    answer = send(browser, UNINVITED, **fields)
    heads = ("email", "first_name", "customer", "require_2fa", "status", "time_zone", "language")
    chosen = [f"{place}:{head}" for place, head in enumerate(heads)]
    assert browser.post(answer.url, {"column": chosen}).status_code == 303
    return str(answer.url)


def test_a_dry_run_names_the_customer_and_tells_every_fault_of_a_line(customer, browser):
    page = browser.get(rehearsed(browser, customer="")).content.decode()
    assert "There is no customer named Nowhere at all. Add it first." in page
    assert "Required 2FA: Write yes or no. Status: Write active" in page
    for field in ("E-mail: ", "Time zone: ", "Language: "):
        assert field in page
    assert 'class="button danger' not in page
    assert page.index("begin/") < page.index("discard/")


def test_who_was_imported_and_not_invited_is_told_of_until_they_are(customer, browser):
    address = rehearsed(browser)
    assert 'id="uninvited"' not in browser.get(address).content.decode()
    browser.post(f"{address}begin/")
    page = browser.get(address).content.decode()
    assert "2 people have not been invited yet, and cannot sign in." in page
    assert "Invite 2 people" in page
    only = browser.get(f"{address}?fate=uninvited").content.decode()
    assert only.count("@harbourbakery.example") == 2
    assert "mia.example" not in only
    page = browser.get(f"/customers/{customer.id}/").content.decode()
    assert "2 people of this customer cannot sign in yet" in page
    mine = browser_of_with_factor(keeper(customer))
    lena = Administrator.objects.of(customer.id).get(first_name="Lena")
    theirs = f"/administrators/{lena.id}/"
    page = mine.get(theirs).content.decode()
    assert "No invitation was sent yet." in page
    assert "Resend invitation" not in page
    said = mine.post(f"{theirs}resend-invitation/", follow=True).content.decode()
    assert "The invitation is on its way to lena@" in said
    assert "No invitation was sent yet." not in said
    page = browser.get(address).content.decode()
    assert "1 person has not been invited yet" in page
    assert "Invite 1 person" in page
    answer = browser.post(f"{address}invite/")
    assert answer.url != address
    page = browser.get(answer.url).content.decode()
    assert "Invitations: people.csv" in page
    assert "omar@harbourbakery.example" in page
    assert 'id="uninvited"' not in browser.get(address).content.decode()
    assert browser.post(f"{address}invite/").url == address
    MailedLink.objects.all().delete()
    assert "no longer valid" in mine.get(theirs).content.decode()


def test_a_run_of_invitations_is_never_called_an_import_or_a_file(customer, browser):
    address = rehearsed(browser)
    browser.post(f"{address}begin/")
    theirs = browser.post(f"{address}invite/").url
    run = ImportRun.objects.get(kind="invitations")
    told = {
        ImportState.RUNNING: ("Being invited", "It is being done"),
        ImportState.STOPPED: ("Stopped", "People who were invited stay invited"),
        ImportState.DONE: ("Invited", "It is done."),
        ImportState.FORGOTTEN: (
            "Given up",
            "Invite those who wait from the import they came with.",
        ),
    }
    for state, (word, sentence) in told.items():
        ImportRun.objects.filter(id=run.id).update(state=state)
        page = browser.get(theirs).content.decode()
        assert sentence in page
        assert "Forget the file" not in page
        [line] = re.findall(
            rf"<tr>(?:(?!<tr>).)*{run.id}.*?</tr>",
            browser.get("/customers/import/").content.decode(),
            re.DOTALL,
        )
        assert word in line
        assert "Being imported" not in line
    ImportRun.objects.filter(id=run.id).update(state=ImportState.STOPPED)
    assert "Invite nobody else" in browser.get(theirs).content.decode()
    assert (
        "Nobody else is invited." in browser.post(f"{theirs}discard/", follow=True).content.decode()
    )


def keeper(customer: Customer) -> Administrator:
    """Return one who looks after the customer's people, with an app."""
    tabs = {"home", "administrators"}
    owner = people.make_administrator(customer, email="olga@harbourbakery.example", tabs=tabs)
    enable_app(owner)
    return owner


def test_without_the_tab_of_people_nobody_brings_passwords_and_devices(customer, browser):
    begun = send(browser).url
    browser.post(begun, {"column": CHOSEN})
    Administrator.objects.everywhere().filter(email="nora@provider.example").update(
        tabs=" home customers "
    )
    page = browser.get(begun).content.decode()
    assert "3:totp" not in page
    assert "have the Administrators tab" in page
    assert browser.post(begun, {"column": CHOSEN}).status_code == 403
    browser.post(f"{begun}begin/")
    assert not Administrator.objects.of(customer.id).exists()
    own = send(browser).url
    assert browser.post(own, {"column": CHOSEN}).status_code == 403
    assert browser.post(own, {"column": [*CHOSEN[:3], "3:"]}).status_code == 303
