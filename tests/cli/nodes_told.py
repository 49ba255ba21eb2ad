"""What is counted, and what was changed elsewhere: it holds at each node, at once or within a second."""

from __future__ import annotations

import csv
import re
import socket
import subprocess
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.accounts.models import Administrator, Status
from doorward.applications.models import Application, ClientSecret
from doorward.customers.models import Brand, Tab
from doorward.kernel.crypto import columns
from doorward.kernel.models import Heartbeat
from doorward.operations.sealed_columns import COLUMNS
from tests.cli.nodes import all_soon, authorized, code_at, relying_at
from tests.kit import codes, people, policies, serving
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.waiting import until
from tests.kit.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorward.customers.models import Customer
    from doorward.kernel.crypto.keyring import KeyFile
    from tests.cli.nodes import Nodes

EXAMPLE = Path(__file__).parents[2] / "deploy" / "proxies" / "haproxy-nodes.cfg"


def wrong_codes_are_counted_over_all(nodes: Nodes, customer: Customer) -> None:
    # Five are free, wherever they are tried.
    thief = people.make_administrator(customer, email="theo@harbourbakery.example")
    codes.enable_app(thief)
    visitors = nodes.with_password(thief)
    wrong = [visitors[n % 3].post("/sign-in/code/", code="000000").status for n in range(8)]
    assert wrong[:5] == [422] * 5
    assert set(wrong[5:]) == {429}


def who_is_suspended_is_out_at_all(nodes: Nodes, customer: Customer) -> None:
    person = people.make_administrator(customer, email="samuel@harbourbakery.example")
    browsers = nodes.signed_in(person)
    assert _home(browsers) == [200] * 3
    Administrator.objects.everywhere().filter(id=person.id).update(status=Status.SUSPENDED)
    assert _home(browsers) == [303] * 3


def policies_hold_at_all(nodes: Nodes, _customer: Customer) -> None:
    # The customer's own, then the provider's minimum for it, and for the brand.
    customer = people.make_customer("Kestrel Logistics")
    person = people.make_administrator(customer, email="mona@kestrel.example")
    require, lift = policies.require, policies.lift
    _holds_and_is_lifted(nodes, person, partial(require, customer.id), partial(lift, customer.id))
    least = partial(policies.require_by_minimum, customer.id)
    _holds_and_is_lifted(nodes, person, least, partial(least, required=False))
    least = partial(policies.require_by_brand, customer.brand_id)
    _holds_and_is_lifted(nodes, person, least, partial(least, required=False))


def _holds_and_is_lifted(
    nodes: Nodes, person: Administrator, require: Callable[[], object], lift: Callable[[], object]
) -> None:
    browsers = nodes.signed_in(person)
    assert _home(browsers) == [200] * 3
    require()
    assert _home(browsers) == [303] * 3
    lift()
    assert _home(browsers) == [200] * 3


def _home(browsers: list[Wire]) -> list[int]:
    return [one.get("/").status for one in browsers]


def brands_hold_at_all(nodes: Nodes, _customer: Customer) -> None:
    strangers = nodes.visitors()
    Brand.objects.filter(is_default=True).update(name="Renamed Telecom")
    assert _show(strangers, "/sign-in/", "Renamed Telecom")
    Brand.objects.create(name="Second Brand", hosts=["second.example"])
    for one in strangers:
        one.origin = "http://second.example"
    assert _show(strangers, "/sign-in/", "Second Brand")


def _show(browsers: list[Wire], path: str, words: str) -> bool:
    """Return whether a page has these words within a second, at each node."""
    return all_soon(browsers, lambda one: words in one.get(path).text)


def tabs_and_applications_hold_at_all(nodes: Nodes, customer: Customer) -> None:
    person = people.make_administrator(customer, email="greta@harbourbakery.example")
    give_tab(person, "fax")
    browsers = nodes.signed_in(person)
    application = make_application("fax")
    relying = Relying(application, make_secret(application))
    assert _show(browsers, "/", "https://fax.example/")
    Tab.objects.filter(key="fax").update(url="https://moved.example/")
    assert _show(browsers, "/", "https://moved.example/")
    # What is asked of the database each time holds at once.
    assert all("code=" in authorized(one, relying) for one in browsers)
    codes_of = [code_at(one, relying) for one in browsers]
    ClientSecret.objects.filter(application=application).delete()
    refused = zip(browsers, codes_of, strict=True)
    assert [relying_at(one, relying).exchange(code).status for one, code in refused] == [401] * 3
    Application.objects.filter(id=application.id).update(redirect_uris=["https://moved.example/"])
    assert not any("code=" in authorized(one, relying) for one in browsers)
    Tab.objects.filter(key="fax").delete()
    assert all_soon(browsers, lambda one: "https://moved.example/" not in one.get("/").text)
    assert not any("code=" in authorized(one, relying) for one in browsers)


def keys_are_changed_while_they_run(nodes: Nodes, customer: Customer, keys: KeyFile) -> None:
    person = people.make_administrator(customer, email="kim@harbourbakery.example")
    codes.enable_app(person)
    old = keys.ring.newest.id
    nodes.command("keys", "new")
    new = keys.ring.newest.id
    assert new != old
    # What each of them seals from now on is sealed by it: a set-up that was begun there.
    assert _sealed().needs[old]["set-ups"] == 0
    _begin_set_up(nodes, customer, "first")
    assert _sealed().needs[old]["set-ups"] == 0
    assert _sealed().needs[new]["set-ups"] == 3
    # And what was sealed again, by a key that they had not at their start, opens at each.
    nodes.command("keys", "rotate")
    assert set(_sealed().needs) == {new}
    keys.drop(old)
    for at in range(3):
        browser = nodes.with_password(person)[at]
        assert browser.post("/sign-in/code/", code=codes.next_code(person)).status == 303
    _begin_set_up(nodes, customer, "second")
    found = _sealed()
    assert (set(found.needs), found.broken) == ({new}, 0)


def _sealed() -> columns.Found:
    return columns.look(COLUMNS, seen=lambda: None)


def _begin_set_up(nodes: Nodes, customer: Customer, name: str) -> None:
    for at in range(3):
        person = people.make_administrator(customer, email=f"{name}{at}@harbourbakery.example")
        page = nodes.with_password(person)[at].get("/security/2fa/enable/")
        assert 'id="manual-code"' in page.text


def people_sign_in_while_no_worker_is_left(nodes: Nodes, customer: Customer) -> None:
    """By HAProxy with its example, of whose two backends the second has no server here."""
    nodes.worker.terminate()
    nodes.worker.wait()
    Heartbeat.objects.all().delete()  # as it is a minute later
    assert [one.get("/readyz").status for one in nodes.visitors()] == [503] * 3
    person = people.make_administrator(customer, email="petra@harbourbakery.example")
    with _balanced(nodes) as port:
        visitor = Wire(port, nodes.origin)
        sent = visitor.post("/sign-in/", email=person.email, password=people.PASSWORD, next="")
        assert sent.status == 303
        assert visitor.get("/").status == 200


@contextmanager
def _balanced(nodes: Nodes) -> Iterator[int]:
    """Balance them as long as it is open; return at which port."""
    port, nobody = serving.free_port(), serving.free_port()
    text = re.sub(r"bind :443 .*", f"bind 127.0.0.1:{port}", EXAMPLE.read_text())
    ready, apart, alive = text.partition("\nbackend alive")
    for number, one in enumerate(nodes.servers, 1):
        ready = ready.replace(f"10.0.0.1{number}:8000", f"127.0.0.1:{one.port}")
    settings = nodes.folder / "haproxy.cfg"
    told = nodes.folder / "haproxy.sock"
    ready = ready.replace("global\n", f"global\n    stats socket {told}\n")
    settings.write_text(ready + apart + re.sub(r"10\.0\.0\.1\d:8000", f"127.0.0.1:{nobody}", alive))
    process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-q", "-f", settings])
    try:
        until(lambda: serving.listens(port) and _were_checked(told))
        yield port
    finally:
        process.kill()
        process.wait()


def _were_checked(told: Path) -> bool:
    """Return whether HAProxy has asked each node once: until then it takes them for good."""
    with socket.socket(socket.AF_UNIX) as line:
        # Its port is there a moment before this one.
        if line.connect_ex(str(told)):
            return False
        line.sendall(b"show stat\n")
        said = b"".join(iter(lambda: line.recv(65536), b"")).decode().removeprefix("# ")
    checks = [one["check_status"] for one in csv.DictReader(said.splitlines())]
    asked = [one for one in checks if one]
    return len(asked) == 6 and not any(one.startswith(("INI", "*")) for one in asked)
