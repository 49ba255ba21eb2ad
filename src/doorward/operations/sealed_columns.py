"""All columns that hold sealed values, of every subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts import sealed as accounts
from doorward.applications import sealed as applications
from doorward.credentials import sealed as credentials
from doorward.importing import sealed as importing
from doorward.kernel.crypto import columns
from doorward.recovery import sealed as recovery
from doorward.sessions import sealed as sessions
from doorward.signin import sealed as signin

if TYPE_CHECKING:
    from typing import Final

    from doorward.kernel.crypto.columns import SealedColumn

COLUMNS: Final[tuple[SealedColumn, ...]] = (
    columns.KEYS,
    *credentials.SEALED,
    *accounts.SEALED,
    *applications.SEALED,
    *signin.SEALED,
    *sessions.SEALED,
    *recovery.SEALED,
    *importing.SEALED,
)
