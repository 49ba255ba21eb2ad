"""What is between us and PostgreSQL: nothing, or a pooler that gives each transaction another connection.

Behind one in transaction mode (PgBouncer, pgcat, Odyssey) nothing may outlive its transaction: no session's
lock, no named statement, no cursor. Doorward keeps to that everywhere, so nothing has to be set. What
cannot do without a session goes by the direct address (DOORWARD_DATABASE_DIRECT_URL).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECT: Final = "direct"


def has_direct_address() -> bool:
    """Return whether the settings give one."""
    return DIRECT in connections.settings


@contextmanager
def directly() -> Iterator[None]:
    """Have this thread use the database by its direct address, where one is given."""
    if not has_direct_address():
        yield
        return
    usual = connections[DEFAULT_DB_ALIAS]
    described = connections.settings[DIRECT]
    # Under the usual name: models, migrations and transactions all ask for that one.
    direct = type(usual)(described, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = direct
    try:
        yield
    finally:
        direct.close()
        connections[DEFAULT_DB_ALIAS] = usual


def is_behind_one() -> bool:
    """Return whether a pooler answers: the server's process is another than the one that greeted us."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [answering] = cursor.fetchone()
        driver: Any = connection.connection
        return bool(driver.info.backend_pid != answering)
