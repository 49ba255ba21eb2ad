"""People of privacyIDEA: the tokens that `pi-tokenjanitor find export` wrote, opened with the key that it showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography.fernet import Fernet, InvalidToken

from doorward.credentials.totp import foreign
from doorward.importing.errors import KeyNeeded, KeyWrong, OtherFormat
from doorward.importing.other_system import (
    Found,
    address,
    must_be_on_time,
    must_fit,
    nobodys,
    objects,
    parsed,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.importing.rules import LineOutcome, PersonLine

_NAME: Final = "privacyIDEA"
_LIST: Final = b"["
# A token of Fernet begins with its version, 128.
_ENCRYPTED: Final = b"gAAAA"
_DONE: Final = frozenset({"", "enrolled"})
_OFF: Final = ("revoked", "locked")


def people(file: bytes, *, key: str = "", domain: str = "") -> Iterator[PersonLine | LineOutcome]:
    """Return who has tokens, numbered by the first one of each. Raises `SourceUnreadable`, `KeyNeeded`, `KeyWrong`.

    `key`: what the export was encrypted with. `domain`: that of the e-mail of whoever has a name alone.
    """
    return _people(objects(parsed(_opened(file.strip(), key), _NAME), _NAME), domain)


def _opened(file: bytes, key: str) -> bytes:
    must_fit(file)
    if file.startswith(_LIST):
        return file
    if not file.startswith(_ENCRYPTED):
        raise OtherFormat(_NAME)
    if not key:
        raise KeyNeeded
    try:
        return Fernet(key.strip()).decrypt(file)
    except (ValueError, InvalidToken) as error:
        raise KeyWrong from error


def _people(tokens: list[dict[str, Any]], domain: str) -> Iterator[PersonLine | LineOutcome]:
    people: dict[str, tuple[int, Found]] = {}
    for number, token in enumerate(tokens, start=1):
        if email := address(_owner(token), domain):
            _, found = people.setdefault(email, (number, Found()))
            _take(token, found)
        else:
            yield nobodys(number, _serial(token))
    for email, (number, found) in people.items():
        yield found.line(number, email)


def _owner(token: dict[str, Any]) -> str:
    """Return the name of whoever has it: `user` in an export, `owner` (with its realm) in one that was YAML."""
    user = token.get("user")
    if isinstance(user, dict):
        return text(user, "login")
    owner = text(token, "owner")
    return "" if owner == "n/a" else owner.rpartition("@")[0]


def _take(token: dict[str, Any], found: Found) -> None:
    kind = text(token, "type").lower()
    if text(token, "rollout_state") not in _DONE:
        found.part(f"{_serial(token)}, {text(token, 'rollout_state')}")
    elif token.get("active") is False or any(token.get(one) is True for one in _OFF):
        found.factor(f"{_serial(token)}, disabled")
    elif kind == "totp":
        name = text(token, "description") or _serial(token)
        found.take(lambda: _secret(token), name=name, kind=_serial(token))
    else:
        found.factor(f"{_serial(token)}, {kind}")
    if token.get("_hashed_pin"):
        found.part(f"{_serial(token)}, PIN")


def _secret(token: dict[str, Any]) -> bytes:
    info = token["info_list"]
    foreign.must_be_ours(
        kind="totp",
        algorithm=info.get("hashlib", "sha1"),
        digits=token["otplen"],
        period=info.get("timeStep", 30),
    )
    must_be_on_time(float(info.get("timeShift") or 0))
    return bytes.fromhex(token["otpkey"])


def _serial(token: dict[str, Any]) -> str:
    return text(token, "serial")
