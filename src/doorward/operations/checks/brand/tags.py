"""Records of the form `v=…; p=…`, as DKIM and DMARC have them (RFC 6376, 3.2)."""

from __future__ import annotations


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of a record, `v=…; p=…`, by their names."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in parts if sign}


def joined(tags: dict[str, str]) -> str:
    """Return tags as one record."""
    return "; ".join(f"{name}={value}" for name, value in tags.items() if value)
