"""A running portal that real clients sign in at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.portal import Inside, Portal
from tests.kit import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Return a portal with a data folder of its own."""
    folder, port = tmp_path_factory.mktemp("signon") / "data", serving.free_port()
    settings = {"public_url": f"http://localhost:{port}"}
    server, inside = serving.start(folder, port=port, **settings), Inside(folder, **settings)
    try:
        yield Portal(server, inside, folder, settings["public_url"])
    finally:
        inside.stop()
        server.stop()
