"""What every test stands on."""

from __future__ import annotations

import fcntl
import gc
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from doorward.accounts.models import Administrator
from doorward.customers import cached
from doorward.customers import services as customers
from doorward.customers.models import Customer
from tests.kit import leftovers, people, postgresql, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest_django

# How long one example takes depends on what else this machine does.
hypothesis.settings.register_profile("house", deadline=None)
# Of `make quick`: a slip shows in the first few examples, and `make test` asks them all.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.load_profile("house")

KEYS = settings.KEYS


@pytest.fixture(autouse=True, scope="session")
def _mail_goes_where_it_does(django_test_environment: None) -> None:
    """Undo what Django's test environment does to mail: it goes where the settings say."""
    del django_test_environment
    settings.EMAIL_BACKEND = settings.DOORWARD.mail_server.backend


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_row_by_row() -> Iterator[None]:
    """Have PostgreSQL delete the few rows of a test that committed: to truncate makes each table and index anew."""
    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            patch.setattr(type(connection.ops), "sql_flush", postgresql.emptying)
        yield


LOOPBACK_NAMES = {"localhost", ""}


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and among what tests make: the 11,000 themselves stay, and cost a seventh of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Keep a file's tests in one process, so that what it sets up is set up once; begin with what takes longest."""
    for item in items:
        if not _asks_a_database(item) or _shows_the_same(item):
            item.add_marker(pytest.mark.one_database)
        apart = item.get_closest_marker("browser") or item.get_closest_marker("xdist_group")
        if not apart:
            item.add_marker(
                pytest.mark.xdist_group(str(item.path.relative_to(item.config.rootpath)))
            )
    yield
    items.sort(key=_rank)


def _asks_a_database(item: pytest.Item) -> bool:
    """Whether it has Django's database, or one that it starts itself."""
    fixtures = {"db", "transactional_db"}.intersection(getattr(item, "fixturenames", ()))
    own = getattr(getattr(item, "module", None), "postgresql", None) is postgresql
    return bool(fixtures or own or item.get_closest_marker("django_db"))


def _shows_the_same(item: pytest.Item) -> bool:
    """Whether what it looks at is decided above the database: what pages and protocols say, what attackers get by them.

    That every page opens and every statement runs on PostgreSQL, too, is asked by `tests/whole` and the subjects;
    what comes at once, by whatever writes for others to see.
    """
    folder = item.path.relative_to(item.config.rootpath).parts[1]
    if folder in {"signon", "threats"}:
        return not (item.get_closest_marker("both_databases") or _writes_for_others(item))
    return folder in {"journeys", "web"}


def _writes_for_others(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    return commits or "transactional_db" in getattr(item, "fixturenames", ())


def _rank(item: pytest.Item) -> int:
    """Put the long groups first: what begins last must not be what takes longest."""
    if item.get_closest_marker("processes"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2


def _is_loopback(address: Any) -> bool:
    host = address[0] if isinstance(address, tuple) else None
    if host is None or host in LOOPBACK_NAMES:
        return True  # a socket in the file system
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _nothing_beyond_loopback() -> Iterator[None]:
    """No test reaches another machine: a connection to one fails at once and says so."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_loopback(address):
            raise AssertionError(f"A test tried to reach {address!r}.")
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not _is_loopback(address):
            raise AssertionError(f"A test tried to reach {address!r}.")
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield


@pytest.fixture(autouse=True)
def _as_a_new_process() -> Iterator[None]:
    """Each test starts in English and UTC, and remembers nothing of the one before."""
    leftovers.forget()
    yield
    leftovers.forget()
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _alone_in_its_group(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Fail where another process runs a test of the same `xdist_group`; pytest-xdist says nothing of it."""
    group = request.node.get_closest_marker("xdist_group")
    if group is None or not hasattr(request.config, "workerinput"):
        yield
        return
    name = group.args[0].replace("/", ".")
    # The workers' own folders stand beside each other.
    with (tmp_path_factory.getbasetemp().parent / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at a moment of no importance: `clock.shift(timedelta(minutes=5))` moves it."""
    with time_machine.travel(rows.STOPPED_AT, tick=False) as moved:
        yield moved


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brands and tabs are read once, also on a machine so slow that it would be time again in the middle of a test."""
    monkeypatch.setattr(cached, "KEPT_SECONDS", 3600.0)


# --- the trio of every test of access -------------------------------------------------------------


@pytest.fixture(scope="session")
def made_once(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> tuple[rows.Once, rows.Once]:
    """Return the rows of `customer` and `owner`, as the services make them in a portal that nobody has changed."""
    first = rows.Once(lambda: people.make_customer().id)
    second = rows.Once(
        lambda: people.make_administrator(customers.get(first.id), tabs=people.ALL_TABS).id
    )
    with django_db_blocker.unblock(), rows.rolled_back():
        first.note()
        second.note()
    return first, second


@pytest.fixture
def customer(db: None, made_once: tuple[rows.Once, rows.Once]) -> Customer:
    """Return the customer of `owner` and `colleague`."""
    first, _ = made_once
    if settings.KEYS is not KEYS or Customer.objects.exists():
        return people.make_customer()
    first.insert()
    return customers.get(first.id)


@pytest.fixture
def owner(customer: Customer, made_once: tuple[rows.Once, rows.Once]) -> Administrator:
    """Return somebody with all built-in tabs, the power over colleagues among them."""
    first, second = made_once
    if customer.id != first.id or Administrator.objects.everywhere().exists():
        return people.make_administrator(customer, tabs=people.ALL_TABS)
    second.insert()
    return people.again_by_id(second.id)


@pytest.fixture
def colleague(customer: Customer) -> Administrator:
    """Return somebody of the same customer, with Home and Support alone."""
    return people.make_administrator(
        customer, email="samuel.osei@harbourbakery.example", name="Samuel Osei"
    )


@pytest.fixture
def outsider(db: None) -> Administrator:
    """Return somebody with all built-in tabs at another customer."""
    return people.make_administrator(
        people.make_customer("Cedar Clinic"),
        email="mallory@cedarclinic.example",
        name="Mallory Wright",
        tabs=people.ALL_TABS,
    )
