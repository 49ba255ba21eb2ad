"""`doorward selftest`: it says which guards of a running portal hold, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE
from doorward.audit.events import SELFTEST_RUN
from doorward.audit.verifying import verify
from doorward.customers import throw_away
from doorward.customers.models import Customer, ThrowAway
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import limits, throttle
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.operations.selftest.browser import NoAnswer, Target
from doorward.operations.selftest.guards import GUARDS, Guard
from doorward.operations.selftest.playing import Result, Verdict, play_all
from doorward.operations.selftest.stage import NotHere, Stage, expect
from doorward.permissions.errors import NotAuthorised
from doorward.signin.events import PASSWORD_LINK_ASKED
from tests.kit import people, serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

NOWHERE = Target("http://127.0.0.1:1", "http://localhost")
ROOT = Path(__file__).parents[2]


def command(server: serving.Server, folder: Path) -> tuple[int, dict[str, str], str]:
    """Run it; return its exit status, what came of each guard, and what it said on stderr."""
    done = serving.doorward(
        "selftest", "--json", "--address", server.address, folder=folder, **public(server.port)
    )
    results = json.loads(done.stdout or "[]")
    return done.returncode, {one["guard"]: one["verdict"] for one in results}, done.stderr


def broken_off(number: signal.Signals, server: serving.Server, folder: Path) -> tuple[int, str]:
    """End it by a signal in the middle; return its exit status, and what it said."""
    begun = subprocess.Popen(
        [*serving.PROGRAM, "selftest", "--address", server.address],
        env=serving.environment(folder, **public(server.port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert begun.stdout
    assert begun.stdout.readline()
    begun.send_signal(number)
    said = begun.communicate()[1]
    return begun.returncode, said.strip()


def public(port: int) -> dict[str, str]:
    return {"public_url": f"http://localhost:{port}"}


def started(folder: Path, **rest: Any) -> serving.Server:
    port = serving.free_port()
    return serving.start(folder, port=port, **public(port), **rest)


def customers_of(folder: Path) -> list[str]:
    listed = serving.doorward("customers", "list", "--json", folder=folder)
    return [one["name"] for one in json.loads(listed.stdout)]


# --- against a running portal ---------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.xdist_group("commands")
def test_every_guard_of_a_running_portal_holds_and_nothing_is_left(tmp_path: Path) -> None:
    folder = serving.made_before(tmp_path / "data")
    server = started(folder)
    try:
        status, verdicts, said = command(server, folder)
        assert (status, said) == (0, ""), verdicts
        assert set(verdicts) == {one.name for one in GUARDS}
        assert set(verdicts.values()) == {"holds"}
        assert customers_of(folder) == ["Provider"]
        assert not list((folder / "mail").glob("*.eml"))
        for number in (signal.SIGTERM, signal.SIGHUP):
            assert broken_off(number, server, folder) == (1, "Aborted!")
        assert customers_of(folder) == ["Provider"]
    finally:
        server.stop()
    assert serving.doorward("history", "verify", folder=folder).returncode == 0
    exported = serving.doorward("history", "export", folder=folder).stdout
    assert exported.count('"selftest_run"') == 1
    assert "selftest.invalid" not in exported


@pytest.mark.processes
@pytest.mark.xdist_group("commands")
def test_it_names_the_guards_that_were_taken_away(tmp_path: Path) -> None:
    """Two are gone from every process of this portal; and who is killed meanwhile leaves marked customers alone."""
    folder = serving.made_before(tmp_path / "data")
    words = ("env", "DJANGO_SETTINGS_MODULE=tests.operations.guards_taken_away")
    program = (*words, f"PYTHONPATH={ROOT}", sys.executable, "-m", "doorward")
    server = started(folder, program=program)
    try:
        status, verdicts, said = command(server, folder)
        killed = subprocess.Popen(
            [sys.executable, "-m", "doorward", "selftest", "--address", server.address],
            env=serving.environment(folder, **public(server.port)),
            stdout=subprocess.DEVNULL,
        )
        until(lambda: len(customers_of(folder)) == 3 or killed.poll() is not None)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    finally:
        server.stop()
    fell = {name for name, verdict in verdicts.items() if verdict == "fell"}
    assert status == 1
    assert {"second-step", "form-token"} <= fell
    assert {"sign-in", "cookies", "host", "metrics", "history"} <= verdicts.keys() - fell, sorted(
        fell
    )
    assert "second-step" in said
    left = customers_of(folder)
    assert len(left) == 3
    assert all(name.startswith("Doorward selftest ") for name in left if name != "Provider")


# --- what it makes, and what is left of it --------------------------------------------------------


@pytest.fixture
def _place(db: None) -> None:
    people.provider()


def one_guard(play: Callable[[Stage], None]) -> tuple[Guard, ...]:
    return (Guard("one", "It is asked.", play),)


def played(play: Callable[[Stage], None], server: Any) -> list[Result]:
    target = Target(server.url, server.url)
    return play_all(target, actor=CONSOLE, tell=lambda _: None, guards=one_guard(play))


def make() -> Customer:
    return throw_away.make(actor=CONSOLE, now=timezone.now())


@pytest.mark.usefixtures("_place")
def test_what_a_kill_left_behind_the_worker_deletes_and_nothing_else() -> None:
    """With its people and their events; the history stays whole, with hashes in their place."""
    left, own = make(), people.make_customer("Doorward selftest 0123456789ab")
    owner = people.make_administrator(own)
    Stage(NOWHERE, left, left).person(app=True)
    now = timezone.now()
    run_once(now)
    assert Customer.objects.filter(id=left.id).exists()
    for minutes in (16, 18, 20):
        run_once(now + timedelta(minutes=minutes))
    assert not Customer.objects.filter(id=left.id).exists()
    assert not Administrator.objects.of(left.id).exists()
    assert people.is_active(owner)
    assert verify([]).findings == []


@pytest.mark.usefixtures("_place")
def test_what_a_clock_made_that_was_ahead_is_left_no_longer_for_it() -> None:
    now = timezone.now()
    throw_away.make(actor=CONSOLE, now=now + timedelta(days=30))
    at_work = throw_away.make(actor=CONSOLE, now=now)
    assert throw_away.end_due(now=now) == 1
    assert Customer.objects.get(id=at_work.id).status == "active"


@pytest.mark.usefixtures("_place")
def test_ending_one_ends_no_customer_of_anybody() -> None:
    own = people.make_customer()
    throw_away.end(own.id, actor=CONSOLE, now=timezone.now())
    own.refresh_from_db()
    assert (own.status, own.deleting_since) == ("active", None)


@pytest.mark.usefixtures("_place")
def test_nobody_is_mailed() -> None:
    stage = Stage(NOWHERE, make(), make())
    person = stage.person()
    people.ask_for_link(person.row.email)
    run_once(timezone.now())
    assert people.events(PASSWORD_LINK_ASKED)
    assert not Delivery.objects.exists()
    assert throw_away.is_nowhere(person.row.email)
    assert not throw_away.is_nowhere("ines@selftest.invalid.example")


@pytest.mark.usefixtures("_place")
def test_where_nobody_answers_nothing_is_left_and_nothing_is_claimed() -> None:
    with pytest.raises(NoAnswer):
        play_all(NOWHERE, actor=CONSOLE, tell=lambda _: None)
    assert not ThrowAway.objects.exists()
    assert Customer.objects.count() == 1
    assert people.events(SELFTEST_RUN) == []


@pytest.mark.usefixtures("_place")
def test_only_the_console_may(owner: Administrator) -> None:
    for run in (
        lambda: play_all(NOWHERE, actor=people.actor(owner), tell=lambda _: None),
        lambda: throw_away.make(actor=people.actor(owner), now=timezone.now()),
        lambda: throw_away.end(owner.customer_id, actor=people.actor(owner), now=timezone.now()),
    ):
        with pytest.raises(NotAuthorised):
            run()
    assert not ThrowAway.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_came_of_it_is_an_event_of_the_providers(live_server: Any) -> None:
    people.provider()

    def falls(_: Stage) -> None:
        expect(holds=False, otherwise="it is open")

    def elsewhere(_: Stage) -> None:
        raise NotHere("not on this machine")

    def breaks(_: Stage) -> None:
        raise ZeroDivisionError

    fell, asked = played(falls, live_server), played(elsewhere, live_server)
    assert played(breaks, live_server)[0].why == "it could not be asked: ZeroDivisionError"
    assert [(one.verdict, one.why) for one in (*fell, *asked)] == [
        (Verdict.FELL, "it is open"),
        (Verdict.NOT_ASKED, "not on this machine"),
    ]
    events = people.events(SELFTEST_RUN)
    assert [one.outcome for one in events] == ["failed", "ok", "failed"]
    assert events[0].details == {"held": [], "fell": ["one"], "not_asked": []}
    assert events[0].customer_id == people.provider().id
    sealing.seal(now=timezone.now())
    assert verify([]).findings == []
    assert not ThrowAway.objects.exists()


@pytest.mark.usefixtures("_place")
def test_an_address_gets_its_failures_back_and_no_more() -> None:
    now, mine, other = timezone.now(), "192.0.2.10", "198.51.100.7"
    for address, times in ((mine, 7), (other, 2)):
        for _ in range(times):
            throttle.count_failure(address, now=now)
    throttle.take_back(mine, failures=5)
    throttle.take_back(other, failures=5)
    left = {
        address: Attempt.objects.get(key=limits.address_key(address).hash).failures
        for address in (mine, other)
    }
    assert left == {mine: 2, other: 0}
