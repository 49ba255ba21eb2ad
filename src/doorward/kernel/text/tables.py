"""Cells of tables that spreadsheets open."""

import re
from typing import Final

# Spreadsheets run what begins like this (OWASP, CSV injection), also in the wide forms of the signs.
RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_RUNS_WHEN_CUT: Final = re.compile(r"([,;|\t\r\n]\s*)([=+\-@＝＋－＠])")


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, also where one cuts it at another separator."""
    safe = _RUNS_WHEN_CUT.sub(r"\1'\2", text)
    return f"'{safe}" if safe.startswith(RUNS) else safe
