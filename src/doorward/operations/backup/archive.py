"""The form of a backup: a tar file (POSIX ustar) that any `tar` opens, and in which no byte changes unseen.

`form` says what it is, `database/00000001` and so on are the database in pieces, `manifest.json` says what is in it,
and `sha256` is the checksum of every byte before it (`checksums.py`). What breaks off on the way has no end, and is
refused. It is read and written piece by piece: however big the database, some megabytes are in memory.
"""

from __future__ import annotations

import json
from tarfile import BLOCKSIZE, USTAR_FORMAT, TarError, TarInfo
from typing import TYPE_CHECKING, Any, Final

from doorward.operations.backup.checksums import Checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PIECE_BYTES: Final = 4 * 1024 * 1024
# A line for each table and each migration.
_LARGEST: Final = 16 * 1024 * 1024
_FORM: Final = b"doorward backup 1\n"
_BEGINS: Final = b"doorward backup "
_END: Final = bytes(2 * BLOCKSIZE)


class NoBackup(Exception):
    """A file is no backup that can be used; the message is one sentence."""


def pack(pieces: Iterable[bytes], manifest: Callable[[], dict[str, Any]]) -> Iterator[bytes]:
    """Return a backup bit by bit; `manifest` is asked when the last piece is through."""
    sums = Checksums()

    def through(name: str, content: bytes) -> bytes:
        member = _member(name, content)
        sums.add(member)
        return member

    yield through("form", _FORM)
    for number, piece in enumerate(pieces, start=1):
        sums.add_piece(piece)
        yield through(_piece(number), piece)
    said = {**manifest(), **sums.of_database()}
    yield through("manifest.json", json.dumps(said, indent=1).encode() + b"\n")
    yield _member("sha256", sums.line())
    yield _END


class Unpacking:
    """A backup that comes bit by bit, by `write`; each piece of the database goes to `take` at once.

    Only what `finish` returns is a whole one: what was taken until then may be anything. Raises `NoBackup`.
    """

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take
        self._left = bytearray()
        self._sums = Checksums()
        self._next = 0
        self._manifest: dict[str, Any] = {}
        self._ended = False

    def write(self, data: bytes) -> int:
        """Take the next bytes, as a file does."""
        self._left += data
        while not self._ended and (member := self._member()):
            self._look_at(*member)
        if len(self._left) > len(_END) and self._ended:
            raise NoBackup("there is something after its end")
        return len(data)

    def flush(self) -> None:
        """Do nothing: it is there for whoever writes into files."""

    def finish(self) -> dict[str, Any]:
        """Return the manifest of a backup that was whole."""
        if not self._ended or self._left != _END:
            raise NoBackup("it breaks off")
        return self._manifest

    def _member(self) -> tuple[str, bytes, bytes] | None:
        """Return the next member, its content and all its bytes, where it is there as a whole."""
        if len(self._left) < BLOCKSIZE:
            return None
        head = bytes(self._left[:BLOCKSIZE])
        try:
            info = TarInfo.frombuf(head, "ascii", "strict")
        except (TarError, UnicodeError) as error:
            raise NoBackup(
                "it was changed on the way" if self._next else "it is another file"
            ) from error
        if info.size > _LARGEST or head != _head(info.name, info.size):
            raise NoBackup("it was changed on the way" if self._next else "it is another file")
        end = BLOCKSIZE + info.size
        padded = end + -info.size % BLOCKSIZE
        if len(self._left) < padded:
            return None
        content, member = bytes(self._left[BLOCKSIZE:end]), bytes(self._left[:padded])
        del self._left[:padded]
        return info.name, content, member

    def _look_at(self, name: str, content: bytes, member: bytes) -> None:
        if name == "sha256" and self._manifest:
            if member != _member(name, self._sums.line()):
                raise NoBackup("its checksum is another one: it was changed on the way")
            self._ended = True
            return
        self._sums.add(member)
        if self._next == 0:
            _must_be_ours(name, content)
        elif name == "manifest.json" and not self._manifest:
            self._manifest = self._read(content)
        elif name == _piece(self._next) and not self._manifest:
            self._sums.add_piece(content)
            self._take(content)
        else:
            raise NoBackup("it was changed on the way")
        self._next += 1

    def _read(self, content: bytes) -> dict[str, Any]:
        try:
            said: dict[str, Any] = json.loads(content)
            same = said | self._sums.of_database() == said
        except (ValueError, TypeError, RecursionError) as error:
            raise NoBackup("it was changed on the way") from error
        if not same:
            raise NoBackup("its database is not what its manifest says")
        return said


def _must_be_ours(name: str, content: bytes) -> None:
    if name != "form" or not content.startswith(_BEGINS):
        raise NoBackup("it is another file")
    if content != _FORM:
        raise NoBackup("a newer version of Doorward made it, in a form that this one does not know")


def _piece(number: int) -> str:
    return f"database/{number:08}"


def _head(name: str, size: int) -> bytes:
    info = TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(USTAR_FORMAT, "ascii", "strict")


def _member(name: str, content: bytes) -> bytes:
    return b"".join((_head(name, len(content)), content, bytes(-len(content) % BLOCKSIZE)))
