"""What `make test` leaves out of a part of the suite holds nothing that this part should ask."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_folder_that_postgresql_is_not_asked_about_wants_it() -> None:
    left_out = re.findall(r"--ignore=(\S+)", (ROOT / "scripts/test").read_text())
    assert sorted(left_out) == ["tests/browser", "tests/journeys", "tests/web"]
    for folder in ("tests/journeys", "tests/web"):
        files = (ROOT / folder).rglob("*.py")
        assert not [file for file in files if "both_databases" in file.read_text()], folder
