"""Cells of tables that spreadsheets open."""

from typing import Final

# Spreadsheets run what begins like this (OWASP, CSV injection), also in the wide forms of the signs.
RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
