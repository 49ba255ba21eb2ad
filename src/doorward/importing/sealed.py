"""The sealed column of imports: what its seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.importing.models import ImportPart
from doorward.kernel.crypto.columns import SealedColumn

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_part(part_id: UUID) -> AssociatedData:
    """Return the place of lines that wait to be imported."""
    return {"table": "importing_importpart", "row": str(part_id), "purpose": "lines"}


# Without its key a file is handed over once more.
SEALED = (SealedColumn("files to import", ImportPart, "sealed", of_part, fleeting=True),)
