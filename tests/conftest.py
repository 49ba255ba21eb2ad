"""What every test stands on."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone, translation

from doorward.safe import vault

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK_NAMES = {"localhost", ""}


def _is_loopback(address: Any) -> bool:
    host = address[0] if isinstance(address, tuple) else None
    if host is None or host in LOOPBACK_NAMES:
        return True  # a socket in the file system
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _nothing_beyond_loopback() -> Iterator[None]:
    """No test reaches another machine: a connection to one fails at once and says so."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_loopback(address):
            raise AssertionError(f"A test tried to reach {address!r}.")
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not _is_loopback(address):
            raise AssertionError(f"A test tried to reach {address!r}.")
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield


@pytest.fixture(autouse=True)
def _as_a_new_process() -> Iterator[None]:
    """Each test starts in English and UTC, and with the fingerprint key of its own database."""
    vault._fingerprint_key.cache_clear()
    yield
    vault._fingerprint_key.cache_clear()
    translation.deactivate()
    timezone.deactivate()
