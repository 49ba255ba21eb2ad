"""People of a realm that Keycloak exported (`kc.sh export`, with users): passwords, apps, and what stays behind."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from doorward.credentials.errors import HashTooCostly, HashUnknown, SecretInvalid, SecretUnsupported
from doorward.credentials.password.formats import Pbkdf2, argon2_text, read
from doorward.credentials.totp import foreign
from doorward.importing.errors import FactorLost, PartLost, SourceUnreadable
from doorward.importing.rules import Device, PersonLine
from doorward.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "Keycloak"
# What a second step is called there; a password and what replaces it are none.
_FIRST = frozenset({"password", "password-history"})
_ARGON2 = {"1.0": 16, "1.3": 19}


@dataclass(slots=True)
class _Found:
    password: str = ""
    devices: list[Device] = field(default_factory=list)
    notes: list[Refusal] = field(default_factory=list)
    lost_factor: bool = False


def people(file: bytes) -> Iterator[PersonLine]:
    """Return the users of a realm, numbered as they stand there. Raises `SourceUnreadable`."""
    try:
        realm = json.loads(file)
        users = realm["users"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceUnreadable(_NAME) from error
    if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
        raise SourceUnreadable(_NAME)
    return (_person(number, user) for number, user in enumerate(users, start=1))


def _person(number: int, user: dict[str, Any]) -> PersonLine:
    found = _Found()
    credentials = user.get("credentials")
    for one in credentials if isinstance(credentials, list) else ():
        _take(one if isinstance(one, dict) else {}, found)
    for part in ("groups", "federatedIdentities", "federationLink"):
        if user.get(part):
            found.notes.append(PartLost(part))
    actions = user.get("requiredActions") or ()
    return PersonLine(
        number=number,
        email=_text(user, "email") or _text(user, "username"),
        first_name=_text(user, "firstName"),
        last_name=_text(user, "lastName"),
        require_2fa=True if "CONFIGURE_TOTP" in actions else None,
        suspended=user.get("enabled") is False,
        password=found.password,
        devices=tuple(found.devices),
        notes=tuple(found.notes),
        lost_factor=found.lost_factor,
    )


def _take(credential: dict[str, Any], found: _Found) -> None:
    """Add to what is found of somebody: a password, an app, or a word on what stays behind."""
    kind = _text(credential, "type")
    try:
        about, secret = (
            _inner(credential, "credentialData"),
            _inner(credential, "secretData"),
        )
        if kind == "password":
            # In the form in which it is read once more when it is imported.
            found.password = _password(about, secret)
        elif kind == "otp":
            name = _text(credential, "userLabel")
            found.devices.append(Device(secret=_secret(about, secret), name=name))
        elif kind not in _FIRST:
            found.notes.append(FactorLost(kind))
            found.lost_factor = True
    except (Refusal, ValueError, KeyError, TypeError, IndexError) as error:
        known = (HashUnknown, HashTooCostly, SecretInvalid, SecretUnsupported)
        refusal = error if isinstance(error, known) else None
        found.lost_factor |= kind not in _FIRST
        found.notes.append(refusal or (FactorLost(kind) if kind not in _FIRST else HashUnknown()))


def _password(about: dict[str, Any], secret: dict[str, Any]) -> str:
    algorithm, rounds = about["algorithm"], int(about["hashIterations"])
    salt, derived = (base64.b64decode(secret[name], validate=True) for name in ("salt", "value"))
    if algorithm == "argon2":
        more = {name: values[0] for name, values in about["additionalParameters"].items()}
        costs = (
            _ARGON2[more["version"]],
            int(more["memory"]),
            rounds,
            int(more["parallelism"]),
        )
        text = argon2_text(more["type"], costs, salt, derived)
        read(text)
        return text
    digest = algorithm.removeprefix("pbkdf2").lstrip("-") or "sha1"
    Pbkdf2(digest, rounds, salt, derived).kept()
    plain = (
        base64.b64encode(one).decode().rstrip("=").replace("+", ".") for one in (salt, derived)
    )
    name = "pbkdf2" if digest == "sha1" else f"pbkdf2-{digest}"
    return f"${name}${rounds}${'$'.join(plain)}"


def _secret(about: dict[str, Any], secret: dict[str, Any]) -> bytes:
    foreign.must_be_ours(
        kind=about["subType"],
        algorithm=about["algorithm"],
        digits=about["digits"],
        period=about["period"],
    )
    value: str = secret["value"]
    # Its letters are the secret, unless it says that they stand for one.
    return (
        foreign.base32(value)
        if about.get("secretEncoding") == "BASE32"
        else foreign.checked(value.encode())
    )


def _inner(credential: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what stands there as JSON within JSON."""
    text = credential.get(name) or "{}"
    inner = json.loads(text) if isinstance(text, str) else text
    return inner if isinstance(inner, dict) else {}


def _text(values: dict[str, Any], name: str) -> str:
    found = values.get(name)
    return found if isinstance(found, str) else ""
