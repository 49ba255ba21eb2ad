"""All columns that hold sealed values, of every floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.administrators import places as of_administrators
from doorward.mfa import places as of_mfa
from doorward.safe import sealed

if TYPE_CHECKING:
    from typing import Final

    from doorward.safe.sealed import SealedColumn

COLUMNS: Final[tuple[SealedColumn, ...]] = (
    sealed.KEYS,
    *of_mfa.SEALED,
    *of_administrators.SEALED,
)
