"""How lines are kept while an import goes on: packed and sealed, as they came; and refusals in what came of them."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from doorward.importing.errors import ImportForgotten
from doorward.importing.models import ImportPart
from doorward.importing.rules import CustomerLine, Device, Fate, LineOutcome, PersonLine
from doorward.importing.sealed import of_part
from doorward.kernel.crypto import sealing
from doorward.kernel.errors import FieldsRefused, MustWait, Refusal
from doorward.kernel.refusals import by_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from doorward.importing.reading_files import Cells

    Line = PersonLine | CustomerLine | LineOutcome

Packed: TypeAlias = list[Any]

_QUICKLY: Final = 1
_PLAIN: Final = frozenset({str, int, bool, type(None)})


def part_of_table(run_id: UUID, number: int, lines: Sequence[Cells]) -> ImportPart:
    """Return a part of a table: numbers of lines, and cells; None for a line that cannot be read."""
    return _sealed(run_id, number, [[one.number, one.cells] for one in lines])


def part_of_lines(run_id: UUID, number: int, lines: Sequence[Line]) -> ImportPart:
    """Return a part of what another system has."""
    return _sealed(run_id, number, [_packed_line(one) for one in lines])


def opened(part: ImportPart) -> list[Any]:
    """Return what a part has. Raises `ImportForgotten` where it does not open any more."""
    try:
        plain = sealing.open_sealed(bytes(part.sealed or b""), **of_part(part.id))
    except sealing.SealBroken as error:
        raise ImportForgotten from error
    found: list[Any] = json.loads(zlib.decompress(plain))
    return found


def line_of(packed: dict[str, Any]) -> Line:
    """Return a line of another system that was kept."""
    values = dict(packed)
    if "fate" in values:
        refusal, *_ = refusals(values.pop("refusal"))
        return LineOutcome(**values | {"fate": Fate(values["fate"]), "refusal": refusal})
    if "name" in values:
        return CustomerLine(**values)
    devices = tuple(Device(secret=_secret(one), name=name) for one, name in values["devices"])
    tabs = None if values["tabs"] is None else frozenset(values["tabs"])
    notes = tuple(refusals(values["notes"]))
    return PersonLine(**values | {"devices": devices, "tabs": tabs, "notes": notes})


def packed_refusals(several: Iterable[Refusal | None]) -> list[Packed]:
    """Return what can be written down of refusals: their codes, what their sentences need, and those within them."""
    return [_packed_refusal(one) for one in several if one is not None]


def refusals(packed: Iterable[Packed]) -> list[Refusal]:
    """Return refusals that were written down; of one that is no longer declared, nothing."""
    found = []
    for code, data, field, within in packed:
        declared = by_code().get(code)
        if declared is None:
            continue
        one = declared.__new__(declared)
        Refusal.__init__(one, field=field, **data)
        if isinstance(one, MustWait):
            one.seconds = data["seconds"]
        if isinstance(one, FieldsRefused):
            one.fields = dict(zip(within, refusals(within.values()), strict=True))
        found.append(one)
    return found


def _packed_refusal(refusal: Refusal) -> Packed:
    fields = refusal.fields if isinstance(refusal, FieldsRefused) else {}
    within = {name: _packed_refusal(one) for name, one in fields.items()}
    return [refusal.code, refusal.data, refusal.field, within]


def _sealed(run_id: UUID, number: int, packed: list[Any]) -> ImportPart:
    part = ImportPart(run_id=run_id, number=number)
    plain = json.dumps(packed, separators=(",", ":")).encode()
    part.sealed = sealing.seal(zlib.compress(plain, _QUICKLY), **of_part(part.id))
    return part


def _packed_line(line: Line) -> dict[str, Any]:
    values = {one.name: getattr(line, one.name) for one in fields(line)}
    plain = {name: value for name, value in values.items() if type(value) in _PLAIN}
    if isinstance(line, LineOutcome):
        refusal = packed_refusals([line.refusal])
        return plain | {"fate": line.fate.value, "fields": line.fields, "refusal": refusal}
    if isinstance(line, CustomerLine):
        return plain
    devices = [[_packed_secret(one.secret), one.name] for one in line.devices]
    tabs = None if line.tabs is None else sorted(line.tabs)
    return plain | {"devices": devices, "tabs": tabs, "notes": packed_refusals(line.notes)}


def _packed_secret(secret: str | bytes) -> str | list[str]:
    return secret if isinstance(secret, str) else [base64.b64encode(secret).decode()]


def _secret(packed: str | list[str]) -> str | bytes:
    return packed if isinstance(packed, str) else base64.b64decode(packed[0])
