"""The columns of a file: by which names, in English and German, each is recognised. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from doorward.importing.errors import ColumnMissing, ColumnTwice
from doorward.kernel.errors import ChoiceInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Each with the names that headings have; only letters and digits count, whatever their case and marks.
PEOPLE: Final[dict[str, tuple[str, ...]]] = {
    "email": ("email", "e-mail", "e-mail address", "mail", "email-adresse", "username", "login"),
    "first_name": ("first name", "given name", "forename", "vorname"),
    "last_name": ("last name", "surname", "family name", "nachname", "familienname", "name"),
    "phone": ("phone", "phone number", "telephone", "mobile", "telefon", "telefonnummer", "handy"),
    "customer": ("customer", "company", "account", "kunde", "firma", "organisation"),
    "tabs": ("tabs", "access rights", "rights", "reiter", "zugriffsrechte", "rechte"),
    "require_2fa": ("require 2fa", "required 2fa", "2fa", "2fa verlangt", "2fa erforderlich"),
    "language": ("language", "locale", "sprache"),
    "time_zone": ("time zone", "timezone", "zeitzone"),
    "status": ("status", "state", "zustand"),
    "password_hash": ("password hash", "password", "passwort-hash", "passwort", "kennwort-hash"),
    "totp": ("totp", "totp secret", "otp secret", "otpauth", "totp-geheimnis", "totp-schlüssel"),
}
CUSTOMERS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name", "customer", "company", "kunde", "firma"),
    "brand": ("brand", "marke"),
}
# What a file must have.
NEEDED: Final = {"people": "email", "customers": "name"}
KNOWN: Final = {"people": PEOPLE, "customers": CUSTOMERS}
# Would let somebody sign in.
SECRET: Final = frozenset({"password_hash", "totp"})
_IGNORED: Final = re.compile(r"[^a-z0-9]")


def recognise(headings: Sequence[str], known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the field that each heading names; '': none, so that its column is left out.

    Raises `ColumnTwice` where two name the same.
    """
    names = {_plain(name): field for field, names in known.items() for name in (field, *names)}
    found = [names.get(_plain(heading), "") for heading in headings]
    for field in known:
        if found.count(field) > 1:
            raise ColumnTwice(field)
    return found


def suggest(
    headings: Sequence[str],
    known: Mapping[str, tuple[str, ...]],
    remembered: Mapping[str, str],
) -> list[str]:
    """Return for each heading what it was said to be the last time, else what it names; each field once."""
    fields: list[str] = []
    for heading in headings:
        (named,) = recognise([heading], known)
        field = remembered.get(remembered_as(heading), named)
        fields.append(field if field in known and field not in fields else "")
    return fields


def remembered_as(heading: str) -> str:
    """Return by what a heading is known again."""
    return _plain(heading)[:80]


def chosen(fields: Sequence[str], known: Mapping[str, tuple[str, ...]], needed: str) -> list[str]:
    """Return what somebody says that the columns are. Raises `ColumnTwice`, `ColumnMissing` and `ChoiceInvalid`."""
    if not set(fields) <= {"", *known}:
        raise ChoiceInvalid
    for field in known:
        if list(fields).count(field) > 1:
            raise ColumnTwice(field)
    must_have(fields, needed)
    return list(fields)


def must_have(fields: Sequence[str], needed: str) -> None:
    """Raise `ColumnMissing` where the column is not there by which lines are told apart."""
    if needed not in fields:
        raise ColumnMissing(needed)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return _IGNORED.sub("", decomposed)
