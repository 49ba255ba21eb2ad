"""What a demonstration shows to everybody, its mail and its codes, no other installation shows to anybody."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

from doorward import environment
from doorward.demo import folder as demo_folder
from doorward.environment import MailServer, WrongSetting
from doorward.operations import demonstration
from tests.kit import people
from tests.kit.serving import doorward
from tests.notifications.mails import Folder, send_to

if TYPE_CHECKING:
    from collections.abc import Iterator

ONLY = "DOORWARD_DEMO: it is for `doorward demo` alone, which sets it itself."


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Return a folder as `doorward demo` makes it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = demo_folder.make()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# --- what is a demonstration ----------------------------------------------------------------------


def refused(monkeypatch: pytest.MonkeyPatch, folder: Path, **given: str) -> str:
    """Return the sentence by which settings are refused; empty: they are not."""
    # A demonstration has its own database, whatever these tests run on.
    monkeypatch.delenv("DOORWARD_DATABASE_URL", raising=False)
    for name, value in {"demo": "true", "data_dir": str(folder), **given}.items():
        monkeypatch.setenv(f"DOORWARD_{name.upper()}", value)
    try:
        demonstration.refuse_other(environment.load())
    except WrongSetting as wrong:
        return str(wrong)
    return ""


def test_the_one_that_the_command_has_set_up_is_one(monkeypatch: Any, marked: Path) -> None:
    assert refused(monkeypatch, marked, bind="127.0.0.1:8123", workers="2") == ""


def test_a_setting_alone_makes_none(monkeypatch: Any, tmp_path: Path) -> None:
    assert refused(monkeypatch, tmp_path) == ONLY


@pytest.mark.parametrize(
    "given",
    [
        {"public_url": "https://portal.example.com"},
        {"trusted_proxies": "127.0.0.1"},
        {"database_url": "postgresql://x@127.0.0.1/real"},
        {"email_url": "file:///srv/mail"},
        {"keys_file": "/srv/keys.json"},
        {"mailbox_proof": "false"},
    ],
    ids=str,
)
def test_nor_is_one_with_any_setting_of_an_installation(
    monkeypatch: Any, marked: Path, given: dict[str, str]
) -> None:
    assert refused(monkeypatch, marked, **given) == ONLY


def test_nor_beyond_loopback(monkeypatch: Any, marked: Path) -> None:
    assert "loopback" in refused(monkeypatch, marked, bind="0.0.0.0:8000")


def test_nor_is_a_copy_a_link_or_what_somebody_marked_by_hand(
    monkeypatch: Any, marked: Path, tmp_path: Path
) -> None:
    copy = tmp_path / marked.name
    shutil.copytree(marked, copy)
    link = tmp_path / "doorward-demo-link"
    link.symlink_to(marked)
    by_hand = Path(tempfile.mkdtemp(prefix="doorward-demo-", dir=tmp_path))
    (by_hand / "this-is-a-demonstration").touch()
    moved = tmp_path / "data"
    for folder in (copy, link, by_hand):
        assert refused(monkeypatch, folder) == ONLY, folder
    marked.rename(moved)
    assert refused(monkeypatch, moved) == ONLY


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
def test_the_commands_say_so(tmp_path: Path, marked: Path) -> None:
    for command in (["run"], ["customers", "list"]):
        done = doorward(*command, folder=tmp_path / "data", demo="true")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{ONLY}\n")
    served = doorward("run", folder=marked)
    assert served.returncode == 1
    assert served.stderr.startswith(f"The data folder {marked} is a demonstration's")


# --- whom it shows its mail -----------------------------------------------------------------------


@pytest.fixture
def invitation(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path), demo=True)
    people.invite(people.make_customer())
    Folder(path).new()
    [file] = path.glob("*.eml")
    return f"/demo/mail/{file.stem}/"


PASSED_ON = [
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded", "Forwarded", "Via", "X-Real-IP",
    "X-Forwarded-Server", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP",
    "X-Original-Host", "X-Envoy-External-Address", "Client-IP", "X-Forwarded-Port", "CDN-Loop",
]  # fmt: skip


def pages(invitation: str, *, headers: dict[str, str] | None = None, **given: Any) -> set[int]:
    """Ask for each page as a browser of this machine does, but for what is given."""
    sent = {"Host": "localhost:8000"} | (headers or {})
    addresses = ("/demo/mail/", invitation, f"{invitation}html/")
    return {Client().get(address, headers=sent, **given).status_code for address in addresses}


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "brightwave.localhost:8000"]
)
def test_a_browser_of_this_machine_sees_it(invitation: str, host: str) -> None:
    assert pages(invitation, headers={"Host": host}) == {200}


@pytest.mark.parametrize("name", PASSED_ON)
def test_nobody_who_comes_through_a_proxy_does(invitation: str, name: str) -> None:
    for value in ("127.0.0.1", ""):
        assert pages(invitation, headers={name: value}) == {404}


@pytest.mark.parametrize(
    "host",
    [
        "portal.example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "192.0.2.1",
        "localhost@x",
        "",
    ],
)
def test_nor_by_any_other_name(invitation: str, host: str) -> None:
    """A name that somebody has led to this machine (DNS rebinding) too."""
    assert 200 not in pages(invitation, headers={"Host": host})


def test_nor_from_another_machine(invitation: str) -> None:
    assert pages(invitation, REMOTE_ADDR="192.0.2.7") == {404}


def test_nor_anybody_of_an_installation(invitation: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "DOORWARD", settings.DOORWARD.model_copy(update={"demo": False}))
    assert pages(invitation) == {404}
