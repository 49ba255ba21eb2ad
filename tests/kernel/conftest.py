"""A key ring of its own for each test."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from doorward.kernel.crypto.keyring import KeyFile


@pytest.fixture
def keys(tmp_path, settings):
    """Return the key file of this test, with one key that is made in 2025."""
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=datetime(2025, 11, 24, tzinfo=UTC))
    return settings.KEYS
