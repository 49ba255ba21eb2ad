"""People of a Django project: passwords, and the devices of django-otp, django-two-factor-auth and django-allauth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doorward.credentials.totp import foreign
from doorward.credentials.totp.rules import STEP_SECONDS
from doorward.importing.django_tables import NAME, inner
from doorward.importing.errors import FactorLost, SecretSealed, SourceUnreadable, TooManyLines
from doorward.importing.other_system import Found, address, must_be_on_time, nobodys, text, word
from doorward.importing.reading_files import MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorward.importing.django_tables import Row, Tables
    from doorward.importing.rules import LineOutcome, PersonLine

_UNUSABLE: Final = "!"
_USERS: Final = frozenset({"password", "last_login"})
_TOTP: Final = frozenset({"user_id", "key", "step", "t0", "digits", "drift"})
# What is a second factor by its name, whoever made it, beside the devices of django-otp.
_FACTORS: Final = re.compile(r"(^|_)(otp|mfa|2fa|two_factor|twofactor|webauthn|u2f|fido2?)(_|\Z)")
_DEVICE: Final = frozenset({"user_id", "confirmed"})
_RIGHTS: Final = ("groups", "is_staff", "is_superuser")
_ALLAUTH: Final = "mfa_authenticator"
_STRICT_BASE32: Final = re.compile(r"[A-Z2-7]+=*")


class _People:
    """What is found of each user, by their keys."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.found: list[tuple[Row, Found]] = []
        self.by_key: dict[str, Found] = {}
        self.orphans: list[str] = []

    def add(self, row: Row) -> None:
        """Add a user, known by their key and, in a dump with natural keys, by the name that they sign in with."""
        if len(self.found) >= MOST_LINES:
            raise TooManyLines(MOST_LINES)
        found = Found(password=_password(row))
        self.found.append((row, found))
        for part in _RIGHTS:
            if row.get(part):
                found.part(part)
        # By what its model is known: with a name to sign in with, never by anything else.
        natural = text(row, "username" if "username" in row else "email")
        self.by_key[_natural(natural)] = found
        if row["pk"] is not None:
            self.by_key[str(row["pk"])] = found

    def each(self, table: str) -> Iterator[tuple[Row, Found]]:
        """Return the rows of a table with whose they are; what is nobody's is kept for later."""
        for row in self.tables.rows(table):
            whose = row.get("user_id")
            key = _natural(str(whose[0])) if isinstance(whose, list) and whose else str(whose)
            found = self.by_key.get(key)
            if found is None:
                self.orphans.append(table)
            else:
                yield row, found


def people(tables: Tables, *, domain: str = "") -> Iterator[PersonLine | LineOutcome]:
    """Return the users of a project in the order of their keys. Raises `SourceUnreadable` where there are none.

    `domain`: that of the e-mail of whoever has a name alone.
    """
    everybody = _People(tables)
    for row in tables.rows(_users(tables)):
        everybody.add(row)
    for table, columns in sorted(tables.columns.items()):
        if (take := _taker(table, columns)) is not None:
            for row, found in everybody.each(table):
                take(row, found, table)
    addresses = _addresses(everybody)
    for number, (row, found) in enumerate(everybody.found, start=1):
        yield found.line(
            number,
            text(row, "email") or addresses.get(id(found), "") or address(_name(row), domain),
            first_name=text(row, "first_name"),
            last_name=text(row, "last_name"),
            suspended=not row.get("is_active", True),
        )
    for number, table in enumerate(everybody.orphans, start=len(everybody.found) + 1):
        yield nobodys(number, table)


def _users(tables: Tables) -> str:
    """Return the table of users: Django's own, or the one that has what a model of users has."""
    found = [table for table, columns in tables.columns.items() if columns >= _USERS]
    if "auth_user" in found:
        return "auth_user"
    if len(found) != 1:
        raise SourceUnreadable(NAME)
    return found[0]


def _taker(table: str, columns: frozenset[str]) -> Callable[[Row, Found, str], None] | None:
    """Return what takes a row of this table; None: nothing of anybody's is in it."""
    if table == _ALLAUTH:
        return _authenticator
    if "user_id" not in columns:
        return None
    if columns >= _TOTP and table.endswith("totpdevice"):
        return _totp
    if columns >= _DEVICE or _FACTORS.search(table):
        return _codes if table.endswith("staticdevice") else _other
    if "group_id" in columns or table == "socialaccount_socialaccount":
        return _part
    return None


def _totp(row: Row, found: Found, table: str) -> None:
    if not row.get("confirmed", True):
        found.part(f"{_short(table)}, unconfirmed")
        return

    def secret() -> bytes:
        foreign.must_be_ours(
            kind="totp", algorithm="SHA1", digits=row["digits"], period=row["step"]
        )
        must_be_on_time(row["drift"] * STEP_SECONDS)
        if row["t0"]:
            raise FactorLost(word(f"{_short(table)}, t0 {row['t0']}"))
        return bytes.fromhex(row["key"])

    # `default` is what the program itself calls it.
    name = text(row, "name")
    found.take(secret, name="" if name == "default" else name, kind=_short(table))


def _codes(_row: Row, found: Found, _table: str) -> None:
    found.codes()


def _other(row: Row, found: Found, table: str) -> None:
    if row.get("confirmed", True):
        found.factor(_short(table))
    else:
        found.part(f"{_short(table)}, unconfirmed")


def _part(row: Row, found: Found, table: str) -> None:
    found.part(text(row, "provider") or table.rpartition("_")[2])


def _authenticator(row: Row, found: Found, _table: str) -> None:
    """Take what allauth has: its secrets are Base32 as they are, unless the project encrypts them."""
    kind = text(row, "type")
    if kind == "recovery_codes":
        found.codes()
    elif kind == "totp":
        found.take(lambda: _allauth_secret(row), name="", kind=kind)
    else:
        found.factor(kind)


def _allauth_secret(row: Row) -> bytes:
    secret: str = inner(row["data"])["secret"]
    if not _STRICT_BASE32.fullmatch(secret):
        raise SecretSealed
    return foreign.base32(secret)


def _addresses(everybody: _People) -> dict[int, str]:
    """Return allauth's e-mails, the primary one of each, by whose they are."""
    found: dict[int, str] = {}
    for row, whose in everybody.each("account_emailaddress"):
        if row.get("primary") or id(whose) not in found:
            found[id(whose)] = text(row, "email")
    return found


def _password(row: Row) -> str:
    password = text(row, "password")
    return "" if password.startswith(_UNUSABLE) else password


def _name(row: Row) -> str:
    return text(row, "username") or str(row["pk"])


def _natural(name: str) -> str:
    # A number is a key; what begins so is a name.
    return f"name:{name}"


def _short(table: str) -> str:
    return table.rpartition("_")[2]
