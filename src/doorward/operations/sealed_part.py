"""One customer's sealed history in a pack, in the form that `verify_history.py` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.audit import customer_extract, exporting, reading
from doorward.operations import verify_history
from doorward.operations.errors import HistoryUnreadable

if TYPE_CHECKING:
    from doorward.operations.packing import Pack

SEALED: Final = verify_history.SEALED


def add_sealed(pack: Pack, wanted: customer_extract.Wanted, seals: customer_extract.Seals) -> None:
    """Add it; `seals` has been filled in at the end. Raises `HistoryUnreadable`."""
    lines = exporting.as_table(customer_extract.records(wanted, seals), customer_extract.COLUMNS)
    try:
        pack.add_lines(SEALED, lines, head=1)
    except reading.UNREADABLE as error:
        raise HistoryUnreadable from error
