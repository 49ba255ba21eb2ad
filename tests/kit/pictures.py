"""Pictures as people upload them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image


def picture(
    form: str = "PNG",
    size: tuple[int, int] = (120, 40),
    *,
    mode: str = "RGB",
    colour: Any = "#0b6e4f",
    **options: Any,
) -> bytes:
    """Return a picture of one colour."""
    return written(Image.new(mode, size, colour), form, **options)


def written(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """Return a picture as a file."""
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return what a file shows."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def pixel(content: bytes, at: tuple[int, int] = (3, 3), mode: str = "RGB") -> tuple[int, ...]:
    """Return the colour at a point."""
    found = opened(content).convert(mode).getpixel(at)
    return found if isinstance(found, tuple) else ()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png: bytes, extra: bytes) -> bytes:
    """Return a PNG with another chunk after its header."""
    head = 8 + 4 + 4 + 13 + 4
    return png[:head] + extra + png[head:]
