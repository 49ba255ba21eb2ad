"""`doorward run` is one process tree: it starts, mends itself and ends as one."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.throughput import pss_mib
from doorward.cli.supervisor import FIRST_WAIT_SECONDS
from doorward.web.server import stalled
from tests.kit import monitor, postgresql
from tests.kit.serving import Browser, doorward, environment, free_port, made_before, start
from tests.kit.waiting import until

# Of a node that has had little to do, on SQLite; 275 where each part loads for itself.
MOST_MIB = 170

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("commands")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run") / "data"


@pytest.fixture(scope="module")
def mended(tmp_path_factory):
    """Return one whose parts are killed, one after the other; it starts them again by itself."""
    folder = made_before(tmp_path_factory.mktemp("mended") / "data")
    started = start(folder, metrics_token=monitor.TOKEN)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def steady_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("steady") / "data"


@pytest.fixture(scope="module")
def steady(steady_folder):
    """Return one that no test ends."""
    started = start(steady_folder)
    yield started
    started.stop()


def tree(server):
    return [server.main(), *server.main().children(recursive=True)]


def running(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # It ended between the two questions.
        return False


def gone(processes):
    return not any(running(one) for one in processes)


def other_than(pid, find):
    """Wait for a process that took the place of `pid`."""

    def found():
        process = find()
        return process if process and process.pid != pid else None

    return until(found)


@pytest.mark.parametrize(
    ("host", "number"),
    [
        ("localhost", signal.SIGTERM),
        pytest.param("", signal.SIGINT, marks=pytest.mark.at_length),
        pytest.param("[::1]", signal.SIGHUP, marks=pytest.mark.at_length),
    ],
)
def test_it_listens_on_names_and_every_address_and_ends_as_one(tmp_path, host, number):
    server = start(made_before(tmp_path / "data"), host=host)
    processes = tree(server)
    try:
        assert server.healthy()
        assert len(processes) >= 5
        server.process.send_signal(number)
        assert server.process.wait(timeout=60) == 0
    finally:
        server.stop()
    until(lambda: gone(processes))
    assert "Traceback" not in server.log.read_text()


def test_after_a_kill_it_starts_again_at_once_on_folder_and_port(folder):
    server = start(folder)
    processes = tree(server)
    server.process.kill()
    server.process.wait()
    again = start(folder, port=server.port)
    assert again.healthy()
    # Nobody of the killed one shares its port.
    until(lambda: gone(processes))
    assert again.stop() == 0
    assert not again.healthy()


def asked_for_health(server):
    """Return how many requests of machines are counted, over all processes; this one comes after."""
    headers = {"Authorization": f"Bearer {monitor.TOKEN}"}
    request = urllib.request.Request(f"{server.address}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = answer.read().decode()
    return sum(
        value
        for name, labels, value in monitor.samples(told)
        if name == "doorward_requests_total" and labels["room"] == "machines"
    )


def test_all_processes_count_together_and_a_killed_one_takes_nothing_with_it(mended):
    before = asked_for_health(mended)
    for _ in range(20):
        assert mended.healthy()
    processes = {process.pid for process in mended.answering()}
    killed = mended.answering()[0]
    killed.kill()
    killed.wait()
    until(lambda: len({one.pid for one in mended.answering()} - processes) == 1)
    until(mended.healthy)
    for _ in range(20):
        assert mended.healthy()
    assert asked_for_health(mended) == before + 1 + 20 + 1 + 20


def test_a_killed_answering_process_is_replaced(mended):
    killed = mended.answering()[0]
    killed.kill()
    until(
        lambda: (
            len([one for one in mended.answering() if one.pid != killed.pid]) == 2
            and mended.healthy()
        )
    )


def test_an_answering_process_ends_where_its_server_was_killed_while_it_began(folder):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    begins = f"from doorward.cli.processes import _application; _application({gone.pid})"
    ended = subprocess.run([sys.executable, "-c", begins], env=environment(folder), check=False)
    assert ended.returncode == 1


def test_a_background_worker_that_dies_again_and_again_is_started_later_each_time(mended):
    pauses = []
    for _ in range(3):
        work = until(lambda: mended.part("work"))
        before = time.monotonic()
        work.kill()
        other_than(work.pid, lambda: mended.part("work"))
        assert mended.healthy()
        pauses.append(time.monotonic() - before)
    # What else the machine does makes a pause longer, and none shorter.
    assert all(pause > FIRST_WAIT_SECONDS * 2**times for times, pause in enumerate(pauses)), pauses


def test_the_killed_server_is_replaced_and_leaves_nobody_behind(mended):
    serve, answering = mended.part("serve"), mended.answering()
    serve.kill()
    until(lambda: gone([serve, *answering]))
    other_than(serve.pid, lambda: mended.part("serve"))
    until(mended.healthy)


def test_a_taken_port_is_refused_with_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = doorward("run", "--bind", f"127.0.0.1:{port}", folder=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr == f"The port 127.0.0.1:{port} is taken by another program.\n"
    assert answer.stdout == ""


@pytest.mark.parametrize(
    ("bind", "why"),
    [
        ("no-such-name.invalid:8000", "the name no-such-name.invalid has no address here"),
        ("192.0.2.1:8000", "Cannot assign requested address"),
        ("[2001:db8::1]:8000", "Cannot assign requested address"),
    ],
)
def test_what_cannot_be_listened_on_ends_with_one_sentence(tmp_path, bind, why):
    answer = doorward("run", "--bind", bind, folder=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr == f"Doorward cannot listen on {bind}: {why}.\n"


def test_where_nobody_is_a_start_prints_the_link_that_makes_the_first(steady):
    """On standard output, once; whoever opens it leaves nothing of it in the log."""
    address = re.compile(r"^http://localhost:\d+(/first/[\w-]{43}/)$", re.MULTILINE)
    found = until(lambda: address.findall(steady.log.read_text()))
    assert len(found) == 1
    browser = Browser(f"http://localhost:{steady.port}")
    assert (browser.get(found[0]), browser.name) == ("/first/", "first")
    names = {"first_name": "Nora", "last_name": "Weber", "password": "nine kettles"}
    assert browser.post("/first/", email="nora@provider.example", **names) == "/sign-in/set-up/"
    assert found[0] not in steady.log.read_text().replace(found[0], "", 1)


def test_the_port_of_another_doorward_is_refused(steady, tmp_path):
    bind = f"127.0.0.1:{steady.port}"
    answer = doorward("run", "--bind", bind, folder=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr == f"The port {bind} is taken by another program.\n"


@pytest.mark.parametrize(
    "ask",
    ["HTTP/1.0", "HTTP/1.1", "HTTP/1.1\r\nHost:", "HTTP/1.1\r\nHost: a b", "HTTP/1.1\r\nHost: é"],
)
def test_a_monitor_that_says_no_host_or_a_wrong_one_is_answered(steady, ask):
    before = len(steady.log.read_text())
    with socket.create_connection(("127.0.0.1", steady.port), timeout=60) as line:
        line.sendall(f"GET /healthz {ask}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert b" 200 OK\r\n" in answer
    assert answer.endswith(b"ok\n")
    written = steady.log.read_text()[before:]
    assert "ERROR" not in written
    assert "Traceback" not in written


def test_a_second_start_on_the_same_folder_is_refused(steady, steady_folder):
    bind = f"127.0.0.1:{free_port()}"
    answer = doorward("run", "--bind", bind, folder=steady_folder)
    assert answer.returncode == 1
    assert answer.stderr == f"Doorward already runs on the data folder {steady_folder}.\n"
    assert steady.healthy()


def test_links_that_are_made_at_the_console_lead_to_where_it_runs(steady, steady_folder):
    """`--bind` alone says where; a second start, which is refused, takes nothing away."""
    doorward("run", folder=steady_folder)
    doorward("customers", "add", "Console", folder=steady_folder)
    words = ("administrators", "add", "console@provider.example", "--customer", "Console")
    told = doorward(*words, folder=steady_folder)
    assert told.stdout.startswith(f"http://localhost:{steady.port}/invitation/")
    again = ("administrators", "resend-invitation", "console@provider.example")
    told = doorward(*again, folder=steady_folder, public_url="https://portal.example.com")
    assert told.stdout.startswith("https://portal.example.com/invitation/")


def test_where_nothing_runs_links_lead_to_the_usual_port(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "running.lock").write_text("127.0.0.1:9")
    words = ("administrators", "add", "console@provider.example", "--customer", "Provider")
    told = doorward(*words, folder=tmp_path / "data")
    assert told.stdout.startswith("http://localhost:8000/invitation/")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the locks")
def test_every_process_keeps_its_locks_on_the_database(steady, steady_folder):
    """Without them SQLite takes a process for gone, and what it writes is lost, or damages the file."""
    database = steady_folder / "doorward.sqlite3"
    inode = f":{database.stat().st_ino} "

    def holding():
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{steady.address}/readyz", timeout=60).close()
        locks = [line for line in Path("/proc/locks").read_text().splitlines() if inode in line]
        return {int(line.split()[4]) for line in locks}

    def having():
        there = steady.answering() + [one for one in [steady.part("work")] if one]
        return {one.pid for one in there if any(database == Path(f.path) for f in one.open_files())}

    until(lambda: holding() >= having() and len(having()) > 1)  # who is asked opens it
    time.sleep(stalled.LOOK_SECONDS + 1)  # whatever looks at descriptors has looked
    # Read page by page, while others' locks come and go: one may be missed. One that is lost stays so.
    until(lambda: having() <= holding())


def test_only_the_first_process_holds_the_folder(steady, steady_folder):
    """With its end it is free, however long others take to go."""
    lock = steady_folder / "running.lock"
    holding = [
        one.pid for one in tree(steady) if lock in {Path(file.path) for file in one.open_files()}
    ]
    assert holding == [steady.main().pid]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what is shared")
def test_what_all_processes_have_loaded_is_in_memory_once(tmp_path):
    # One of its own: how much another one has had to do depends on which tests came before.
    portal = start(made_before(tmp_path / "data"))
    try:
        Browser(portal.address).get("/sign-in/")
        until(lambda: pss_mib(portal.main()) < MOST_MIB)
        # What only reads settings is in no process that stays.
        loaded = [Path(f"/proc/{one.pid}/maps").read_text() for one in tree(portal)]
        assert not [maps for maps in loaded if "pydantic_core" in maps]
    finally:
        portal.stop()


def test_the_data_folder_is_the_owners_alone(steady, steady_folder):
    assert steady_folder.stat().st_mode & 0o777 == 0o700
    assert (steady_folder / "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"colour": "blue"}, "DOORWARD_COLOUR is not a setting of Doorward.\n"),
        ({"database_url": "mysql://user:hidden@host/name"}, "DOORWARD_DATABASE_URL: it must be"),
        ({"config": "/nowhere"}, "DOORWARD_CONFIG: the file /nowhere does not exist.\n"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_not_shown(tmp_path, settings, sentence):
    answer = doorward("run", folder=tmp_path / "data", **settings)
    assert answer.returncode == 1
    assert answer.stderr.startswith(sentence)
    assert answer.stderr.count("\n") == 1
    assert "hidden" not in answer.stderr
    assert not (tmp_path / "data").exists()


def test_a_wrong_option_is_a_usage_error(tmp_path):
    answer = doorward("run", "--workers", "none", folder=tmp_path / "data")
    assert answer.returncode == 2


if postgresql.url():  # there is nothing to say about it on SQLite

    @pytest.mark.both_databases
    def test_it_runs_on_postgresql(tmp_path):
        with postgresql.empty_database() as url:
            running = start(tmp_path / "data", database_url=url)
            processes = tree(running)
            assert running.stop() == 0
            until(lambda: gone(processes))
            again = start(tmp_path / "data", database_url=url)
            os.kill(again.answering()[0].pid, signal.SIGKILL)
            until(again.healthy)
            again.stop()
