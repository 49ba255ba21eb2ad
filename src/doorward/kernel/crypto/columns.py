"""All that is sealed, column by column: which keys it needs, and whether it opens. `rotating.py` seals it anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import BinaryField, Func, Value

from doorward.kernel.crypto import sealing
from doorward.kernel.db.paging import values_in_pages
from doorward.kernel.models import SealedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model, QuerySet

    from doorward.kernel.crypto.keyring import Key
    from doorward.kernel.crypto.sealing import AssociatedData


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column that holds sealed values (or NULL), and the place that each row's is bound to.

    `name`: what it holds, in the plural. `fleeting`: what no longer opens is as good as not there.
    """

    name: str
    model: type[Model]
    column: str
    associated: Callable[[Any], AssociatedData]
    fleeting: bool = False

    @property
    def rows(self) -> QuerySet[Any]:
        """The rows that have a value."""
        return self.model._base_manager.filter(  # noqa: SLF001 - Django's documented manager of all rows
            **{f"{self.column}__isnull": False}
        )


@dataclass(slots=True)
class Found:
    """What a look at everything found.

    `needs`: how many values each key seals, by the key's id and the column's name. `broken`: how
    many do not open; `first`: a sentence about the first of them.
    """

    needs: dict[str, Counter[str]] = field(default_factory=dict)
    broken: int = 0
    first: str = ""

    def add_broken(self, error: sealing.SealBroken) -> None:
        """Count one that does not open."""
        self.broken += 1
        self.first = self.first or str(error)


KEYS = SealedColumn("hash keys", SealedKey, "sealed", sealing.of_key)


def prepare() -> None:
    """Make the key of all keyed hash at the first start; later see that it opens, or `SealBroken`."""
    sealing.keyed_hash("start", b"")


def missing(columns: Sequence[SealedColumn]) -> str:
    """Return one sentence about a key that something needs and the key file has not; empty: none is missing."""
    file = sealing.key_file()
    for column in columns:
        rows = not_sealed_by(column, file.ring.keys)
        sealed = rows.values_list(column.column, flat=True).first()
        if sealed is not None and not column.fleeting:
            key_id = sealing.key_id_of(bytes(sealed))
            return (
                f"The key {key_id!r}, which the {column.name} in the database need, "
                f"is not in {file.where}."
            )
    return ""


def look(columns: Sequence[SealedColumn], *, seen: Callable[[], object]) -> Found:
    """Open everything; `seen` is called after each value."""
    found = Found()
    for column in columns:
        for row, value in values_in_pages(column.rows, column.column):
            sealed = bytes(value)
            try:
                sealing.unseal(sealed, **column.associated(row))
            except sealing.SealBroken as error:
                if not column.fleeting:
                    found.add_broken(error)
            else:
                found.needs.setdefault(sealing.key_id_of(sealed), Counter())[column.name] += 1
            seen()
    return found


def opens(column: SealedColumn, rows: QuerySet[Any]) -> bool:
    """Return whether what is sealed in these rows of a column opens; what is fleeting need not."""
    sealed = rows.filter(**{f"{column.column}__isnull": False})
    try:
        for row, value in values_in_pages(sealed, column.column):
            sealing.unseal(bytes(value), **column.associated(row))
    except sealing.SealBroken:
        return column.fleeting
    return True


def not_sealed_by(column: SealedColumn, keys: Sequence[Key]) -> QuerySet[Any]:
    """Return the rows whose value none of these keys sealed."""
    rows = column.rows
    for number, key in enumerate(keys):
        head = sealing.head_of(key)
        begins = Func(
            column.column,
            Value(1),
            Value(len(head)),
            function="SUBSTR",
            output_field=BinaryField(),
        )
        rows = rows.alias(**{f"head{number}": begins}).exclude(**{f"head{number}": head})
    return rows
