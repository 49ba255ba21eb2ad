"""Three nodes and one worker on one PostgreSQL: what is once is once over all, what is counted is counted over all."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.customers.models import Brand
from doorward.kernel.crypto.keyring import KeyFile
from doorward.sessions.models import Session
from tests.faults.installation import database_url
from tests.kit import codes, people, serving
from tests.kit.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.processes,
    pytest.mark.both_databases,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

# What another machine changed holds within so long; the rest is for a busy machine.
SECOND, LATE = 1.0, 1.5


@dataclass
class Nodes:
    servers: list[serving.Server]
    origin: str

    def visitors(self) -> list[Wire]:
        """Return a browser at each node."""
        return [Wire(one.port, self.origin) for one in self.servers]


@pytest.fixture
def nodes(settings: Any, tmp_path: Path) -> Iterator[Nodes]:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite is of one machine")
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    people.provider()
    origin = f"http://localhost:{serving.free_port()}"
    given = {
        "database_url": database_url(),
        "public_url": origin,
        "keys_file": str(settings.KEYS.path),
    }
    with ExitStack() as stack:
        servers = []
        for number in range(3):
            server = serving.start(tmp_path / f"node{number}", "--no-worker", port=None, **given)
            stack.callback(server.stop)
            servers.append(server)
        worker = subprocess.Popen(
            [*serving.PROGRAM, "work"],
            env=serving.environment(tmp_path / "worker", **given),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(worker.wait)
        stack.callback(worker.terminate)
        yield Nodes(servers, origin)


def at_once(visitors: list[Wire], path: str, **fields: str) -> list[int]:
    """Return the statuses of a form that each of them sends at the same moment."""
    with ThreadPoolExecutor(len(visitors)) as pool:
        sent = [pool.submit(one.post, path, **fields) for one in visitors]
        return sorted(one.result().status for one in sent)


def with_password(visitors: list[Wire], person: Administrator) -> None:
    for one in visitors:
        sent = one.post("/sign-in/", email=person.email, password=people.PASSWORD, next="")
        assert sent.status == 303, sent.text


def shows_soon(visitor: Wire, words: str) -> bool:
    """Return whether the first page has these words within a second from now."""
    ends = time.monotonic() + SECOND + LATE
    while words not in visitor.get("/sign-in/").text:
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def test_what_is_once_is_once_over_all_nodes_and_what_changes_holds_at_all_of_them(nodes):
    customer = people.make_customer()
    person = people.make_administrator(customer, email="ines@harbourbakery.example")
    secret = codes.enable_app(person)

    # One code, sent to three nodes at once.
    visitors = nodes.visitors()
    with_password(visitors, person)
    code = codes.code(secret)
    sent = at_once(visitors, "/sign-in/code/", code=code)
    assert sent == [303, 422, 422]

    # A recovery code.
    [recovery, *_] = codes.saved_codes(person)
    visitors = nodes.visitors()
    with_password(visitors, person)
    sent = at_once(visitors, "/sign-in/recovery/", code=recovery)
    assert sent == [303, 422, 422]

    # A mailed link.
    invited = people.invite(customer, email="lena@harbourbakery.example")
    path = people.path_of("invitation", administrator_id=invited.id)
    visitors = nodes.visitors()
    for one in visitors:
        one.follow(one.get(path))
    new = "a boat under seven bridges"
    sent = at_once(visitors, "/invitation/", password=new)
    assert sent.count(303) == 1, sent
    assert people.is_active(invited)

    # Wrong codes, counted over all: five are free, wherever they are tried.
    thief = people.make_administrator(customer, email="theo@harbourbakery.example")
    codes.enable_app(thief)
    visitors = nodes.visitors()
    with_password(visitors, thief)
    wrong = [visitors[n % 3].post("/sign-in/code/", code="000000").status for n in range(8)]
    assert wrong[:5] == [422] * 5
    assert set(wrong[5:]) == {429}

    # Suspended here, out there at once; a brand's name, and a host, within a second.
    colleague = people.make_administrator(customer, email="samuel@harbourbakery.example")
    visitors = nodes.visitors()
    with_password(visitors, colleague)
    assert [one.get("/").status for one in visitors] == [200] * 3
    Administrator.objects.everywhere().filter(id=colleague.id).update(status=Status.SUSPENDED)
    assert [one.get("/").status for one in visitors] == [303] * 3
    Brand.objects.filter(is_default=True).update(name="Renamed Telecom")
    strangers = nodes.visitors()
    assert all(shows_soon(one, "Renamed Telecom") for one in strangers)
    Brand.objects.create(name="Second Brand", hosts=["second.example"])
    for one in strangers:
        one.origin = "http://second.example"
        assert shows_soon(one, "Second Brand")
    # One session each was let in, and no more.
    assert (
        Session.objects.filter(administrator_id=person.id, signed_in_at__isnull=False).count() <= 2
    )
