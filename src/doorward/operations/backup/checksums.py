"""The checksums of a backup (SHA-256): one of every byte before it, one of its database alone."""

from __future__ import annotations

import hashlib


class Checksums:
    """Both checksums of what has been through so far, written or read."""

    def __init__(self) -> None:
        self._whole, self._database = hashlib.sha256(), hashlib.sha256()
        self._bytes = 0

    def add(self, member: bytes) -> None:
        """Count the bytes of a member, with its head."""
        self._whole.update(member)

    def add_piece(self, content: bytes) -> None:
        """Count a piece of the database, besides the member that it is in."""
        self._database.update(content)
        self._bytes += len(content)

    def of_database(self) -> dict[str, int | str]:
        """Return the size and the checksum of the database, as the manifest says them."""
        return {"bytes": self._bytes, "sha256": self._database.hexdigest()}

    def line(self) -> bytes:
        """Return the checksum of all that has been through, as the last member says it."""
        return self._whole.hexdigest().encode() + b"\n"
