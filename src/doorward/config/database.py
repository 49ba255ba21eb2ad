"""Django's description of the database, made from its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from doorward.environment import Environment

# As many as threads that answer in one process, and some for what they do not share.
POOL_SIZE = 20
BUSY_SECONDS = 10


def describe(environment: Environment) -> dict[str, Any]:
    """Give the entry for `DATABASES`."""
    if file := environment.sqlite_file:
        return _sqlite(str(file))
    parts = urlsplit(environment.database)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # Connections stay open in the pool, which wants that Django itself keeps none.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": POOL_SIZE, "timeout": BUSY_SECONDS},
            **dict(parse_qsl(parts.query)),
        },
    }


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "doorward.safe.sqlite",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A writer takes its lock at the start, so that it waits there and not in its middle,
            # where SQLite would not let it wait at all.
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_SECONDS,
            # Django's fields read text as well. The driver would look at each column's declared type
            # at each run, which is a third of what the gate's query costs.
            "detect_types": 0,
            # What was answered is on the disk, in a write-ahead log too (`doorward.safe.sqlite.journal`).
            "init_command": "PRAGMA synchronous=FULL;",
        },
    }
