"""What a backup has that would open a door, or be told too late: it ends before anybody can start on what comes back.

A session, a link or a request that ended after the backup was made is open in it. So all of them end: who has
a password and a second factor signs in again, and whoever waited for something asks for it again. Mails that were
still to be sent went out since, most likely. Those for a link or code that ends here would be of no use, and those
about what is more than a day old would be taken for news: neither is sent. The rest is, perhaps a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from doorward.notifications.links_and_codes import FOR_THEIR_LINK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

# About what is older nobody is mailed after a restore.
TOLD_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is ended. `what`: in the words of the report; `sql`: on both databases.

    With the moment as `{now}`, and as `{old}` the one before which what happened is no news any more.
    """

    table: str
    what: str
    sql: str


def _deleted(table: str, what: str) -> Ending:
    return Ending(table, what, f"DELETE FROM {table}")  # noqa: S608 - a name from the list below


def _marked(table: str, what: str, column: str, *others: str) -> Ending:
    open_rows = " AND ".join(f"{one} IS NULL" for one in (column, *others))
    sql = f"UPDATE {table} SET {column} = {{now}} WHERE {open_rows}"  # noqa: S608 - as above
    return Ending(table, what, sql)


def _given_up(what: str, why: str, which: str) -> Ending:
    table = "notifications_delivery"
    sql = (
        f"UPDATE {table} SET state = 'given_up', lease_until = NULL, last_error = '{why}' "  # noqa: S608 - as above
        f"WHERE state = 'due' AND {which}"
    )
    return Ending(table, what, sql)


_FOR_LINKS: Final = ", ".join(f"'{one.value}'" for one in sorted(FOR_THEIR_LINK))

# What hangs on a session ends with it: grants of applications, mailed codes, devices half set up, saved requests,
# the provider's staff in a customer's portal.
ENDINGS: Final = (
    _marked("sessions_session", "sessions", "ended_at"),
    _deleted("credentials_trustedbrowser", "trusted browsers"),
    _marked("accounts_mailedlink", "links", "revoked_at", "used_at"),
    _deleted("accounts_firstlink", "first links"),
    _deleted("signin_askedlink", "links that were asked for"),
    _marked("accounts_emailchange", "changes of an e-mail", "closed_at"),
    Ending(
        "recovery_recoveryrequest",
        "requests for help",
        # Of one whose pass was used somebody may still say that it was not them.
        "UPDATE recovery_recoveryrequest SET state = 'ended', closed_at = {now} "
        "WHERE state IN ('open', 'approved') OR (state = 'issued' AND EXISTS (SELECT 1 FROM recovery_setuppass "
        "WHERE request_id = recovery_recoveryrequest.id AND used_at IS NULL AND ended_at IS NULL))",
    ),
    _marked("recovery_setuppass", "set-up passes", "ended_at", "used_at"),
    _marked("recovery_callercheck", "caller checks", "ended_at"),
    _deleted("applications_pushedrequest", "requests of applications"),
    _given_up(
        "mails with a link or code",
        "its link or code ended when a backup was put back",
        f"template IN ({_FOR_LINKS})",
    ),
    _given_up(
        "mails about what is more than a day old",
        "it was too old when a backup was put back",
        "event_id IN (SELECT id FROM audit_event WHERE at < {old})",
    ),
    Ending(
        "audit_event",
        "events of more than a day ago that nobody was mailed of",
        "UPDATE audit_event SET dispatched_at = {now} WHERE dispatched_at IS NULL AND at < {old}",
    ),
)


# What lets in for long and does not end: it works as it did then. By its table, in the words of the report.
STAYING: Final = {
    "applications_clientsecret": "secrets of applications",
    "applications_signingkey": "keys that tokens are signed with",
    "credentials_factor": "devices for two-factor sign-in",
    "credentials_recoverycode": "recovery codes",
    "accounts_administrator": "passwords and rights",
}


def staying(rows: Mapping[str, int]) -> list[str]:
    """Return what of a backup works again although it was removed, changed or used since; `rows`: of each table."""
    return [what for table, what in STAYING.items() if rows.get(table)]


def end(run: Callable[[str], int], *, rows: Mapping[str, int], now: datetime) -> dict[str, int]:
    """End it all by `run`, which returns how many rows a statement changed; return how many of what were ended.

    `rows`: the tables that there are; one that an older version did not have has nothing to end.
    """
    moments = {"now": _written(now), "old": _written(now - TOLD_WITHIN)}
    done = {one.what: run(one.sql.format(**moments)) for one in ENDINGS if one.table in rows}
    return {what: number for what, number in done.items() if number}


def _written(moment: datetime) -> str:
    return f"'{moment:%Y-%m-%d %H:%M:%S.%f}'"
