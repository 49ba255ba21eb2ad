"""A version of a policy as a file (TOML): what is read of one, and what is written."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from doorward.kernel.errors import FieldsRefused, Refusal
from doorward.policy.errors import FileInvalid
from doorward.policy.fields import FIELDS, read, stored
from doorward.policy.versions import Owner, Wanted
from doorward.policy.waves import midnight

if TYPE_CHECKING:
    from doorward.policy.fields import Values

STARTS: Final = "starts"
REASON: Final = "reason"


def wanted_of(text: str, owner: Owner) -> Wanted:
    """Return the version that a file says. What it does not name is as it is without any version.

    Raises `FileInvalid`, and `FieldsRefused` with what is wrong with each key.
    """
    try:
        said: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileInvalid(what=str(error)) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or lists within lists: `tomllib` does not call these its own.
        raise FileInvalid(what="a value in it is too long or too deep") from error
    starts, reason, refused = said.pop(STARTS, None), said.pop(REASON, ""), dict[str, Refusal]()
    values = owner.default
    try:
        values = read(said, base=owner.default)
    except FieldsRefused as error:
        refused |= error.fields
    try:
        starts = FIELDS["from_day"].read(starts)
    except Refusal as error:
        refused[STARTS] = error
    if not isinstance(reason, str):
        refused[REASON] = FileInvalid(what=REASON)
    if refused:
        raise FieldsRefused(refused)
    return Wanted(values=values, starts_at=midnight(starts) if starts else None, reason=reason)


def text_of(values: Values) -> str:
    """Return values as a file: all fields, so that what is written and read again changes nothing."""
    return "".join(f"{key} = {_written(value)}\n" for key, value in _all(values).items())


def _all(values: Values) -> dict[str, Any]:
    found = {one.key: getattr(values, name) for name, one in FIELDS.items()}
    return {key: value for key, value in found.items() if value is not None}


def as_json(values: Values, owner: Owner) -> dict[str, Any]:
    """Return all fields by their keys, as JSON has them."""
    there = {one.key: one.stored(getattr(owner.default, name)) for name, one in FIELDS.items()}
    return there | stored(values, base=owner.default)


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case frozenset():
            return json.dumps(sorted(value), ensure_ascii=False)
        case _:
            return json.dumps(str(value), ensure_ascii=False)
