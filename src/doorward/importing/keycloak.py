"""People of a realm that Keycloak exported (`kc.sh export`, with users): passwords, apps, and what stays behind."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from doorward.credentials.errors import HashUnknown
from doorward.credentials.password.hash_formats import Pbkdf2, argon2_text, read
from doorward.credentials.totp import foreign
from doorward.importing.errors import SourceUnreadable
from doorward.importing.other_system import ODD, Found, address, objects, parsed, text
from doorward.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.importing.rules import PersonLine

_NAME = "Keycloak"
# What a second step is called there; a password and what replaces it are none.
_FIRST = frozenset({"password", "password-history"})
_CODES = "recovery-authn-codes"
_ARGON2 = {"1.0": 16, "1.3": 19}


def people(file: bytes, *, domain: str = "") -> Iterator[PersonLine]:
    """Return the users of a realm, numbered as they stand there. Raises `SourceUnreadable`.

    `domain`: that of the e-mail of whoever has a name alone.
    """
    realm = parsed(file, _NAME)
    if not isinstance(realm, dict):
        raise SourceUnreadable(_NAME)
    users = objects(realm.get("users"), _NAME)
    return (_person(number, user, domain) for number, user in enumerate(users, start=1))


def _person(number: int, user: dict[str, Any], domain: str) -> PersonLine:
    found = Found()
    credentials = user.get("credentials")
    for one in credentials if isinstance(credentials, list) else ():
        _take(one if isinstance(one, dict) else {}, found)
    for part in ("groups", "federatedIdentities", "federationLink"):
        if user.get(part):
            found.part(part)
    actions = user.get("requiredActions") or ()
    return found.line(
        number,
        text(user, "email") or address(text(user, "username"), domain),
        first_name=text(user, "firstName"),
        last_name=text(user, "lastName"),
        require_2fa=True if "CONFIGURE_TOTP" in actions else None,
        suspended=user.get("enabled") is False,
    )


def _take(credential: dict[str, Any], found: Found) -> None:
    """Add to what is found of somebody: a password, an app, or a word on what stays behind."""
    kind = text(credential, "type")
    if kind == "otp":
        found.take(lambda: _secret(credential), name=text(credential, "userLabel"), kind=kind)
    elif kind == _CODES:
        found.codes()
    elif kind not in _FIRST:
        found.factor(kind)
    elif kind == "password":
        try:
            # In the form in which it is read once more when it is imported.
            found.password = _password(
                _inner(credential, "credentialData"), _inner(credential, "secretData")
            )
        except (Refusal, *ODD) as error:
            found.no_password(error if isinstance(error, Refusal) else HashUnknown())


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
        whole = argon2_text(more["type"], costs, salt, derived)
        read(whole)
        return whole
    digest = algorithm.removeprefix("pbkdf2").lstrip("-") or "sha1"
    Pbkdf2(digest, rounds, salt, derived).kept()
    plain = (
        base64.b64encode(one).decode().rstrip("=").replace("+", ".") for one in (salt, derived)
    )
    name = "pbkdf2" if digest == "sha1" else f"pbkdf2-{digest}"
    return f"${name}${rounds}${'$'.join(plain)}"


def _secret(credential: dict[str, Any]) -> bytes:
    about, secret = _inner(credential, "credentialData"), _inner(credential, "secretData")
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
    given = credential.get(name) or "{}"
    inner = json.loads(given) if isinstance(given, str) else given
    return inner if isinstance(inner, dict) else {}
