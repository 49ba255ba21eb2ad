"""A backup that somebody made by hand: nothing that it says of itself is obeyed by a terminal, or breaks anything."""

from __future__ import annotations

import pytest

from doorward.operations.backup import archive, manifest

GOOD = {
    "doorward": "1.0",
    "database": "sqlite",
    "made_at": "2026-11-27T12:00:00Z",
    "migrations": ["accounts.0001_initial"],
    "head": "",
    "rows": {"accounts_administrator": 3},
}
OBEYED = "1\x1b]0;done\x07\x1b[2J"


def test_what_doorward_writes_is_understood():
    manifest.refuse(GOOD, kind="sqlite")


@pytest.mark.parametrize(
    "said",
    [
        {"doorward": OBEYED},
        {"database": OBEYED},
        {"made_at": OBEYED},
        {"migrations": [f"accounts.{OBEYED}"]},
        {"rows": {OBEYED: 1}},
        {"database": ["sqlite"]},
        {"doorward": None},
        {"migrations": "accounts"},
        {"migrations": [["accounts", "0001_initial"]]},
        {"rows": [["accounts_administrator", 3]]},
        {"rows": {"accounts_administrator": "\x1b[2J"}},
    ],
)
def test_anything_else_is_refused_unrepeated(said):
    with pytest.raises(archive.NoBackup) as refused:
        manifest.refuse(GOOD | said, kind="sqlite")
    assert str(refused.value).isprintable()
    assert "done" not in str(refused.value)


def test_one_that_is_nested_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("json.dumps", lambda *_args, **_rest: "[" * 200_000)
    whole = b"".join(archive.pack(iter([b"piece"]), dict))
    with pytest.raises(archive.NoBackup):
        archive.Unpacking(lambda _piece: None).write(whole)
