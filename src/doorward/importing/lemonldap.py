"""People of LemonLDAP::NG: what `lemonldap-ng-sessions search --persistent` wrote, with the apps in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from doorward.credentials.totp import foreign
from doorward.importing.errors import SecretSealed, SourceUnreadable
from doorward.importing.other_system import ODD, Found, address, left, objects, parsed, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.importing.rules import LineOutcome, PersonLine

_NAME: Final = "LemonLDAP::NG"
_DEVICES: Final = "_2fDevices"
_ENCRYPTED: Final = "{llngcrypt}"


def people(file: bytes, *, domain: str = "") -> Iterator[PersonLine | LineOutcome]:
    """Return who has a persistent session, numbered as they stand there. Raises `SourceUnreadable`.

    `domain`: that of the e-mail of whoever has a name alone.
    """
    sessions = objects(parsed(file, _NAME), _NAME)
    if not any("_session_uid" in one for one in sessions):
        raise SourceUnreadable(_NAME)
    return (_person(number, one, domain) for number, one in enumerate(sessions, start=1))


def _person(number: int, session: dict[str, Any], domain: str) -> PersonLine | LineOutcome:
    name = text(session, "_session_uid")
    if not name:
        return left(number, text(session, "_session_id"), SourceUnreadable(_NAME))
    found = Found()
    for device in _devices(session, found):
        _take(device if isinstance(device, dict) else {}, found)
    return found.line(number, address(name, domain))


def _devices(session: dict[str, Any], found: Found) -> list[Any]:
    """Return the devices, which are JSON within JSON; what cannot be read was a second factor, too."""
    devices = session.get(_DEVICES) or []
    try:
        devices = json.loads(devices) if isinstance(devices, str) else devices
    except ODD:
        devices = None
    if isinstance(devices, list):
        return devices
    found.factor(_DEVICES)
    return []


def _take(device: dict[str, Any], found: Found) -> None:
    kind = text(device, "type")
    if kind == "TOTP":
        found.take(lambda: _secret(device), name=text(device, "name"), kind=kind)
    else:
        found.factor(kind)


def _secret(device: dict[str, Any]) -> bytes:
    secret: str = device["_secret"]
    if secret.startswith(_ENCRYPTED):
        raise SecretSealed
    return foreign.base32(secret)
