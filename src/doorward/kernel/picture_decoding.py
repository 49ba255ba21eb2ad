"""Pictures that somebody hands over: decoded whole, within bounds, or refused with the reason.

What a picture is, is told by its content; its name and its type are not asked. What would take long is refused by its
head alone, before anything is decoded.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Final

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from doorward.kernel.errors import (
    PictureAnimated,
    PictureInvalid,
    PictureIsDrawing,
    PictureTooManyPixels,
    PictureTooSmall,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a picture may be: its longer side, and all of its pixels; `least`: its shorter side."""

    side: int
    pixels: int
    least: int = 16


# So much of a file shows that it is a drawing.
_BEGINNING: Final = 1024
_FORMATS: Final = ("PNG", "WEBP", "JPEG")
_ANIMATED: Final = frozenset({"PNG", "WEBP"})
_DRAWING: Final = re.compile(rb"\A[\s\0\xef\xbb\xbf\xff\xfe]*<|<\0?s\0?v\0?g[\s\0>]", re.IGNORECASE)
# Each scan of a JPEG is another round over all of its pixels, and takes twenty bytes.
_SCAN: Final = b"\xff\xda"
_MOST_SCANS: Final = 64
_LONGEST_PROFILE: Final = 64 * 1024
_SRGB: Final = ImageCms.createProfile("sRGB")
# What Pillow raises of a file that is damaged, or none.
UNREADABLE: Final = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    MemoryError,
    EOFError,
)

_DECODING: Final = Lock()

# What decodes no more than this, whoever asks: Pillow itself refuses twice as much. No bounds are wider.
MOST_PIXELS: Final = 16_000_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def decoded(content: bytes, bounds: Bounds) -> Image.Image:
    """Return the whole picture as RGBA, upright, in the colours of every screen. Raises a `PictureRefused`."""
    if _DRAWING.search(content[:_BEGINNING]):
        raise PictureIsDrawing
    try:
        return _decoded(content, bounds)
    except UNREADABLE as error:
        raise PictureInvalid from error


def _decoded(content: bytes, bounds: Bounds) -> Image.Image:
    try:
        image = Image.open(BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(bounds) from error
    # Nothing but the head was read until here.
    _judge(image, content, bounds)
    _load_whole(image)
    return _upright(image)


def _load_whole(image: Image.Image) -> None:
    """Decode all of it. Raises `OSError` where something is missing.

    Pillow asks a switch of the whole process, which another library may turn on at any time: WeasyPrint does when it
    is imported. Under the lock nobody but us turns it off, so what is on afterwards was turned on meanwhile.
    """
    with _DECODING:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        image.load()
        if ImageFile.LOAD_TRUNCATED_IMAGES:
            message = "It may have been decoded in part."
            raise OSError(message)


def _judge(image: Image.Image, content: bytes, bounds: Bounds) -> None:
    """Refuse, by the head alone, what would take long to decode, or would not be what is meant."""
    if max(image.size) > bounds.side or image.width * image.height > bounds.pixels:
        raise _too_many(bounds)
    if min(image.size) < bounds.least:
        raise PictureTooSmall(bounds.least)
    if image.format in _ANIMATED and getattr(image, "n_frames", 1) > 1:
        raise PictureAnimated
    if image.format not in _ANIMATED and content.count(_SCAN) > _MOST_SCANS:
        raise PictureInvalid


def _too_many(bounds: Bounds) -> PictureTooManyPixels:
    return PictureTooManyPixels(bounds.side, bounds.pixels // 1_000_000)


def _upright(image: Image.Image) -> Image.Image:
    """Return it as it is meant to be seen: turned upright, in the colours of every screen."""
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off instead of scaling
        return image.point(lambda level: level / 256).convert("L").convert("RGBA")
    if image.mode in {"P", "PA", "1", "LA", "La"} or "transparency" in image.info:
        image = image.convert("RGBA")
    if isinstance(profile, bytes) and len(profile) <= _LONGEST_PROFILE:
        # A profile for other colours than the picture's, or a broken one, says nothing.
        with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            image = _in_srgb(image, profile)
    return image.convert("RGBA")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    meant = ImageCms.ImageCmsProfile(BytesIO(profile))
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    return ImageCms.profileToProfile(image, meant, _SRGB, outputMode=mode) or image
