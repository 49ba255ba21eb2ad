"""Which page of a list is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

_LONGEST_NUMBER: Final = 9


def page_number(request: Request) -> int:
    """Return the number of the page, 1 or more; an address that people have cut leads to the first one."""
    text = request.GET.get("page", "")
    plain = text if text.isascii() and text.isdigit() else "1"
    return max(1, int(plain[:_LONGEST_NUMBER]))
