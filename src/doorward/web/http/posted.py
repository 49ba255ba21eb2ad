"""One value of a posted form: what `web/kit/forms.py` reads whole forms with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

LONGEST = 10_000


class FieldMissing(Exception):
    """A field of a form is missing, or is there more than once: the form is not one of ours."""


def field(request: Request, name: str) -> str:
    """Return the one value of a field as it was typed. Raises `FieldMissing`, which answers 422."""
    values = request.POST.getlist(name)
    if len(values) != 1 or len(values[0]) > LONGEST:
        raise FieldMissing(name)
    return values[0]


def optional(request: Request, name: str) -> str:
    """Return the one value of a field that may be missing."""
    return field(request, name) if name in request.POST else ""


def ticked(request: Request, name: str) -> bool:
    """Return whether a box is ticked: `on`, and nothing else is."""
    return optional(request, name) == "on"
