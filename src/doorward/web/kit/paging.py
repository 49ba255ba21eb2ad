"""A list in pages: which page is asked for, its address, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from doorward.web.kit.times import number

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

PAGE_SIZE: Final = 25
_LONGEST_NUMBER: Final = 9


def page_number(request: Request) -> int:
    """Return the number of the page, 1 or more; an address that people have cut leads to the first one."""
    text = request.GET.get("page", "")
    plain = text if text.isascii() and text.isdigit() else "1"
    return max(1, int(plain[:_LONGEST_NUMBER]))


def page_address(path: str, page: int = 1, **fields: str) -> str:
    """Return the address of a page of a list; what is empty, and the first page, stand in none."""
    said = fields | {"page": str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{path}?{query}" if query else path


def lines_shown(start: int, found: int) -> str:
    """Say which lines a page shows, of how many; `start`: how many come before it."""
    return _("%(first)s–%(last)s of %(found)s") % {
        "first": number(start + 1),
        "last": number(min(found, start + PAGE_SIZE)),
        "found": number(found),
    }
