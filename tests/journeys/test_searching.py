"""Every search box and every list: found however a name is typed, sorted as a reader expects, in both databases."""

from __future__ import annotations

import json
import re
from html import unescape
from importlib import import_module

import pytest
from click.testing import CliRunner
from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from doorward.accounts import own_profile, services
from doorward.accounts.events import RIGHTS_CHANGED
from doorward.accounts.models import Administrator
from doorward.accounts.own_profile import OwnProfile
from doorward.accounts.services import Details
from doorward.audit.record import record
from doorward.cli.base import main
from doorward.customers import cached
from doorward.customers.events import CUSTOMER_CHANGED
from doorward.customers.models import Brand, Customer, Tab
from doorward.customers.tabs import BUILT_IN, STAFF
from doorward.kernel.text import names
from doorward.policy.events import POLICY_CHANGED
from tests.kit import browsers, pages, people

pytestmark = pytest.mark.django_db

# Each with what finds it.
FOUND = {
    "Ärzte Jürgen": ("arzte", "ÄRZTE", "aerzte", "jürgen ärzte", "jurgen arz", "juergen"),
    "Özgür Demir": ("ozgur", "özgür", "OEZGUER", "demir özgür", "Demir Ozgur", "oezgür", "ozguer"),
    "Łódź Øre": ("lodz", "łódź", "ore", "øre lodz", "oere"),
    "Weiß Đorđe": ("weiss", "WEISS", "weiß", "dorde weiß"),
    "O'Brien Anna-Lena": (
        "obrien",
        "o’brien",
        "O'Brien",
        "anna-lena",
        "anna lena o'b",
        "lena anna",
    ),
    "Иванов Иван": ("иванов", "ivanov", "ИВАН", "ivan ivanov"),
    # As it is written, and as it was copied from somewhere else.
    "Smith & Sons": ("smith & sons", "sons – smith", "Sons, Smith", '"smith"; (sons)'),
    "Ærø Işık": ("aero isik", "ÆRØ", "IŞIK, ÆRØ", "aeroe ışık"),
}


def shown(page: str) -> list[str]:
    return [name.strip() for name in re.findall(r"<bdi>([^<]*)</bdi>", page)]


@pytest.fixture
def nora():
    return people.make_administrator(
        people.provider(), email="nora@provider.example", name="Nora", tabs=BUILT_IN + STAFF
    )


@pytest.mark.parametrize(
    ("app", "migration", "model"),
    [
        ("accounts", "0005_half_written_out", "Administrator"),
        ("customers", "0004_half_written_out", "Customer"),
    ],
)
def test_names_that_were_there_are_found_half_written_out_too(owner, app, migration, model):
    Administrator.objects.everywhere().update(first_name="Ada", last_name="Öztürk")
    Customer.objects.update(name="Öztürk")
    rows = apps.get_model(app, model)._base_manager
    rows.update(name_search="ozturk oeztuerk")
    module = import_module(f"doorward.{app}.migrations.{migration}")
    before = MigrationExecutor(connection).loader.project_state((app, migration)).apps
    module.find_by_more(before, None)
    assert rows.filter(name_search__contains="oezturk").exists()
    assert not rows.filter(name_search="ozturk oeztuerk").exists()


def test_people_are_found_however_they_are_typed(owner):
    for number, name in enumerate(FOUND):
        last, _, first = name.partition(" ")
        people.make_administrator(
            owner.customer, email=f"p{number}@x.example", name=f"{first} {last}"
        )
    client = browsers.browser_of(owner)
    for number, (name, words) in enumerate(FOUND.items()):
        for typed in words:
            page = client.get("/administrators/", {"q": typed}).content.decode()
            assert f"p{number}@x.example" in page, (name, typed)
            others = set(range(len(FOUND))) - {number}
            assert not any(f"p{other}@x.example" in page for other in others), (name, typed)
    for typed in ("Anna-Lena O'Brien <p4@x.example>", "O'Brien, Anna-Lena (P4@X.example);"):
        page = client.get("/administrators/", {"q": typed}).content.decode()
        assert "p4@x.example" in page, typed
    for typed in ("arzte demir", "&&", "&", "'", "%", "_", ",", "& <>", "nobody"):
        assert "@x.example" not in client.get("/administrators/", {"q": typed}).content.decode()


def test_customers_are_found_however_they_are_typed(nora):
    for name in FOUND:
        people.make_customer(name)
    client = browsers.browser_of(nora)
    for name, words in FOUND.items():
        for typed in words:
            page = client.get("/customers/", {"q": typed}).content.decode()
            assert [one for one in FOUND if one in unescape(page)] == [name], typed


def test_history_is_found_by_every_name_that_it_shows(owner, colleague, nora):
    for person, name in ((colleague, "Özgür Ärzte"), (nora, "Łucja Weiß")):
        first, last = name.split()
        Administrator.objects.everywhere().filter(id=person.id).update(
            **Administrator.name_columns(first_name=first, last_name=last)
        )
    with transaction.atomic():
        by_staff = people.actor(people.again(nora))
        record(POLICY_CHANGED, actor=by_staff, customer=(owner.customer_id, "x"), details={})
        who = people.again(colleague).who()
        record(RIGHTS_CHANGED, actor=people.actor(owner), subject=who, details={})
    client = browsers.browser_of(owner)
    for typed in ("ozgur", "ärzte özgür", "AERZTE"):
        assert "Özgür Ärzte" in client.get("/activity/", {"q": typed}).content.decode(), typed
    # Staff by name, and never by an e-mail that is not shown.
    for typed in ("lucja", "weiss łucja"):
        assert "Łucja Weiß" in client.get("/activity/", {"q": typed}).content.decode(), typed
    assert "Łucja" not in client.get("/activity/", {"q": "nora@provider"}).content.decode()


def test_lists_stand_in_the_order_of_their_readers(nora, owner):
    ordered = ["Anton", "Ärzte", "Berg", "Łódź", "Özgür", "Zebra", "zeta"]
    for name in reversed(ordered):
        people.make_customer(name)
        people.make_administrator(
            owner.customer, email=f"{len(name)}{name[0].encode().hex()}@x.example", name=f"A {name}"
        )
        Brand.objects.create(name=name, issuer=name)
        Tab.objects.create(key=f"t{name.encode().hex()}", title=name, url="https://x.example/")
    cached.forget()
    staff, tab = browsers.browser_of(nora), browsers.browser_of(owner)
    pages = {
        "customers": staff.get("/customers/").content.decode(),
        "brands": staff.get("/brands/").content.decode(),
        "tabs": staff.get("/tabs/").content.decode(),
        "choice of brands": staff.get("/customers/add/").content.decode(),
        "administrators": tab.get("/administrators/").content.decode(),
    }
    for what, page in pages.items():
        body = page[page.index("<main") :]
        places = [body.index(f"{name}<") for name in ordered if f"{name}<" in body]
        assert places == sorted(places), what
        assert len(places) == len(ordered), what
    backwards = tab.get("/administrators/?sort=-name").content.decode()
    places = [backwards.index(f"A {name}") for name in ordered]
    assert places == sorted(places, reverse=True)


def test_the_console_lists_in_that_order_too(owner):
    ordered = ["Anton", "Ärzte", "Łódź", "zeta"]
    for name in reversed(ordered):
        people.make_administrator(
            people.make_customer(name), email=f"a{name.encode().hex()}@x.example", name=f"A {name}"
        )
    for words in (["customers", "list", "--json"], ["administrators", "list", "--json"]):
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code == 0, answer.output
        found = [row.get("customer") or row["name"] for row in json.loads(answer.output)]
        assert [name for name in found if name in ordered] == ordered


def test_the_keys_follow_the_names_wherever_they_are_written(owner, nora):
    person = people.invite(owner.customer, name="Ann Alt")
    services.change(
        person.id, services.Change(details=Details(first_name="Zoë", last_name="Król", phone="")),
        customer_id=owner.customer_id, actor=people.actor(owner), now=person.added_at,
    )  # fmt: skip
    own_profile.save(
        owner.id, OwnProfile(**pages.profile(owner, first_name="Łucja", last_name="")),
        reauthenticated=False, actor=people.actor(owner), now=person.added_at,
    )  # fmt: skip
    client = browsers.browser_of(nora)
    page = f"/customers/{owner.customer_id}/"
    form = {"name": "Café Ölmühle", "brand": str(owner.customer.brand_id), "status": "active"}
    assert client.post(page, form).status_code == 303
    for row in Administrator.objects.everywhere():
        kept = {"name_search": row.name_search, "name_sort": row.name_sort}
        assert kept == names.columns(row.last_name, row.first_name)
    for customer in Customer.objects.all():
        kept = {"name_search": customer.name_search, "name_sort": customer.name_sort}
        assert kept == names.columns(customer.name)
    assert {event.details["changed"][0] for event in people.events(CUSTOMER_CHANGED)} == {"name"}
