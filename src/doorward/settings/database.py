"""Django's description of the database, made from its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS

from doorward.kernel.db import addresses
from doorward.kernel.db.poolers import DIRECT

if TYPE_CHECKING:
    from doorward.environment.fields import Environment

# As many as threads that answer in one process, and some for what they do not share.
POOL_SIZE = 20
BUSY_SECONDS = 10
# What a machine that went away without a word is noticed by: it answers nothing (tcp(7)). By a socket in the file
# system none of it is used.
_GONE_SERVER = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def describe(environment: Environment) -> dict[str, dict[str, Any]]:
    """Return `DATABASES`: the one that is used, and its direct address, where a pooler is between and one is given."""
    if file := environment.sqlite_file:
        return {DEFAULT_DB_ALIAS: _sqlite(str(file))}
    pooled = _postgresql(environment.database)
    # Connections stay open in the pool, which wants that Django itself keeps none.
    pooled["OPTIONS"]["pool"] = {"min_size": 1, "max_size": POOL_SIZE}
    if not environment.database_direct_url:
        return {DEFAULT_DB_ALIAS: pooled}
    return {DEFAULT_DB_ALIAS: pooled, DIRECT: _postgresql(environment.database_direct_url)}


def _postgresql(url: str) -> dict[str, Any]:
    address = addresses.read(url)
    return {
        "ENGINE": "doorward.kernel.db.postgresql",
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": address.host,
        "PORT": address.port,
        "CONN_MAX_AGE": 0,
        # Behind a pooler in transaction mode, which nobody has to tell us of, a cursor is gone with its
        # transaction: what is long is read page by page instead (`kernel.db.paging`). Statements are prepared on the
        # server where a connection finds out that nothing is between (`Link`), whatever an address says.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            # libpq's least: a server that is off must leave time for the next of the list.
            "connect_timeout": 2 if address.is_of_several else 5,
            **_GONE_SERVER,
            **address.options,
            "prepare_threshold": None,
        },
    }


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "doorward.kernel.db.sqlite",
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
            # What was answered is on the disk, in a write-ahead log too (`doorward.kernel.db.sqlite.journal`).
            "init_command": "PRAGMA synchronous=FULL;",
        },
    }
