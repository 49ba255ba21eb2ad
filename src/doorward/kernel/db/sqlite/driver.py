"""Which SQLite library is used: one that loses nothing in WAL mode, wherever there is one.

Before 3.51.3 (but for 3.50.7 and 3.44.6) a process that checkpoints while another one writes can lose
committed writes or corrupt the file: https://sqlite.org/wal.html#walresetbug.
"""

from __future__ import annotations

import importlib
from typing import Any, Final, TypeAlias

Version: TypeAlias = tuple[int, int, int]

# `pysqlite3` brings a library of its own; the standard library's driver has the system's.
_DRIVERS: Final = ("pysqlite3.dbapi2", "sqlite3.dbapi2")
_FIXED: Final[Version] = (3, 51, 3)
# The older lines that were mended, too, by the first release that has it.
_MENDED: Final = ((3, 50, 7), (3, 44, 6))


def is_safe_in_wal(version: Version) -> bool:
    """Return whether a library of this version can lose nothing in WAL mode."""
    return version >= _FIXED or any(
        version[:2] == mended[:2] and version >= mended for mended in _MENDED
    )


def choose() -> Any:  # noqa: ANN401 - a module of PEP 249
    """Return the first driver whose library is safe in WAL mode; where none is, the one with the newest."""
    found = [one for one in map(_load, _DRIVERS) if one is not None]
    safe = [one for one in found if is_safe_in_wal(one.sqlite_version_info)]
    return safe[0] if safe else max(found, key=lambda one: one.sqlite_version_info)


def _load(name: str) -> Any:  # noqa: ANN401 - a module of PEP 249, or None
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


Database: Final = choose()
VERSION: Final[str] = Database.sqlite_version
WAL: Final = is_safe_in_wal(Database.sqlite_version_info)
REFUSES_WAL: Final = (
    f"SQLite {VERSION} is linked, which can lose writes in WAL mode: the database is kept without a write-ahead "
    "log (journal_mode=DELETE, synchronous=FULL), where readers and writers wait for each other."
)
