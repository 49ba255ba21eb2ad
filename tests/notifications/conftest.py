from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doorward.environment import MailServer
from tests.notifications.mails import Folder, send_to

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    """Mail goes into files of this test alone."""
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)
