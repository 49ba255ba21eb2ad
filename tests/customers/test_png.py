"""Only a whole PNG picture passes for one."""

import struct
import zlib

import pytest

from doorward.customers.errors import LogoInvalid
from doorward.customers.png import check_png


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(width=2, height=2, *, after=b""):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xa0" * width for _ in range(height)))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + after


def test_a_picture_is_given_back():
    made = picture(width=2000)
    assert check_png(made) == made


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(40),
        picture(width=0),
        picture(height=2001),
        picture(after=b"<script>"),
        picture()[:-1],
        picture().replace(b"IDAT", b"IDAX"),
        picture()[:40] + b"\xff" + picture()[41:],
    ],
)
def test_nothing_else_passes(content):
    with pytest.raises(LogoInvalid):
        check_png(content)
