"""systemd's units: nothing is wrong with them, they can do little, and what they start tells when it is ready.

systemd is asked about the files; it starts none of them here. What a unit starts is started under a user made up for
it, with what the unit gives it and without what it takes.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from doorward.cli.notifying import tell
from tests.installing.building import ROOT
from tests.kit.serving import Server, doorward, free_port, start
from tests.kit.waiting import until

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
# A user and a group that nobody has.
SOMEBODY = 54321
# prctl(2): no memory that is written and run, as `MemoryDenyWriteExecute=` has it.
DENIED = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
pytestmark = [pytest.mark.one_database, pytest.mark.xdist_group("commands")]


def settings(unit, name):
    """Return the values that a unit has for this name, in order."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


def analyze(*words):
    asked = ["systemd-analyze", *words]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit, tmp_path):
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/doorward/bin/doorward", shutil.which("true")))
    assert analyze("verify", "--recursive-errors=no", str(here)) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_can_do_little(unit):
    status, said = analyze("security", "--offline=true", "--threshold=20", str(unit))
    assert status == 0, said


def test_there_are_two_units_alike():
    run, work = (
        set((ROOT / "deploy/systemd" / name).read_text().splitlines())
        for name in ("doorward.service", "doorward-work.service")
    )
    differing = {line.partition("=")[0] for line in run ^ work if not line.startswith("#")}
    assert differing == {"Description", "ExecStart", "TimeoutStartSec"}


@dataclass
class Listener:
    """What systemd is for a service: somebody who is told."""

    socket: socket.socket
    told: list[str]

    def heard(self, state: str) -> bool:
        try:
            while True:
                self.told.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return state in self.told


@pytest.fixture
def listening(monkeypatch):
    """Return what listens under a name, as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:

        def listen(name):
            one.bind(name.replace("@", "\0"))
            one.settimeout(0)
            monkeypatch.setenv("NOTIFY_SOCKET", name)
            return Listener(one, [])

        yield listen


@pytest.mark.processes
def test_run_tells_when_it_is_ready_and_when_it_ends(listening, tmp_path):
    listener = listening(str(tmp_path / "notify"))
    server = start(tmp_path / "data")
    try:
        until(lambda: listener.heard("READY=1"))
        assert listener.told == ["READY=1"]
    finally:
        assert server.stop() == 0
    assert listener.heard("STOPPING=1")


def test_an_abstract_name_is_understood(listening):
    listener = listening(f"@doorward-{free_port()}")
    tell("READY=1")
    assert listener.heard("READY=1")


@pytest.mark.parametrize("name", ["/nowhere/at/all", "vsock:2:9", ""])
def test_nobody_who_listens_keeps_nothing_from_running(name, monkeypatch, caplog):
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    tell("READY=1")
    assert len(caplog.records) == (1 if name.startswith("/") else 0)


def test_the_first_keys_are_made_before_there_is_a_portal(tmp_path):
    file = tmp_path / "keys.json"
    made = doorward("keys", "make", str(file), folder=tmp_path / "data")
    assert (made.returncode, made.stderr) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_bytes()
    again = doorward("keys", "make", str(file), folder=tmp_path / "data")
    assert (again.returncode, file.read_bytes()) == (1, kept)
    assert again.stderr == f"There is a key file {file} already.\n"
    assert not (tmp_path / "data").exists()


@pytest.fixture
def given(installed):
    """Return a folder as the unit gives it: credentials of root's, and a state that is the user's alone."""
    folder = Path(tempfile.mkdtemp(prefix="unit-"))
    folder.chmod(0o755)
    state, credentials = folder / "doorward", folder / "credentials"
    state.mkdir(mode=0o700)
    os.chown(state, SOMEBODY, SOMEBODY)
    credentials.mkdir(mode=0o750)
    subprocess.run([installed, "keys", "make", credentials / "keys.json"], check=True)
    (credentials / "doorward.conf").write_text("DOORWARD_LOG_FORMAT=json\n")
    for path in (credentials, *credentials.iterdir()):
        os.chown(path, 0, SOMEBODY)
        path.chmod(0o550 if path.is_dir() else 0o440)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.at_length
@pytest.mark.processes
@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts what another user runs")
def test_what_the_unit_starts_runs_under_a_user_of_its_own(installed, given, tmp_path):
    unit, port = ROOT / "deploy/systemd/doorward.service", free_port()
    state = given / "doorward"
    calls = state / "calls"
    variables = dict(
        line.replace("%S", str(given)).replace("%d", str(given / "credentials")).split("=", 1)
        for line in settings(unit, "Environment")
    )
    (command,) = settings(unit, "ExecStart")
    words = [*command.replace("/opt/doorward/bin/doorward", str(installed)).split()]
    watched = ["strace", "-f", "-c", "-o", str(calls)]
    alone = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"]
    alone += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    denied = [str(installed.parent / "python"), "-c", DENIED]
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*alone, *watched, *denied, *words, "--bind", f"127.0.0.1:{port}"],
            env={"PATH": "/usr/bin:/bin", **variables},
            cwd=state,
            stdout=output,
            stderr=output,
            umask=0o077,
        )
    try:
        server = Server(process, port, log)
        until(lambda: process.poll() is not None or server.healthy())
        (tree,) = psutil.Process(process.pid).children()
        assert {one.uids().real for one in [tree, *tree.children(recursive=True)]} == {SOMEBODY}
        assert (state / "doorward.sqlite3").stat().st_uid == SOMEBODY
        assert not (state / "keys.json").exists()
        tree.terminate()
        assert process.wait(timeout=60) == 0
    except BaseException as error:
        error.add_note(log.read_text()[-4000:])
        raise
    finally:
        process.kill()
        process.wait()
    used = {
        line.split()[-1] for line in calls.read_text().splitlines() if line.split()[0][0].isdigit()
    }
    assert {"execve", "bind", "fsync"} < used
    assert used - {"total"} <= allowed(unit)


def allowed(unit):
    """Return the system calls that a unit has, by the names of systemd's groups."""
    calls: set[str] = set()
    for line in settings(unit, "SystemCallFilter"):
        named = set().union(*(members(name) for name in line.lstrip("~").split()))
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def members(name):
    listed = analyze("syscall-filter", name)[1].splitlines()[1:]
    names = [line.strip() for line in listed if line.strip() and "#" not in line]
    return set().union(*(members(one) if one.startswith("@") else {one} for one in names))
