"""The pictures of the guides can be taken: each way that leads to one is still there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.serving import environment

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("docs/pictures", "src/doorward/web/static/help")


@pytest.mark.at_length
def test_each_picture_of_the_guides_and_of_the_readme_is_taken(tmp_path: Path) -> None:
    kept = environment(tmp_path)
    del kept["DOORWARD_DATA_DIR"]
    command = [sys.executable, str(ROOT / "scripts/pictures.py"), "--to", str(tmp_path)]
    subprocess.run(command, env=kept, check=True, timeout=300)
    assert _pictures(tmp_path) == _pictures(ROOT)


def _pictures(root: Path) -> set[Path]:
    return {
        path.relative_to(root) for folder in FOLDERS for path in (root / folder).rglob("*.webp")
    }
