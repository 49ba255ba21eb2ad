"""The data folder, and all of ours in it: open to nobody else, whatever it was and whatever umask it meets."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doorward.kernel import file_permissions
from tests.kit.serving import doorward

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    paths = [folder, *folder.rglob("*")]
    return [f"{path} {mode(path):04o}" for path in paths if mode(path) & file_permissions.OTHERS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder as an umask of 022 makes one, and what is in it."""
    made = tmp_path / "data"
    (made / "mail").mkdir(parents=True)
    for name in ("doorward.sqlite3", "doorward.sqlite3-wal", "running.lock", "mail/1.eml"):
        (made / name).write_text("x")
        (made / name).chmod(0o644)
    (made / "mail").chmod(0o755)
    made.chmod(0o755)
    return made


@contextmanager
def somebody_else() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_open_one_is_closed_and_told_once(folder: Path) -> None:
    first, second = file_permissions.close(folder, folder / "doorward.sqlite3")
    assert first == f"The data folder {folder} was open to others (mode 0755); it is closed now."
    assert str(folder / "doorward.sqlite3-wal") in second
    assert mode(folder) == mode(folder / "mail") == 0o700
    assert mode(folder / "doorward.sqlite3") == 0o600
    assert file_permissions.close(folder, folder / "doorward.sqlite3") == []


@pytest.mark.parametrize("wide", [0o701, 0o710, 0o770, 0o750, 0o777, 0o1777, 0o2775, 0o704])
def test_whatever_is_open_of_it(folder: Path, wide: int) -> None:
    folder.chmod(wide)
    assert file_permissions.close(folder, None)
    assert not mode(folder) & file_permissions.OTHERS


def test_a_link_to_the_folder_and_links_in_it_are_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "mail").mkdir(parents=True)
    (elsewhere / "mail").chmod(0o755)
    database = elsewhere / "db.sqlite3"
    database.write_text("x")
    database.chmod(0o644)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    (folder / "mail").rename(folder / "old")
    (folder / "mail").symlink_to(elsewhere / "mail")
    (folder / "linked.sqlite3").symlink_to(database)
    (folder / "somebodys").symlink_to(shared)
    (folder / "gone").symlink_to(tmp_path / "nothing")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert file_permissions.close(link, link / "linked.sqlite3")
    assert mode(folder) == mode(elsewhere / "mail") == 0o700
    assert mode(database) == 0o600
    assert mode(shared) == 0o755, "not ours to close"


@pytest.fixture
def reached() -> Iterator[Path]:
    """Return a folder below which everybody gets."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@as_root
def test_what_belongs_to_somebody_else_is_refused_in_one_sentence(reached: Path) -> None:
    folder = reached / "data"
    folder.mkdir()
    folder.chmod(0o755)
    with somebody_else(), pytest.raises(file_permissions.OpenToOthers) as refused:
        file_permissions.close(folder, None)
    said = str(refused.value)
    assert said.startswith(f"{folder} is open to others (mode 0755), and belongs to user 0: ")
    assert f"`chmod 700 {folder}`" in said
    assert "\n" not in said


@as_root
def test_and_so_is_a_database_elsewhere(reached: Path) -> None:
    database, folder = reached / "db.sqlite3", reached / "data"
    database.write_text("x")
    database.chmod(0o644)
    folder.mkdir(mode=0o700)
    os.chown(folder, NOBODY, -1)
    with somebody_else(), pytest.raises(file_permissions.OpenToOthers):
        file_permissions.close(folder, database)


@as_root
def test_a_link_of_somebody_else_is_not_followed(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    os.chown(link, NOBODY, -1, follow_symlinks=False)
    with pytest.raises(file_permissions.OpenToOthers, match=f"user {NOBODY}"):
        file_permissions.close(link, None)


def test_folders_above_that_others_can_write_to_are_named(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    (wide / "under" / "data").mkdir(parents=True)
    assert wide not in dict(file_permissions.above(wide / "under" / "data"))
    wide.chmod(0o777)
    assert wide in dict(file_permissions.above(wide / "under" / "data"))


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
def test_no_command_leaves_anything_open_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    before = os.umask(0)
    try:
        first = doorward("customers", "add", "Harbour Bakery", folder=folder)
        added = doorward(
            *("administrators", "add", "lena@harbour.example", "--customer", "Harbour Bakery"),
            *("--first-name", "Lena", "--last-name", "Fischer"),
            folder=folder,
        )
    finally:
        os.umask(before)
    assert first.returncode == added.returncode == 0, first.stderr + added.stderr
    assert (
        first.stderr
        == f"The data folder {folder} was open to others (mode 0777); it is closed now.\n"
    )
    assert added.stderr == ""
    assert open_to_others(folder) == []
    assert (folder / "doorward.sqlite3").exists()
