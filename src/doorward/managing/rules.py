"""How long managing lasts, and how long what was asked for waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LASTS: Final = timedelta(minutes=30)
# So long what was asked for waits for a yes, and what was agreed to for being begun.
WAITS: Final = timedelta(hours=12)
TO_BEGIN: Final = timedelta(hours=1)
# Everybody with the Administrators tab is told of each.
ASKS_A_DAY: Final = 5
KEPT: Final = timedelta(days=180)
