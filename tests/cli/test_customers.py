"""`doorward customers`."""

import json
import re

import pytest
from click.testing import CliRunner
from django.db import connection
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import main
from doorward.customers.events import CUSTOMER_ADDED
from doorward.customers.exports import record_customer_export
from doorward.customers.models import Brand, Customer
from tests.kit import people, policies
from tests.kit.serving import doorward

pytestmark = pytest.mark.django_db


def run(*words, **rest):
    return CliRunner().invoke(main, ["customers", *words], **rest)


def test_a_customer_is_added_once():
    people.provider()
    added = run("add", "  Harbour Bakery ")
    assert added.exit_code == 0
    assert added.output == "Harbour Bakery was added.\n"
    [event] = people.events(CUSTOMER_ADDED, customer_name="Harbour Bakery")
    assert (event.actor_id, event.actor_type) == (None, "operator")

    again = run("add", "HARBOUR bakery")
    assert again.exit_code == 1
    assert again.stdout == ""
    assert again.stderr == "Another customer has this name.\n"
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\nb", "a\x00b"])
def test_a_name_that_cannot_be_is_refused_in_one_sentence(name):
    refused = run("add", name)
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr.endswith(".\n")
    assert refused.stderr.count("\n") == 1


def test_a_wrong_use_is_told_apart_from_a_refusal():
    assert run("add").exit_code == 2
    assert run("add", "a", "b").exit_code == 2
    assert run("nothing").exit_code == 2


def test_the_list_has_the_provider_first():
    people.make_customer("Zebra")
    customer = people.make_customer("apple")
    policies.require(customer.id)
    people.make_administrator(customer)
    people.make_administrator(customer, email="gone@apple.example", status="removed")
    table = run("list").output.splitlines()
    assert [line.split()[0] for line in table] == ["NAME", "Provider", "apple", "Zebra"]

    records = json.loads(run("list", "--json").output)
    assert [record["name"] for record in records] == ["Provider", "apple", "Zebra"]
    assert records[1] == {
        "name": "apple",
        "kind": "customer",
        "brand": "Provider",
        "status": "active",
        "since": customer.since.isoformat(),
        "delete_at": None,
        "require_2fa": True,
        "required_of": "everyone",
        "minimum_required_of": "nobody",
        "administrators": 1,
    }


def test_a_customers_life(customer, owner):
    assert run("rename", "harbour bakery", "Harbour & Sons").output == (
        "Harbour Bakery was renamed to Harbour & Sons.\n"
    )
    Brand.objects.create(name="Brightwave", issuer="Brightwave")
    asked = run("move", "Harbour & Sons", "--brand", "brightwave")
    assert asked.exit_code == 1
    assert "trusted browsers" in asked.stdout
    assert asked.stderr == "Nothing was changed. Say --yes to move it.\n"
    assert run("move", "Harbour & Sons", "--brand", "none").exit_code == 1
    moved = run("move", "Harbour & Sons", "--brand", "brightwave", "--yes")
    assert moved.output == "Harbour & Sons was moved to brightwave.\n"
    for command, is_now in (
        ("suspend", "suspended"),
        ("restore", "active"),
        ("close", "closed"),
        ("restore", "active"),
        ("close", "closed"),
    ):
        assert run(command, "Harbour & Sons").output == f"Harbour & Sons is {is_now}.\n"
        assert Customer.objects.get(id=customer.id).status == is_now
    refused = run("delete", "Harbour & Sons")
    assert (refused.exit_code, "Export everything" in refused.stderr) == (1, True)
    record_customer_export(customer.id, actor=CONSOLE, now=timezone.now())
    assert "will be deleted for good after" in run("delete", "Harbour & Sons").output
    assert re.search(r'"delete_at": "20[0-9T:-]+Z"', run("list", "--json").output)
    assert run("undelete", "Harbour & Sons").exit_code == 0
    assert run("undelete", "Harbour & Sons").exit_code == 1
    assert run("suspend", "Provider").exit_code == 1
    assert run("close", "nobody").exit_code == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="there `doorward run` migrates")
def test_a_database_that_is_not_up_to_date_is_one_sentence():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_customer RENAME TO customers_other")
    refused = run("list")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == ("The database is not up to date: `doorward run` brings it there.\n")


@pytest.mark.processes
def test_as_a_process_of_its_own(tmp_path):
    folder = tmp_path / "data"
    added = doorward("customers", "add", "Łódź & Söhne", folder=folder)
    assert (added.returncode, added.stdout, added.stderr) == (0, "Łódź & Söhne was added.\n", "")
    again = doorward("customers", "add", "łódź & söhne", folder=folder)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "Another customer has this name.\n"
    listed = doorward("customers", "list", "--json", folder=folder)
    assert [one["name"] for one in json.loads(listed.stdout)] == ["Provider", "Łódź & Söhne"]


@pytest.mark.processes
def test_a_setting_that_is_wrong_is_one_sentence(tmp_path):
    refused = doorward("customers", "list", folder=tmp_path / "data", databse_url="x")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "DOORWARD_DATABSE_URL is not a setting of Doorward.\n"


@pytest.mark.parametrize(
    "words",
    [("rename", "X"), ("suspend",), ("close",), ("delete",), ("move", "--brand", "Provider")],
)
def test_a_customer_that_is_not_there_is_named(words):
    refused = run(words[0], "Nobody & Sons", *words[1:])
    assert (refused.exit_code, refused.stderr) == (1, "There is no customer named Nobody & Sons.\n")
