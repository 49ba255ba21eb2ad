"""What the `claims` parameter asks for (OpenID Connect Core, 5.5), as typed values; what is not known is ignored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from doorward.applications.protocol import Code, ProtocolError

_NOT_JSON: Final = "claims is no JSON object."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The claims that are asked for by name, and what two of them must be.

    `acr`: values of which one is enough. `acr_is_essential`: else it is a wish. `subject`: empty: whoever it is.
    """

    userinfo: frozenset[str] = frozenset()
    id_token: frozenset[str] = frozenset()
    acr: tuple[str, ...] = ()
    acr_is_essential: bool = False
    subject: str = ""


def read(text: str) -> Wanted:
    """Return what is asked for. Raises `ProtocolError`."""
    if not text:
        return Wanted()
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(Code.INVALID_REQUEST, _NOT_JSON) from error
    if not isinstance(given, dict):
        raise ProtocolError(Code.INVALID_REQUEST, _NOT_JSON)
    of_token, of_userinfo = _member(given, "id_token"), _member(given, "userinfo")
    acr = _member(of_token, "acr")
    values = _values(acr)
    subjects = {one for part in (of_token, of_userinfo) for one in _values(_member(part, "sub"))}
    if len(subjects) > 1:
        raise ProtocolError(Code.INVALID_REQUEST, "Nobody is two subjects.")
    return Wanted(
        userinfo=frozenset(of_userinfo),
        id_token=frozenset(of_token),
        acr=values,
        # Without a value it is fulfilled by any, and each id token has one.
        acr_is_essential=acr.get("essential") is True and bool({"value", "values"} & acr.keys()),
        subject=next(iter(subjects), ""),
    )


def _member(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _values(of: dict[str, Any]) -> tuple[str, ...]:
    """Return what a claim may be: its `value`, or one of its `values`."""
    values = of.get("values", [of["value"]] if "value" in of else [])
    return tuple(map(str, values)) if isinstance(values, list) else ()
