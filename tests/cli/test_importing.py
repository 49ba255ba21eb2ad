"""`doorward import`."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from doorward.accounts.events import INVITATION_SENT
from doorward.accounts.models import Administrator
from doorward.cli.base import main
from doorward.customers.models import Customer
from doorward.importing import part_by_part
from doorward.importing.events import IMPORTED
from tests.kit import people

pytestmark = pytest.mark.django_db

FILE = (
    "e-mail,first name,last name,colour\n"
    "lena@harbourbakery.example,Lena,Fischer,red\n"
    "=1+1,Omar,Haddad,blue\n"
)


def run(*words):
    return CliRunner().invoke(main, ["import", *map(str, words)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    return path


def test_people_are_imported_and_what_was_refused_is_said(customer, file):
    done = run("people", file, "--customer", "harbour bakery")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "3: =1+1: refused (email): Type an e-mail like name@example.com.",
        "1 made, 0 changed, 0 same, 1 refused.",
    ]
    assert done.stderr.splitlines() == ["Left out: colour.", "1 of 2 lines was refused."]
    [event] = people.events(IMPORTED)
    assert event.details == {"kind": "people", "made": 1, "changed": 0, "refused": 1}
    run("people", file, "--customer", "harbour bakery")
    assert len(people.events(IMPORTED)) == 1


def test_a_report_never_takes_the_place_of_what_is_imported(customer, file):
    done = run("people", file, "--customer", "Harbour Bakery", "--report", file)
    assert done.exit_code == 1
    assert done.stderr.endswith(
        f"{file} is what is to be imported: name another file for the report.\n"
    )
    assert file.read_text() == FILE
    assert not Administrator.objects.of(customer.id).exists()


def test_a_dry_run_tells_of_each_line_and_changes_nothing(customer, file):
    done = run("people", file, "--customer", "Harbour Bakery", "--dry-run")
    assert done.stdout.splitlines()[0] == "2: lena@harbourbakery.example: made"
    assert done.stdout.splitlines()[-1] == "Dry run: 1 made, 0 changed, 0 same, 1 refused."
    assert not Administrator.objects.of(customer.id).exists()


def test_the_same_as_json_and_as_a_report_that_runs_nothing(customer, file, tmp_path):
    report = tmp_path / "report.csv"
    done = run("people", file, "--customer", "Harbour Bakery", "--json", "--report", report)
    said = json.loads(done.stdout)
    assert (said["made"], said["refused"], said["dry_run"]) == (1, 1, False)
    assert said["lines"][0] == {
        "line": 2,
        "what": "lena@harbourbakery.example",
        "fate": "made",
        "fields": [],
        "reason": "",
        "said": "",
        "notes": [],
    }
    assert report.stat().st_mode & 0o777 == 0o600  # it says who is a customer's
    with report.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert [line["what"] for line in lines] == ["lena@harbourbakery.example", "'=1+1"]


def test_customers_are_imported(tmp_path):
    people.provider()
    path = tmp_path / "customers.csv"
    path.write_text("Kunde\nHarbour Bakery\nCedar Clinic\n")
    assert run("customers", path).stdout == "2 made, 0 changed, 0 same, 0 refused.\n"
    assert run("customers", path).stdout == "0 made, 0 changed, 2 same, 0 refused.\n"
    assert Customer.objects.count() == 3


def test_what_cannot_be_read_is_said_in_a_sentence(customer, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    assert run("people", path).stderr == (
        "No column is named email. The first line must have the names of the columns.\n"
    )
    path.write_text(FILE)
    assert run("people", path, "--customer", "Nobody").stderr.endswith("no customer Nobody.\n")
    assert run("people", tmp_path / "none.csv").exit_code == 2
    assert "people" in run("--help").stdout


def test_what_was_interrupted_is_resumed_where_it_was(customer, file, monkeypatch):
    file.write_text(
        "email,last name\n" + "".join(f"p{n}@harbourbakery.example,P\n" for n in range(6))
    )
    monkeypatch.setattr(part_by_part, "PART", 2)
    into = ("people", file, "--customer", "Harbour Bakery")
    assert "No import of this file was interrupted" in run(*into, "--resume").stderr
    with monkeypatch.context() as patched:
        whole = part_by_part.do_part
        left = iter([whole, whole])

        def interrupted(*words, **options):
            part = next(left, None)
            if part is None:
                raise KeyboardInterrupt
            return part(*words, **options)

        patched.setattr(part_by_part, "do_part", interrupted)
        stopped = run(*into)
    assert stopped.exit_code == 1
    assert "--resume" in stopped.stderr
    assert Administrator.objects.of(customer.id).count() == 4
    assert run(*into, "--resume").stdout == "6 made, 0 changed, 0 same, 0 refused.\n"
    assert Administrator.objects.of(customer.id).count() == 6
    assert len(people.events(IMPORTED)) == 1
    assert run(*into, "--resume").exit_code == 1


def test_who_came_without_an_invitation_is_invited_later(customer, file):
    run("people", file, "--customer", "Harbour Bakery")
    [shown] = json.loads(run("list", "--json").stdout)
    assert (shown["kind"], shown["made"], shown["waiting"]) == ("people", 1, 1)
    assert f"{shown['id']}: people people.csv into {customer.name}, done: 1 made" in (
        run("list").stdout
    )
    done = run("invite", shown["id"])
    assert (done.exit_code, done.stdout) == (0, "1 made, 0 changed, 0 same, 0 refused.\n")
    [invited] = people.events(INVITATION_SENT)
    assert invited.subject_email == "lena@harbourbakery.example"
    again = run("invite", shown["id"])
    assert (again.exit_code, again.stderr) == (
        1,
        "Nobody of this import waits for an invitation.\n",
    )
    assert len(people.events(INVITATION_SENT)) == 1


def test_invitations_that_were_interrupted_are_gone_on_with(customer, file, monkeypatch):
    file.write_text("e-mail,first name\n" + "".join(f"p{n}@x.example,P{n}\n" for n in range(150)))
    run("people", file, "--customer", "Harbour Bakery")
    [shown] = json.loads(run("list", "--json").stdout)
    whole = part_by_part.do_part
    done: list[int] = []

    def broken_off(*args, **rest):
        if done:
            raise KeyboardInterrupt
        done.append(whole(*args, **rest))
        return done[-1]

    monkeypatch.setattr(part_by_part, "do_part", broken_off)
    stopped = run("invite", shown["id"])
    assert stopped.stderr == "Stopped. What was done stays; go on with the same command.\n"
    assert len(people.events(INVITATION_SENT)) == 100
    monkeypatch.undo()
    assert run("invite", shown["id"]).exit_code == 0
    invited = [event.subject_id for event in people.events(INVITATION_SENT)]
    assert len(invited) == len(set(invited)) == 150


def test_an_import_that_nobody_knows_is_said_in_a_sentence(customer):
    said = run("invite", "5a807819-2e69-46c9-8c0a-7a2235ea7a95").stderr
    assert said == "No import of the last days has this ID; doorward import list.\n"
