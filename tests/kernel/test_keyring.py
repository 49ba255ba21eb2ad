"""The key file: what is read, what is refused, and that nobody loses a key by a change at the same time."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doorward.kernel.crypto import keyring
from doorward.kernel.crypto.keyring import KeyFile, KeyRingBroken

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


@pytest.fixture
def file(path):
    return KeyFile(path, now=NOW)


def ids(file):
    return [key.id for key in file.ring.keys]


def test_it_is_made_once_with_one_key_for_nobody_else(path):
    file = KeyFile(path, now=NOW)
    assert file.was_made
    assert [key.made for key in file.ring.keys] == [NOW]
    assert path.stat().st_mode & 0o777 == 0o600
    again = KeyFile(path, now=NOW)
    assert not again.was_made
    assert again.ring == file.ring
    assert list(path.parent.iterdir()) == [path]


def test_many_that_start_at_once_have_the_same_keys(path):
    with ThreadPoolExecutor(30) as pool:
        files = list(pool.map(lambda _: KeyFile(path, now=NOW), range(30)))
    assert {tuple(ids(file)) for file in files} == {tuple(ids(files[0]))}
    assert sum(file.was_made for file in files) == 1


def test_a_new_key_is_the_first_one_and_a_reader_takes_it_up(path, file):
    reader = KeyFile(path, now=NOW)
    old = file.ring.newest
    key = file.add(now=NOW)
    assert reader.ring.keys == (key, old)
    assert reader.ring.newest == key
    assert path.stat().st_mode & 0o777 == 0o600
    file.drop(old.id)
    assert reader.ring.keys == (key,)


def test_the_newest_one_stays(file):
    file.drop(file.ring.newest.id)
    assert len(file.ring.keys) == 1


def test_many_new_keys_at_once_are_all_kept(path, file):
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda _: KeyFile(path, now=NOW).add(now=NOW).id, range(20)))
    assert len(ids(file)) == 21
    assert set(made) < set(ids(file))


def test_a_link_to_the_file_stays_one(path, tmp_path, file):
    link = tmp_path / "link.json"
    link.symlink_to(path)
    key = KeyFile(link, now=NOW).add(now=NOW)
    assert link.is_symlink()
    assert file.ring.newest == key


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_root_does_not_shut_the_portal_out(path, file):
    os.chown(path, 1234, 1235)
    file.add(now=NOW)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o644, 0o777])
def test_a_file_that_others_can_use_is_refused(path, file, mode):
    path.chmod(mode)
    with pytest.raises(KeyRingBroken) as refused:
        keyring.load(path)
    assert str(refused.value) == (
        f"The key file {path} is open to others (mode {mode:04o}): `chmod 600 {path}`."
    )


def test_nor_is_a_key_added_to_it(path, file):
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(KeyRingBroken):
        file.add(now=NOW)
    assert path.read_bytes() == before


def test_a_narrower_mode_will_do(path, file):
    path.chmod(0o400)
    assert keyring.load(path) == file.ring


@pytest.mark.skipif(os.geteuid() != 0, reason="only root delivers to others")
@pytest.mark.parametrize(
    ("owner", "mode", "is_read"),
    [
        (0, 0o440, True),
        (0, 0o040, True),
        (0, 0o460, False),
        (0, 0o640, False),
        (0, 0o444, False),
        (4321, 0o440, False),
        (1234, 0o440, False),
    ],
)
def test_what_root_delivers_to_the_group_of_a_service_is_read(path, file, owner, mode, is_read):
    ring = file.ring
    os.chown(path, owner, 1235)
    path.chmod(mode)
    outside = Path(tempfile.mkdtemp())
    try:
        outside.chmod(0o755)
        delivered = path.rename(outside / path.name)
        os.setegid(1235)
        os.seteuid(1234)
        try:
            if is_read:
                assert keyring.load(delivered) == ring
            else:
                with pytest.raises(KeyRingBroken, match="is open to others"):
                    keyring.load(delivered)
        finally:
            os.seteuid(0)
            os.setegid(0)
    finally:
        shutil.rmtree(outside)


def listed(**change):
    key = {"id": "one", "secret": "A" * 43 + "="}
    return json.dumps({"keys": [key | change]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"keys": []}',
        '{"keys": [{"id": "one"}]}',
        '{"keys": [{"secret": "AAAA"}]}',
        listed(secret="AAAA"),
        listed(secret="not base64!"),
        listed(id=""),
        listed(id="x" * 17),
        listed(id="ä"),
        listed(made="yesterday"),
        json.dumps({"keys": json.loads(listed())["keys"] * 2}),
    ],
)
def test_what_is_no_key_file_is_refused_in_one_sentence(path, text):
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyRingBroken) as refused:
        keyring.load(path)
    said = str(refused.value)
    assert said.startswith(f"The key file {path} ")
    assert said.endswith(".")
    assert "AAAA" not in said


def test_a_file_without_times_is_read(path):
    path.write_text(listed())
    path.chmod(0o600)
    assert [(key.id, key.made) for key in keyring.load(path).keys] == [("one", None)]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(KeyRingBroken, match="cannot be made: No such file"):
        KeyFile(tmp_path / "no" / "keys.json", now=NOW)


@pytest.mark.parametrize("gone", ["deleted", "open to others", "nonsense"])
def test_a_portal_that_runs_goes_on_with_what_it_read(path, file, gone, caplog):
    key = file.ring.newest
    if gone == "deleted":
        path.unlink()
    elif gone == "nonsense":
        path.write_text("{")
    else:
        path.chmod(0o644)
    assert file.ring.newest == key
    assert file.ring.newest == key
    assert len(caplog.records) == 1
    assert "are used on" in caplog.text


def test_no_secret_is_in_what_is_printed_of_a_key(file):
    assert "secret" not in repr(file.ring)
