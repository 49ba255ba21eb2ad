"""The guides' pictures, taken from the running portal by scripts/pictures.py."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from doorward.web.http.static_files import FOLDER, address_of

if TYPE_CHECKING:
    from pathlib import Path

# Taken at two pixels to one, so that they are sharp on every screen.
SCALE: Final = 2


def figure(name: str, language: str, *, alt: str, caption: str) -> str:
    """Draw a picture with its words below it; nothing where it was not taken yet."""
    path = f"help/{language}/{name}.webp"
    file = FOLDER / path
    if not file.is_file():
        return ""
    width, height = size_of(file)
    return Markup(
        '<figure><img src="{}" alt="{}" width="{}" height="{}" loading="lazy" decoding="async">'
        "<figcaption>{}</figcaption></figure>\n"
    ).format(address_of(path), alt, width // SCALE, height // SCALE, caption)


def size_of(file: Path) -> tuple[int, int]:
    """Return width and height of a WebP picture in pixels (RFC 9649, 2.4 to 2.7), so that nothing moves."""
    head = file.read_bytes()[:30]
    match head[12:16]:
        case b"VP8X":
            return _24_bits(head[24:27]) + 1, _24_bits(head[27:30]) + 1
        case b"VP8L":
            (bits,) = struct.unpack("<I", head[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack("<HH", head[26:30])
            return width & 0x3FFF, height & 0x3FFF
    raise ValueError(f"{file.name} is no WebP picture")


def _24_bits(part: bytes) -> int:
    return int.from_bytes(part, "little")
