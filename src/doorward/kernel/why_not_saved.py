"""Why nothing can be saved: a disk that is full, can only be read, fails or is somebody else's; a busy database.

One place that tells it from an error, whoever raised it: the system, SQLite or PostgreSQL. Commands say it in one
sentence, pages in one of their own.
"""

from __future__ import annotations

import errno
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator


class Fault(Enum):
    """What is wrong, as the end of a sentence about it."""

    FULL = "the disk is full"
    READ_ONLY = "the disk or the database can only be read"
    BROKEN = "the disk fails"
    DENIED = "permission is denied"
    BUSY = "the database is busy"
    # Nothing was begun, or it broke off in the middle, and whether it was done nobody knows.
    AWAY = "the database cannot be reached"
    LOST = "the database went away in the middle of it"


_BY_NUMBER: Final = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EROFS: Fault.READ_ONLY,
    errno.EIO: Fault.BROKEN,
    errno.EACCES: Fault.DENIED,
    errno.EPERM: Fault.DENIED,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_STATE: Final = {
    "53100": Fault.FULL,
    "25006": Fault.READ_ONLY,
    "58030": Fault.BROKEN,
    "53300": Fault.BUSY,
    "55P03": Fault.BUSY,
    "57P01": Fault.LOST,
    "57P02": Fault.LOST,
    "57P03": Fault.AWAY,
}
# Its class *Connection Exception*.
_CONNECTION = "08"
# https://www.sqlite.org/rescode.html, as `sqlite3_errstr` words them.
_BY_WORDS: Final = (
    ("database or disk is full", Fault.FULL),
    ("attempt to write a readonly database", Fault.READ_ONLY),
    ("unable to open database file", Fault.DENIED),
    ("disk i/o error", Fault.BROKEN),
    ("database is locked", Fault.BUSY),
    # psycopg_pool.PoolTimeout
    ("couldn't get a connection after", Fault.BUSY),
    ("too many clients already", Fault.BUSY),
    ("connection slots are reserved", Fault.BUSY),
    # psycopg's and libpq's, which have no state: no connection, and one that broke.
    ("connection failed", Fault.AWAY),
    ("connection timeout expired", Fault.AWAY),
    ("failed to resolve host", Fault.AWAY),
    ("did not answer in time", Fault.LOST),
    ("server closed the connection", Fault.LOST),
    ("terminating connection", Fault.LOST),
    ("the connection is lost", Fault.LOST),
    ("the connection is closed", Fault.LOST),
    ("consuming input failed", Fault.LOST),
    ("could not receive data from server", Fault.LOST),
    ("could not send data to server", Fault.LOST),
)


_NAMES: Final = frozenset(
    {"OperationalError", "InternalError", "DatabaseError", "InterfaceError"}
    # Ours, of a pool (`kernel/db/postgresql/link.py`).
    | {"NoConnection", "Unanswered"}
)


def fault_in(error: BaseException | None) -> Fault | None:
    """Return what keeps this from being saved; None: the error is of another kind."""
    return next((fault for one in _chain(error) if (fault := _fault(one))), None)


def sentence_for(error: BaseException) -> str:
    """Return the sentence for a command that could not save; empty: the error is of another kind."""
    for one in _chain(error):
        if fault := _fault(one):
            where = getattr(one, "filename", None)
            return f"Nothing can be saved: {fault.value}{f' ({where})' if where else ''}."
    return ""


def log_failure(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log what goes on in spite of an error: in one sentence where nothing can be saved, else with its traceback."""
    if said := sentence_for(error):
        log.error("%s: %s", what, said)
    else:
        log.error(what, exc_info=error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _fault(error: BaseException) -> Fault | None:
    if state := getattr(error, "sqlstate", None):
        return Fault.LOST if state.startswith(_CONNECTION) else _BY_STATE.get(state)
    if isinstance(error, OSError):
        return _BY_NUMBER.get(error.errno or 0)
    # Django's errors have the driver's for their cause, whose class is named alike.
    if type(error).__name__ not in _NAMES:
        return None
    said = str(error).lower()
    return next((fault for words, fault in _BY_WORDS if words in said), None)
