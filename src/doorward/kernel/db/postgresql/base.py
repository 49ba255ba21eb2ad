"""Django's backend for PostgreSQL with a pool that survives its server; the name of this file is Django's.

Django's pool has no end to what it waits for in a request, hands out connections whose server is gone, and after a
failure tries again later and later. Here whoever wants a connection makes the pool try, until its time is up.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base as django_base
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg import RawCursor
from psycopg_pool import ConnectionPool, PoolTimeout

from doorward.kernel.db.postgresql import patience
from doorward.kernel.db.postgresql.link import Attempts, Link, NoConnection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection

# Its types are described in part.
_django: Any = django_base
# How long one try waits for the pool.
_TRY_SECONDS: Final = 0.25
# As psycopg begins.
_FAILED: Final = "connection failed: "


class _Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:  # noqa: ANN401 - as Django's
        # A cursor that sends values apart has no whole text to show.
        return super().last_executed_query(cursor, sql, params) or str(sql)


class _KeepingCursor(_django.CursorMixin, RawCursor[Any]):  # type: ignore[misc]
    """A cursor whose statements go to the server as they are, their values apart.

    psycopg would look for the places of values in each statement of more than 4 KiB anew: a tenth of *Home*.
    """

    def execute(  # type: ignore[override]
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> Self:
        """Execute a statement that marks places as Django does: `%s`, or all of them by name."""
        numbered, names = _numbered(query)
        if names:
            params = [params[name] for name in names]  # type: ignore[index,call-overload]
        return super().execute(numbered, params)


_PLACE: Final = re.compile(r"%(?:%|s|\((\w+)\)s)")


@lru_cache(64)
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with its places numbered (`$1`), and the names that these stand for, if they had any."""
    names: list[str] = []
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            count += 1
            return f"${count}"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PLACE.sub(number, query), tuple(names)


class DatabaseWrapper(django_base.DatabaseWrapper):
    """A connection to PostgreSQL, by the pool where one is described."""

    ops_class = _Operations

    @property
    def pool(self) -> Any:  # noqa: ANN401 - as Django's
        """Return the pool of this process; None: there is none."""
        given = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not given:
            return None
        this: Any = self
        pools = this._connection_pools  # noqa: SLF001 - Django closes them there
        if self.alias not in pools:
            if self.settings_dict.get("CONN_MAX_AGE", 0) != 0:
                raise ImproperlyConfigured("A pool keeps connections, so Django itself must not.")
            made: ConnectionPool[Link] = ConnectionPool(
                connection_class=Link,
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=this._configure_connection,  # noqa: SLF001 - as Django gives it
                # Who asks next has it try again, at once.
                reconnect_timeout=0,
                **given,
            )
            pools.setdefault(self.alias, made)
        return pools[self.alias]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """Return a connection that works, waited for as long as this thread may."""
        pool = self.pool
        if pool is None:
            return super().get_new_connection(conn_params)  # type: ignore[no-any-return]
        self.isolation_level = _django.IsolationLevel.READ_COMMITTED
        pool.open()
        ends = patience.ends()
        while True:
            try:
                link: Link = pool.getconn(
                    timeout=min(max(ends - time.monotonic(), 0.01), _TRY_SECONDS)
                )
            except PoolTimeout:
                if time.monotonic() < ends:
                    continue
                patience.give_up()
                if why := Attempts.why_none():
                    # In words that `kernel/why_not_saved.py` knows: nothing was asked, whatever went wrong on the way.
                    said = why.removeprefix(_FAILED)
                    raise NoConnection(f"{_FAILED}{said}") from None
                raise
            if link.is_fresh():
                return link
            link.close()
            pool.putconn(link)

    def keeping_cursor(self) -> Any:  # noqa: ANN401 - Django's wrapper of a cursor
        """Return a cursor whose statements the server prepares once for this connection, if it keeps them.

        Its values are sent apart from the statement, so each has to have a type that the server can tell.
        """
        this: Any = self
        this.ensure_connection()
        if not getattr(this.connection, "keeps_statements", False):
            return this.cursor()
        usual = this.connection.cursor_factory
        this.connection.cursor_factory = _KeepingCursor
        try:
            return this.cursor()
        finally:
            this.connection.cursor_factory = usual

    def _close(self) -> None:
        if getattr(self.connection, "is_doomed", False):
            self.connection.close()
        super()._close()  # type: ignore[misc]
