"""`doorward administrators`."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.test import Client

from doorward.accounts.events import (
    ADMINISTRATOR_RESTORED,
    ADMINISTRATOR_SUSPENDED,
    CHANGE_REFUSED,
    INVITATION_SENT,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import Administrator
from doorward.cli import people
from doorward.cli.base import main
from doorward.credentials.events import TWO_FACTOR_RESET
from doorward.credentials.models import Factor
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.sessions.events import OTHER_SESSIONS_ENDED
from doorward.sessions.models import Session
from tests.kit import browsers, codes, staff
from tests.kit import people as kit_people
from tests.kit.serving import doorward, environment

pytestmark = pytest.mark.django_db

EMAIL = "ines.moreau@harbour.example"


def run(*words, **rest):
    return CliRunner().invoke(main, ["administrators", *words], **rest)


def refused(result):
    """Return the one sentence of a command that could not do it."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith(".\n")
    return result.stderr.strip()


def record(email=EMAIL):
    return json.loads(run("show", email, "--json").output)


@pytest.fixture
def customer():
    return kit_people.make_customer()


class TestAdd:
    def test_without_a_password_an_invitation_is_mailed_and_its_address_printed(self, customer):
        added = run("add", EMAIL, "--customer", customer.name.lower())
        assert added.exit_code == 0
        assert re.fullmatch(r"http://localhost:8000/invitation/[A-Za-z0-9_-]{43}/\n", added.stdout)
        assert added.stderr == ""
        assert record()["status"] == "invited"
        [event] = kit_people.events(INVITATION_SENT)
        assert (event.actor_type, event.browser) == ("operator", "")
        assert event.dispatched_at is None
        answer = Client().get(added.stdout.strip().removeprefix("http://localhost:8000"))
        assert answer.status_code == 303

    def test_who_is_not_given_tabs_has_home_and_support(self, customer):
        run("add", EMAIL, "--customer", customer.name)
        shown = record()
        assert shown["tabs"] == ["home", "support"]
        assert (shown["first_name"], shown["last_name"]) == ("Ines", "Moreau")
        assert shown["customer"] == "Harbour Bakery"
        assert shown["require_2fa"] is False
        assert shown["factors"] == []
        assert shown["last_sign_in"] is None

    def test_with_everything(self, customer):
        added = run(
            *("add", EMAIL, "--customer", customer.name, "--first-name", "Inès"),
            *("--last-name", "Moreau-Król", "--tab", "home", "--tab", "activity"),
            "--require-2fa",
        )
        assert added.exit_code == 0, added.output
        shown = record()
        assert shown["tabs"] == ["activity", "home"]
        assert (shown["first_name"], shown["last_name"]) == ("Inès", "Moreau-Król")
        assert shown["require_2fa"] is True
        assert len(kit_people.events(TWO_FACTOR_REQUIRED)) == 1

    def test_the_primary_one_has_all_built_in_tabs(self, customer):
        run("add", EMAIL, "--customer", customer.name, "--primary")
        shown = record()
        assert shown["tabs"] == sorted(BUILT_IN)
        assert shown["primary"] is True
        run("add", "staff@provider.example", "--customer", "Provider", "--primary")
        assert record("staff@provider.example")["tabs"] == sorted(BUILT_IN + OF_STAFF)

    @pytest.mark.parametrize(
        ("email", "first", "last"),
        [
            ("ines.moreau@harbour.example", "Ines", "Moreau"),
            ("office@harbour.example", "Office", "Harbour"),
            ("a@b.example", "A", "B"),
            ("jean-luc.van_den.berg+x@harbour.example", "Jean-Luc", "Van Den Berg"),
        ],
    )
    def test_names_are_made_from_the_email(self, customer, email, first, last):
        run("add", email, "--customer", customer.name)
        shown = record(email)
        assert (shown["first_name"], shown["last_name"]) == (first, last)

    @pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
    def test_a_password_makes_them_active(self, customer, ending):
        added = run(
            *("add", EMAIL, "--customer", customer.name, "--password-stdin"),
            input=kit_people.PASSWORD + ending,
        )
        assert added.exit_code == 0, added.output
        assert record()["status"] == "active"
        browser = browsers.browser_of(Administrator.objects.everywhere().get())
        assert browser.get("/").status_code == 200
        assert record()["last_sign_in"].endswith("Z")

    def test_only_one_line_break_is_no_part_of_the_password(self, customer):
        run(
            *("add", EMAIL, "--customer", customer.name, "--password-stdin"),
            input=kit_people.PASSWORD + "\n\n",
        )
        person = Administrator.objects.everywhere().get()
        browsers.sign_in(Client(), person, kit_people.PASSWORD + "\n")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "Type a password."),
            ("short", "Use at least 15 characters."),
            ("x" * 129, "Use at most 128 characters."),
            (
                "my name is moreau, ines",
                (
                    "Choose a password that does not contain your name, your e-mail or the name "
                    "of this company."
                ),
            ),
            (b"\xff\xfe not a text at all", "The password on standard input is not UTF-8."),
        ],
    )
    def test_a_password_that_cannot_be_is_refused(self, customer, typed, said):
        result = run(*("add", EMAIL, "--customer", customer.name, "--password-stdin"), input=typed)
        assert refused(result) == said
        assert not Administrator.objects.everywhere().exists()

    def test_with_a_second_factor_required_twelve_characters_do(self, customer):
        result = run(
            *("add", EMAIL, "--customer", customer.name, "--require-2fa", "--password-stdin"),
            input="four kettles",
        )
        assert result.exit_code == 0

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((EMAIL, "--customer", "Nobody"), "There is no customer named Nobody."),
            (("nobody", "--customer", "Harbour Bakery"), "Type an e-mail like name@example.com."),
            (
                (EMAIL, "--customer", "Harbour Bakery", "--tab", "customers"),
                "Harbour Bakery has no tab customers.",
            ),
            (
                (EMAIL, "--customer", "Harbour Bakery", "--first-name", "", "--last-name", ""),
                "Type a name.",
            ),
        ],
    )
    @pytest.mark.usefixtures("customer")
    def test_what_cannot_be_is_refused_in_one_sentence(self, words, said):
        assert refused(run("add", *words)) == said
        assert not Administrator.objects.everywhere().exists()

    def test_an_email_belongs_to_one_person(self, customer):
        kit_people.make_administrator(kit_people.make_customer("Other"), email=EMAIL.upper())
        result = run("add", EMAIL, "--customer", customer.name)
        assert refused(result) == "Another account has this e-mail."

    def test_a_wrong_use(self, customer):
        assert run("add").exit_code == 2
        assert run("add", EMAIL).exit_code == 2
        assert run("add", EMAIL, "--customer", customer.name, "--nothing").exit_code == 2


class TestListAndShow:
    def test_by_customer_and_name_without_the_removed(self, customer):
        other = kit_people.make_customer("Alder")
        kit_people.make_administrator(customer, email="b@x.example", name="Bea Zeller")
        kit_people.make_administrator(customer, email="a@x.example", name="Ada Young")
        kit_people.make_administrator(other, email="c@x.example", name="Cy Alder")
        kit_people.make_administrator(customer, email="d@x.example", status="removed")
        records = json.loads(run("list", "--json").output)
        assert [one["email"] for one in records] == ["c@x.example", "a@x.example", "b@x.example"]
        records = json.loads(run("list", "--customer", "alder", "--json").output)
        assert [one["email"] for one in records] == ["c@x.example"]
        assert refused(run("list", "--customer", "No")) == "There is no customer named No."

    def test_the_record_of_somebody_with_an_app(self, customer):
        person = kit_people.make_administrator(customer, email=EMAIL, require_2fa=True)
        codes.enable_app(person, name="Pixel 9")
        signed_in = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        for days in range(3):
            Session.objects.create(
                administrator=person,
                token_hash=bytes([days]),
                security_version=1,
                created_at=signed_in,
                seen_at=signed_in,
                signed_in_at=signed_in - timedelta(days=days),
            )
        shown = record()
        assert shown["last_sign_in"] == "2026-03-04T05:06:07Z"
        assert [(one["kind"], one["name"]) for one in shown["factors"]] == [("app", "Pixel 9")]
        assert run("list").output.splitlines()[1].split("  ")[4] == "on, required"
        assert "Pixel 9" in run("show", EMAIL).output

    def test_lists_take_a_constant_number_of_queries(self, customer, django_assert_max_num_queries):
        for number in range(5):
            person = kit_people.make_administrator(customer, email=f"p{number}@x.example")
            codes.enable_app(person)
        with django_assert_max_num_queries(2):
            assert len([people.record_of(one) for one in people.listed(None)]) == 5

    def test_nobody(self):
        assert refused(run("show", "no@b.example")) == (
            "No administrator has the e-mail no@b.example."
        )


class TestStatus:
    def test_suspended_and_restored(self, customer):
        kit_people.make_administrator(customer, email="keeper@x.example", tabs=BUILT_IN)
        person = kit_people.make_administrator(customer, email=EMAIL, tabs=BUILT_IN)
        browser = browsers.browser_of(person)
        assert browser.get("/").status_code == 200
        assert run("suspend", EMAIL.upper()).output == f"{EMAIL} is suspended.\n"
        assert browser.get("/").status_code == 303
        assert record()["status"] == "suspended"
        assert run("restore", EMAIL).output == f"{EMAIL} is active.\n"
        types = [ADMINISTRATOR_SUSPENDED, ADMINISTRATOR_RESTORED]
        assert [kit_people.events(one)[0].actor_type for one in types] == ["operator"] * 2
        assert run("restore", EMAIL).exit_code == 0
        assert len(kit_people.events(ADMINISTRATOR_RESTORED)) == 1

    def test_the_last_one_stays(self, customer):
        person = kit_people.make_administrator(customer, email=EMAIL, tabs=BUILT_IN)
        said = refused(run("suspend", EMAIL))
        assert said.startswith("This is the last active person with the Administrators tab.")
        assert kit_people.is_active(person)
        assert len(kit_people.events(CHANGE_REFUSED)) == 1

    def test_who_is_invited_can_be_neither(self, customer):
        kit_people.invite(customer, email=EMAIL)
        assert refused(run("restore", EMAIL)) == f"{EMAIL} is invited, not suspended."
        assert refused(run("suspend", EMAIL)) == f"{EMAIL} is invited, and cannot be suspended."


class TestReset:
    def test_all_factors_go_and_all_sessions_end(self, customer):
        person = kit_people.make_administrator(customer, email=EMAIL)
        codes.enable_app(person)
        browser = browsers.browser_of(person)
        assert run("reset-2fa", EMAIL).output == f"Two-factor sign-in of {EMAIL} was reset.\n"
        assert not Factor.objects.exists()
        assert browser.get("/").status_code == 303
        [event] = kit_people.events(TWO_FACTOR_RESET)
        assert (event.subject_id, event.actor_id, event.actor_type) == (person.id, None, "operator")

    def test_where_there_is_none(self, customer):
        kit_people.make_administrator(customer, email=EMAIL)
        assert refused(run("reset-2fa", EMAIL)) == "Two-factor sign-in is not on."


class TestEndSessions:
    def test_of_one_person_and_nobody_else(self, customer, outsider):
        person = kit_people.make_administrator(customer, email=EMAIL)
        theirs, others = browsers.browser_of(person), browsers.browser_of(outsider)
        assert [one.get("/").status_code for one in (theirs, others)] == [200] * 2
        said = f"{EMAIL} is signed out. Open sessions ended: 1.\n"
        assert run("end-sessions", EMAIL).output == said
        assert theirs.get("/").status_code == 303
        assert others.get("/").status_code == 200
        [event] = kit_people.events(OTHER_SESSIONS_ENDED)
        assert (event.subject_id, event.actor_type) == (person.id, "operator")
        assert event.details["ended"] == 1

    def test_of_everybody_at_every_customer(self, customer, outsider):
        person = kit_people.make_administrator(customer, email=EMAIL)
        staff = kit_people.make_administrator(kit_people.provider(), email="nora@provider.example")
        kit_people.make_administrator(customer, email="away@bakery.example")
        open_ = [browsers.browser_of(one) for one in (person, person, outsider, staff)]
        assert [one.get("/").status_code for one in open_] == [200] * 4
        said = "Everybody is signed out. People: 3. Open sessions ended: 4.\n"
        assert run("end-sessions", "--all").output == said
        assert [one.get("/").status_code for one in open_] == [303] * 4
        told = {
            one.subject_id: one.details["ended"] for one in kit_people.events(OTHER_SESSIONS_ENDED)
        }
        assert told == {person.id: 2, outsider.id: 1, staff.id: 1}
        assert run("end-sessions", "--all").output.startswith("Everybody is signed out. People: 0.")

    @pytest.mark.parametrize("words", [(), (EMAIL, "--all")])
    def test_it_is_said_whose(self, customer, words):
        browser = browsers.browser_of(kit_people.make_administrator(customer, email=EMAIL))
        answer = run("end-sessions", *words)
        assert answer.exit_code == 2
        assert "or --all" in answer.stderr
        assert browser.get("/").status_code == 200

    @pytest.mark.usefixtures("customer")
    def test_nobody_has_that_email(self):
        said = refused(run("end-sessions", "nobody@bakery.example"))
        assert said == "No administrator has the e-mail nobody@bakery.example."


@pytest.mark.processes
def test_as_processes_of_their_own(tmp_path):
    folder = tmp_path / "data"
    assert doorward("customers", "add", "X", folder=folder).returncode == 0
    added = subprocess.run(
        [
            *(sys.executable, "-m", "doorward", "administrators", "add", "a@b.example"),
            *("--customer", "X", "--primary", "--password-stdin"),
        ],
        env=environment(folder),
        input="a long password here",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (added.returncode, added.stderr) == (0, "")
    shown = doorward("administrators", "show", "A@B.example", "--json", folder=folder)
    assert json.loads(shown.stdout)["status"] == "active"
    invited = doorward("administrators", "add", "c@b.example", "--customer", "X", folder=folder)
    assert invited.stdout.startswith("http://localhost:8000/invitation/")
    last = doorward("administrators", "suspend", "a@b.example", folder=folder)
    assert (last.returncode, last.stdout) == (1, "")


class TestScope:
    @pytest.fixture
    def two(self):
        made = staff.two()
        staff.member("boss@provider.example")
        return made

    def test_it_is_chosen_and_shown(self, two):
        staff.member(EMAIL)
        assert record()["scope"] == "all"
        chosen = run("scope", EMAIL, "customers", "--customer", two.near.name)
        assert chosen.exit_code == 0, chosen.output
        assert f"customers: {two.near.name}" in chosen.output
        shown = record()
        assert (shown["scope"], shown["scope_customers"]) == ("customers", [two.near.name])
        assert run("scope", EMAIL, "all").exit_code == 0
        assert record()["scope"] == "all"

    def test_at_adding(self, two):
        words = ("--customer", "Provider", "--scope", "brands", "--scope-brand", "nearby telecom")
        assert run("add", EMAIL, *words).exit_code == 0
        assert record()["scope_brands"] == [two.near_brand.name]

    @pytest.mark.usefixtures("two")
    def test_a_brand_that_is_not_there_is_named(self):
        boss = "boss@provider.example"
        said = refused(run("scope", boss, "brands", "--brand", "Nearby Telekom"))
        assert "There is no brand Nearby Telekom." in said

    def test_a_customers_people_have_none(self, two):
        assert record(two.near_person.email)["scope"] is None
        assert "Only the provider" in refused(run("scope", two.near_person.email, "all"))

    def test_the_last_one_who_sees_all_stays(self, two):
        said = refused(
            run("scope", "boss@provider.example", "brands", "--brand", two.near_brand.name)
        )
        assert "who sees all customers" in said

    @pytest.mark.usefixtures("two")
    @pytest.mark.parametrize(
        "words", [("all", "--brand", "Nearby Telecom"), ("brands", "--customer", "Near Bakery")]
    )
    def test_words_that_do_not_fit_together_are_refused(self, words):
        refused(run("scope", "boss@provider.example", *words))
