"""The drawings of the lucide set, as its package has them: which there are, and the shapes of each."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final
from zipfile import ZipFile

_INNER: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_ENDING: Final = ".svg"


class UnknownIconError(LookupError):
    """The lucide set has no icon of this name."""


@cache
def names() -> frozenset[str]:
    """Return the names of all icons of the set."""
    listed = _archive().namelist()
    return frozenset(one.removesuffix(_ENDING) for one in listed if one.endswith(_ENDING))


@cache
def shapes(name: str) -> str:
    """Return what an icon is made of, on a field of 24 by 24: the inside of its SVG. Raises `UnknownIconError`."""
    try:
        drawing = _archive().read(f"{name}{_ENDING}").decode()
    except KeyError:
        raise UnknownIconError(name) from None
    found = _INNER.search(drawing)
    lines = found.group(1).splitlines() if found else []
    return "".join(line.strip() for line in lines).replace(" />", "/>")


@cache
def _archive() -> ZipFile:
    """Open the drawings once: the package's own function reads the list of all 1,700 again for each icon (20 ms)."""
    return ZipFile(BytesIO((files("lucide") / "lucide.zip").read_bytes()))
