"""While the primary moves, requests wait a little, then say so; nothing restarts, and all goes on by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from tests.kit import clusters
from tests.kit.forwarding import Forwarder, forwarder
from tests.kit.serving import Browser, Server, doorward, environment, free_port, start
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("moving"), pytest.mark.one_database]

PASSWORD = "seven bridges over a quiet river"
# A busy machine comes late; what waits until the system notices is later.
LATE_SECONDS = 4.0
# What a request that asks no database takes at most where nothing else is done.
USUAL_SECONDS = 0.25
# What a process has asked last when it knows brands and tabs.
KNOWING = """
SELECT 1 FROM pg_stat_activity WHERE state = 'idle' AND query LIKE '%%"customers_tab"%%' AND backend_start > %s
"""


@dataclass
class Portal:
    """A running portal on a PostgreSQL of its own, and somebody who is signed in."""

    cluster: clusters.Cluster
    network: Forwarder
    server: Server
    folder: Path
    settings: dict[str, str]

    def browser(self) -> Browser:
        browser = Browser(self.server.address)
        browser.get("/sign-in/")
        browser.post("/sign-in/", email="ines@portal.example", password=PASSWORD)
        assert browser.get("/") == "/"
        return browser

    @contextmanager
    def lateness(self) -> Iterator[list[float]]:
        """Return a list with how many seconds came late meanwhile what has to do with no database."""
        late, over = [0.0], threading.Event()

        def look() -> None:
            while not over.wait(0.05):
                began = time.monotonic()
                self.server.healthy()
                late[0] += max(0.0, time.monotonic() - began - USUAL_SECONDS)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield late
        finally:
            over.set()
            looking.join()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("moving") / "data"
    with clusters.cluster() as cluster, forwarder(cluster.port) as network:
        # Nobody is at the first address: the second serves.
        list_of_two = f"127.0.0.1:{free_port()},127.0.0.1:{network.port}"
        url = f"postgresql://postgres@{list_of_two}/postgres?target_session_attrs=read-write"
        settings = {"database_url": url, "database_direct_url": url}
        server = start(folder, port=None, **settings)
        try:
            assert doorward("customers", "add", "Mill", folder=folder, **settings).returncode == 0
            words = ("administrators", "add", "ines@portal.example", "--customer", "Mill")
            added = doorward(
                *words,
                "--primary",
                "--password-stdin",
                folder=folder,
                stdin=PASSWORD,
                **settings,
            )
            assert added.returncode == 0, added.stderr
            yield Portal(cluster, network, server, folder, settings)
        finally:
            server.stop()


def asked(browser: Browser, path: str, **headers: str) -> tuple[int, float, str, Message]:
    """Return status, seconds, page and headers of an answer, an error or not."""
    began = time.monotonic()
    request = Request(browser.address + path, headers=headers)
    try:
        with browser.opener.open(request, timeout=30) as answer:
            return answer.status, time.monotonic() - began, answer.read().decode(), answer.headers
    except HTTPError as error:
        seconds = time.monotonic() - began
        return error.code, seconds, error.read().decode(), error.headers


def sent(browser: Browser, path: str, **fields: str) -> tuple[int, float, str]:
    """Return status, seconds and page of what a form was answered."""
    began = time.monotonic()
    try:
        browser.post(path, **fields)
    except HTTPError as error:
        return error.code, time.monotonic() - began, error.read().decode()
    return 200, time.monotonic() - began, browser.page


def test_who_asks_while_nobody_is_primary_waits_and_then_sees_the_brands_page(portal):
    reader, writer = portal.browser(), portal.browser()
    writer.get("/security/")
    parts = portal.server.main().children(recursive=True)
    portal.cluster.stop()
    try:
        with portal.lateness() as late, ThreadPoolExecutor(4) as pool:
            page = pool.submit(asked, reader, "/")
            program = pool.submit(asked, reader, "/", Accept="application/json")
            form = pool.submit(sent, writer, "/security/sessions/end/", others="on")
            ready = pool.submit(asked, reader, "/readyz")
        status, seconds, text, headers = page.result()
        assert (status, headers["Retry-After"]) == (503, "5")
        assert 4 < seconds < 5 + LATE_SECONDS + late[0]
        assert "cannot reach its data" in text
        assert "Provider" in text  # the brand, whose name nobody can look up now
        assert "brand.css" in text
        status, _, text, headers = program.result()
        assert (status, headers["Content-Type"]) == (503, "application/problem+json")
        assert '"status": 503' in text
        status, seconds, text = form.result()
        assert status == 503
        assert seconds < 5 + LATE_SECONDS + late[0]
        assert "nothing was changed" in text
        assert ready.result()[0] == 503
        assert json.loads(ready.result()[2]) == {"ready": False, "wrong": ["database"]}
        assert ready.result()[1] < 1 + LATE_SECONDS + late[0]
    finally:
        portal.cluster.start()
    assert asked(reader, "/")[0] == 200
    assert portal.server.main().children(recursive=True) == parts
    log = portal.server.log.read_text()
    assert "nothing can be saved: the database cannot be reached" in log
    assert "Traceback" not in log


def test_whoever_answered_nobody_before_shows_the_brands_page_too(portal):
    """A process that was started again just before knows the brands as the others do."""
    [[killed]] = portal.cluster.rows("SELECT clock_timestamp()")
    serve = portal.server.part("serve")
    assert serve
    before = portal.server.answering()
    serve.kill()
    # Those whose server was killed answer for a moment.
    until(lambda: not any(one.is_running() for one in before))
    # Health is told without the database.
    until(lambda: len(portal.cluster.rows(KNOWING, killed)) == 2 and portal.server.healthy())
    portal.cluster.stop()
    try:
        with ThreadPoolExecutor(8) as pool:
            browsers = [Browser(portal.server.address) for _ in range(8)]
            answers = list(pool.map(lambda one: asked(one, "/sign-in/"), browsers))
    finally:
        portal.cluster.start()
    assert {status for status, *_ in answers} <= {200, 503}
    assert all("Provider" in text and "brand.css" in text for _, _, text, _ in answers)
    assert "Traceback" not in portal.server.log.read_text()


def test_a_request_that_waits_is_answered_when_the_next_primary_is_there(portal):
    browser = portal.browser()
    # So that it is there soon: they wait five seconds.
    portal.cluster.rows("CHECKPOINT")
    portal.cluster.stop()
    with ThreadPoolExecutor(20) as pool:
        try:
            asking = [pool.submit(asked, browser, "/") for _ in range(20)]
            before = portal.network.in_vain
            until(lambda: portal.network.in_vain > before + 1)
        finally:
            portal.cluster.start()
    assert [one.result()[0] for one in asking] == [200] * 20


def test_connections_whose_server_is_gone_are_nobodys_error(portal):
    browser = portal.browser()
    with ThreadPoolExecutor(8) as pool:  # so that the pool has some
        list(pool.map(lambda _: asked(browser, "/activity/"), range(32)))
    portal.cluster.stop()
    portal.cluster.start()
    assert [asked(browser, "/")[0] for _ in range(16)] == [200] * 16


def test_a_server_that_says_nothing_any_more_is_waited_for_no_longer(portal):
    reader, writer = portal.browser(), portal.browser()
    writer.get("/security/")
    portal.cluster.freeze()
    try:
        with portal.lateness() as late, ThreadPoolExecutor(2) as pool:
            page = pool.submit(asked, reader, "/")
            form = pool.submit(sent, writer, "/security/sessions/end/", others="on")
        status, seconds, text, _ = page.result()
        assert status == 503
        assert seconds < 5 + LATE_SECONDS + late[0]
        assert "cannot reach its data" in text
        status, seconds, text = form.result()
        assert status == 503
        assert seconds < 5 + LATE_SECONDS + late[0]
        # It may have been asked already, and have done it.
        assert "whether what you sent was saved" in text or "nothing was changed" in text
    finally:
        portal.cluster.thaw()
    assert asked(reader, "/")[0] == 200


def test_a_network_that_is_cut_is_waited_for_no_longer_and_is_there_again_by_itself(portal):
    reader, writer = portal.browser(), portal.browser()
    writer.get("/security/")
    portal.network.is_cut = True
    try:
        with portal.lateness() as late, ThreadPoolExecutor(9) as pool:
            pages = [pool.submit(asked, reader, "/") for _ in range(8)]
            form = pool.submit(sent, writer, "/security/sessions/end/", others="on")
            found = [page.result() for page in pages]
            # Who comes later finds no connection at all; brands are looked for again meanwhile.
            found += pool.map(asked, [reader] * 8, ["/"] * 8)
        for status, seconds, text, _ in found:
            assert status == 503
            assert seconds < 5 + LATE_SECONDS + late[0]
            assert "cannot reach its data" in text
            assert "brand.css" in text
        assert form.result()[0] == 503
        assert form.result()[1] < 5 + LATE_SECONDS + late[0]
    finally:
        portal.network.is_cut = False
    assert [asked(reader, "/")[0] for _ in range(8)] == [200] * 8
    assert "Traceback" not in portal.server.log.read_text()


def test_the_worker_goes_on_by_itself(portal):
    portal.cluster.stop()
    time.sleep(2)  # it fails some rounds
    portal.cluster.start()
    worker = portal.server.part("work")
    added = doorward(
        *("administrators", "add", "lena@portal.example", "--customer", "Mill"),
        folder=portal.folder,
        **portal.settings,
    )
    assert added.returncode == 0, added.stderr
    until(
        lambda: any(
            b"lena@portal.example" in one.read_bytes()
            for one in (portal.folder / "mail").glob("*.eml")
        )
    )
    assert portal.server.part("work") == worker


def test_commands_find_the_server_of_a_list_that_serves(portal, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{clusters.programs()}:{os.environ['PATH']}")
    copy = tmp_path / "copy.backup"
    made = doorward("backup", str(copy), folder=portal.folder, **portal.settings)
    assert made.returncode == 0, made.stderr
    assert copy.stat().st_size > 10_000


def test_where_none_serves_a_command_says_so(portal, tmp_path):
    url = f"postgresql://postgres@127.0.0.1:{free_port()},127.0.0.1:{free_port()}/postgres"
    given = portal.settings | {"database_url": url, "database_direct_url": url}
    found = doorward("customers", "list", folder=portal.folder, **given)
    assert found.returncode == 1
    assert found.stderr.startswith("The database cannot be used: ")
    assert "Traceback" not in found.stderr


READ_ONLY = """
import django; django.setup()
from django.db import connection, transaction, DatabaseError
from doorward.kernel.models import Heartbeat
from doorward.kernel.heartbeat import beat
from django.utils import timezone

def server():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]

before = server()
with connection.cursor() as cursor:  # as a primary that lost its place while we were connected
    cursor.execute("SET default_transaction_read_only = on")
try:
    with transaction.atomic():
        beat("worker", now=timezone.now())
except DatabaseError as error:
    print(error)
print(Heartbeat.objects.count() >= 0)  # who only reads goes on reading
for _ in range(20):
    connection.close()
    assert server() != before
beat("worker", now=timezone.now())
print("written")
connection.close()
connection.close_pool()
"""


def test_a_connection_to_a_server_that_may_only_read_is_dropped(portal):
    said = subprocess.run(
        [sys.executable, "-c", READ_ONLY],
        env={
            **environment(portal.folder, **portal.settings),
            "DJANGO_SETTINGS_MODULE": "doorward.settings.django",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    first, read, written = said.stdout.split("\n")[:3]
    assert "read-only transaction" in first
    assert (read, written) == ("True", "written")
