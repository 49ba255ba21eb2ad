"""Whether some bytes are a PNG picture (W3C, Portable Network Graphics, third edition), told from their content."""

import zlib
from typing import Final

from doorward.customers.errors import LogoInvalid

LONGEST_SIDE: Final = 2000

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES: Final = 13
_AROUND_DATA: Final = 12  # a chunk's length, type and checksum


def check_png(content: bytes) -> bytes:
    """Return the content back, or raise `LogoInvalid`.

    Every chunk is walked and its checksum compared, from the header to the end and nothing after it, so that
    a picture with another file behind it is refused (5.3: the layout of chunks; 11.2.1: the header).
    """
    if not content.startswith(_SIGNATURE) or not _sides_fit(content) or not _ends_whole(content):
        raise LogoInvalid(LONGEST_SIDE)
    return content


def _sides_fit(content: bytes) -> bool:
    if content[12:16] != b"IHDR" or int.from_bytes(content[8:12]) != _HEADER_BYTES:
        return False
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    return 0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE


def _ends_whole(content: bytes) -> bool:
    offset, kind, seen = len(_SIGNATURE), b"", set()
    while kind != b"IEND":
        length = int.from_bytes(content[offset : offset + 4])
        end = offset + _AROUND_DATA + length
        if end > len(content):
            return False
        typed = content[offset + 4 : end - 4]
        if zlib.crc32(typed) != int.from_bytes(content[end - 4 : end]):
            return False
        kind, offset = typed[:4], end
        seen.add(kind)
    return offset == len(content) and b"IDAT" in seen
