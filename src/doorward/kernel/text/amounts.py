"""Numbers beside their nouns, in what commands print: in English, and so without gettext."""

from __future__ import annotations


def amount(number: int, one: str, many: str) -> str:
    """Return '1 person' or '1,204 people': the number with the form of the noun that it takes."""
    return f"{number:,} {one if number == 1 else many}"
