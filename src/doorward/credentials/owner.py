"""Whose sign-in it is: the account of an e-mail or a passkey, and what went before with this browser, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from doorward.accounts.account import COLUMNS, Account
from doorward.accounts.models import Administrator
from doorward.kernel.db.hot_queries import HotQuery
from doorward.sessions import issuing
from doorward.sessions.issuing import Before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

_PASSKEY: Final = "factors__passkey__"
# By their names here, the columns that come with the account.
_OF_EMAIL: Final = {"password": "password"}
_OF_PASSKEY: Final = {
    "factor_id": "factors__id",
    "name": "factors__name",
    "sign_count": f"{_PASSKEY}sign_count",
    "user_verified": f"{_PASSKEY}user_verified",
    "backed_up": f"{_PASSKEY}backed_up",
    "public_key": f"{_PASSKEY}public_key",
    "backup_eligible": f"{_PASSKEY}backup_eligible",
    "user_handle": "user_handle__handle",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """An account, what went before a sign-in of theirs, and what they were found by (`more`: by the names above)."""

    account: Account
    before: Before
    more: Mapping[str, Any]


def of_email(folded: str, *, browser_hash: bytes) -> Owner | None:
    """Return whose e-mail it is, with their `password`; None: nobody's."""
    rows = _HOT.rows(folded=folded, browser_hash=browser_hash)
    return _owner(rows[0], _OF_EMAIL) if rows else None


def of_passkey(credential_id: bytes, *, rp_id: str, browser_hash: bytes) -> Owner | None:
    """Return whose passkey it is at a relying party, with what is stored of it; None: nobody's."""
    rows = _HOT.rows(credential_id=credential_id, rp_id=rp_id, browser_hash=browser_hash)
    return _owner(rows[0], _OF_PASSKEY) if rows else None


def _owner(row: Mapping[str, Any], more: Mapping[str, str]) -> Owner:
    return Owner(
        account=Account(*(row[column] for column in COLUMNS)),
        before=Before(row["known"], row["signed_in_at"], row["browser"]),
        more={name: row[column] for name, column in more.items()},
    )


def _query(
    browser_hash: bytes, folded: str = "", **passkey: bytes | str
) -> QuerySet[Administrator, Any]:
    people = Administrator.objects.everywhere()
    if folded:
        rows, more = people.filter(email_folded=folded), _OF_EMAIL
    else:
        by = {f"{_PASSKEY}{column}": value for column, value in passkey.items()}
        rows, more = people.filter(**by), _OF_PASSKEY
    found: QuerySet[Administrator, Any] = rows.values(
        *COLUMNS, *more.values(), **issuing.before(browser_hash)
    )
    return found


_HOT = HotQuery(_query)
