"""What pages say of something that is done part by part; `templates/part_by_part.html` shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Count:
    """How many something came of, and the address of exactly these."""

    label: str
    number: int
    href: str


def being_done() -> str:
    """Say that it goes on by itself, and what stops it."""
    return _(
        "It is being done, a part at a time. You can leave this page and close the browser. It stops if "
        "the person who began it signs out, or may no longer do it."
    )
