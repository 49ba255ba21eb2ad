"""A ZIP that is written bit by bit, with a manifest at its end: whatever breaks off on the way opens nowhere.

The manifest has the checksum of every file, and of each table the number of its rows. Its own checksum stands for the
whole. The last 64 characters of the ZIP, which are its comment, are the checksum of all before them: in what a ZIP says
of its files, and beside them, no byte changes unseen either.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Any, Final, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from doorward import __version__
from doorward.audit.chain import timestamp
from doorward.kernel.text.tables import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import BinaryIO

MANIFEST: Final = "manifest.json"
_PART_BYTES: Final = 256 * 1024
_NO_CHECKSUM: Final = b"0" * 64


class Pack:
    """Files for a ZIP, one after the other, within a `with`. Without `finish` what a ZIP is opened by is not there."""

    def __init__(self, file: BinaryIO, *, kind: str, about: dict[str, Any], now: datetime) -> None:
        """Begin. `kind` and `about` stand in the manifest."""
        self._file = file
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)
        self._zip.comment = _NO_CHECKSUM
        self._at = now
        self._about = {"kind": kind, "doorward": __version__, "made_at": timestamp(now), **about}
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # A ZIP ends itself when it is forgotten: what broke off must not look as if it were whole.
        self._zip.fp = None

    def add(self, name: str, content: str | bytes) -> None:
        """Add a file."""
        self._write(name, iter([content]))

    def add_lines(self, name: str, written: Iterable[str], *, head: int = 0) -> int:
        """Add a file line by line; return how many there were, without those of its head."""
        count = self._write(name, written) - head
        self._files[name]["rows"] = count
        return count

    def add_table(
        self,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Iterable[str]],
        *,
        separator: str = ",",
    ) -> int:
        """Add a table (CSV) row by row; return how many there were."""
        return self.add_lines(name, lines(columns, rows, separator=separator), head=1)

    def add_file(self, name: str, file: IO[bytes], *, rows: int) -> None:
        """Add an open file from where it is, of a table with so many rows."""
        self._write(name, iter(partial(file.read, _PART_BYTES), b""))
        self._files[name]["rows"] = rows

    def finish(self, **found: object) -> str:
        """Write the manifest, with what was found on the way, and close the ZIP; return its checksum (SHA-256)."""
        said = {**self._about, **found, "files": self._files}
        text = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
        self._write(MANIFEST, iter([text]))
        self._zip.close()
        self._seal()
        return str(self._files[MANIFEST]["sha256"])

    def _seal(self) -> None:
        """Put the checksum of all before it into the comment, which is there with nothing in it."""
        left = self._file.seek(-len(_NO_CHECKSUM), SEEK_END)
        self._file.seek(0)
        digest = hashlib.sha256()
        while left:
            part = self._file.read(min(left, _PART_BYTES))
            digest.update(part)
            left -= len(part)
        self._file.write(digest.hexdigest().encode())

    def _write(self, name: str, parts: Iterable[str | bytes]) -> int:
        digest, count = hashlib.sha256(), 0
        with self._zip.open(self._entry(name), "w", force_zip64=True) as file:
            for part in parts:
                # Half characters, which somebody else put there, are written as they are.
                content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
                digest.update(content)
                file.write(content)
                count += 1
        self._files[name] = {"sha256": digest.hexdigest()}
        return count

    def _entry(self, name: str) -> ZipInfo:
        entry = ZipInfo(name, self._at.timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry


def counted(rows: Iterable[Any], shown: list[Any], *, most: int) -> Iterator[Any]:
    """Return the rows as they come, and keep the first ones in `shown`."""
    for row in rows:
        if len(shown) < most:
            shown.append(row)
        yield row
