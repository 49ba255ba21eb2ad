"""The worker as a process of its own, killed with -9 at the worst moments, on the database of the tests."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.kit import postgresql
from tests.kit.serving import environment, made_before
from tests.kit.waiting import until
from tests.notifications import servers
from tests.notifications.mails import Folder, part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.processes

PREPARE = """
from doorward.cli.base import set_up_django
set_up_django()
from doorward.cli.first_start import bring_up_to_date
bring_up_to_date()
from django.utils import timezone
from doorward.accounts import services
from doorward.audit.actor import CONSOLE
from doorward.customers.models import Customer
from datetime import timedelta
import os
def invite(email):
    details = services.Details(first_name="Lena", last_name="Fischer")
    new = services.NewAdministrator(email=email, details=details, tabs=frozenset({"home"}))
    services.add(new, customer=Customer.objects.get(), actor=CONSOLE, now=timezone.now())
"""


class Installation:
    """A data folder and a database, and the processes that work on them."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.mail = Folder(folder / "mail")
        self.log = folder.parent / "worker.log"

    def run(self, script: str, *, status: int = 0) -> None:
        """Run a few lines in a process that has Django and the data at hand."""
        ended = subprocess.run(
            [sys.executable, "-c", PREPARE + script],
            env=environment(self.folder, **self.settings),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == status, ended.stderr

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the real worker."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", WORKER],
                env=environment(self.folder, **self.settings),
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


WORKER = "from doorward.cli.processes import work; work()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    if not postgresql.url():
        return made_before(made)
    made.mkdir()
    return made


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """An empty database of its own."""
    if not postgresql.url():
        yield {}
        return
    with postgresql.empty_database() as address:
        yield {"database_url": address}


@pytest.fixture
def installation(folder: Path, database: dict[str, str]) -> Installation:
    return Installation(folder, **database)


@pytest.mark.at_length
def test_what_was_committed_before_a_kill_arrives(installation: Installation) -> None:
    # The process that commits dies at once, and no worker was there.
    installation.run("invite('lena@a.example'); os.kill(os.getpid(), 9)", status=-signal.SIGKILL)
    assert installation.mail.all() == []
    with installation.worker():
        until(lambda: len(installation.mail.all()) == 1)
    (message,) = installation.mail.all()
    assert message["To"] == "lena@a.example"
    assert "/invitation/" in part(message, "plain")


def test_a_kill_after_the_events_were_looked_at_loses_nothing(installation: Installation) -> None:
    installation.run(
        "invite('lena@a.example')\n"
        "from doorward.notifications import outbox\n"
        "assert outbox.dispatch(now=timezone.now())\n"
        "os.kill(os.getpid(), 9)",
        status=-signal.SIGKILL,
    )
    with installation.worker():
        until(lambda: len(installation.mail.all()) == 1)


def test_a_kill_while_the_server_listens_sends_it_again(
    folder: Path, database: dict[str, str]
) -> None:
    with servers.serve() as box:
        installation = Installation(folder, **database, email_url=f"smtp://127.0.0.1:{box.port}")
        with installation.worker() as worker:
            # Before there is anything to send.
            box.kills = worker.pid
            installation.run("invite('lena@a.example')")
            assert worker.wait(timeout=60) == -signal.SIGKILL
        assert len(box.envelopes) == 1
        # While its lease holds nobody sends it a second time.
        installation.run(
            "from doorward.notifications.worker import run_once\n"
            "assert run_once(timezone.now()) == 0\n"
            "assert run_once(timezone.now() + timedelta(minutes=3)) == 1"
        )
        first, second = box.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_rounds_that_fail_do_not_end_the_worker(tmp_path: Path, database: dict[str, str]) -> None:
    installation = Installation(tmp_path / "new", **database)
    installation.folder.mkdir()
    with installation.worker() as worker:
        # No table is there yet.
        until(lambda: b"a round of the worker failed" in installation.log.read_bytes())
        installation.run("invite('lena@a.example')")
        until(lambda: len(installation.mail.all()) == 1)
        assert worker.poll() is None


def test_it_ends_in_order(installation: Installation) -> None:
    installation.run("invite('lena@a.example')")
    with installation.worker() as worker:
        until(lambda: len(installation.mail.all()) == 1)
        worker.terminate()
        assert worker.wait(timeout=60) == 0


def test_mail_files_are_nobodys_business(installation: Installation) -> None:
    installation.run(
        "invite('lena@a.example')\n"
        "from doorward.notifications.worker import run_once\n"
        "assert run_once(timezone.now()) == 1"
    )
    (file,) = installation.mail.path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.suffix == ".eml"
