"""Pictures that somebody uploads, made anew: what a page shows is what Doorward itself wrote, and never their bytes.

Whatever else a file carries (a place, a camera, a profile, another file behind it) is gone. It is told what it is by
its content; its name and its type are not asked.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from doorward.customers.errors import (
    PictureAnimated,
    PictureInvalid,
    PictureIsDrawing,
    PictureTooManyPixels,
    PictureTooSmall,
)
from doorward.customers.models import PictureKind

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_SIDE: Final = 4000
MOST_PIXELS: Final = 4_000_000
LEAST_SIDE: Final = 16

# So much of a file shows that it is a drawing.
_BEGINNING: Final = 1024

_FORMATS: Final = ("PNG", "WEBP", "JPEG")
_ANIMATED: Final = frozenset({"PNG", "WEBP"})
_DRAWING: Final = re.compile(rb"\A[\s\0\xef\xbb\xbf\xff\xfe]*<|<\0?s\0?v\0?g[\s\0>]", re.IGNORECASE)
# Each scan of a JPEG is another round over all of its pixels, and takes twenty bytes.
_SCAN: Final = b"\xff\xda"
_MOST_SCANS: Final = 64
_LONGEST_PROFILE: Final = 64 * 1024
# From there on a picture is more of a photograph, which WebP writes in a fraction.
_LARGE_PNG: Final = 48 * 1024
_SRGB: Final = ImageCms.createProfile("sRGB")

_DECODING: Final = Lock()

# What decodes no more than this, whoever asks: Pillow itself refuses twice as much.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


@dataclass(frozen=True, slots=True)
class Box:
    """How large a picture is at most where it is shown, three pixels to one of CSS; `square`: with room around it."""

    width: int
    height: int
    square: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A picture as it is kept."""

    content: bytes
    type: str
    width: int
    height: int


# A logo is shown 28 pixels high, 36 on the pages of signing in, and at most 256 wide.
BOXES: Final = {
    PictureKind.LOGO: Box(width=768, height=144),
    PictureKind.LOGO_DARK: Box(width=768, height=144),
    PictureKind.ICON: Box(width=192, height=192, square=True),
}


def reencode(content: bytes, kind: PictureKind) -> Made:
    """Return the picture, no larger than it is shown, as PNG or (where that is much less) as WebP.

    Raises a `PictureRefused`.
    """
    if _DRAWING.search(content[:_BEGINNING]):
        raise PictureIsDrawing
    try:
        return _written(_fitted(_decoded(content), BOXES[kind]))
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        MemoryError,
        EOFError,
    ) as error:
        raise PictureInvalid from error


def _decoded(content: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooManyPixels(LONGEST_SIDE, MOST_PIXELS // 1_000_000) from error
    # Nothing but the head was read until here.
    _judge(image, content)
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


def _judge(image: Image.Image, content: bytes) -> None:
    """Refuse, by the head alone, what would take long to decode, or would not be what is meant."""
    if max(image.size) > LONGEST_SIDE or image.width * image.height > MOST_PIXELS:
        raise PictureTooManyPixels(LONGEST_SIDE, MOST_PIXELS // 1_000_000)
    if min(image.size) < LEAST_SIDE:
        raise PictureTooSmall(LEAST_SIDE)
    if image.format in _ANIMATED and getattr(image, "n_frames", 1) > 1:
        raise PictureAnimated
    if image.format not in _ANIMATED and content.count(_SCAN) > _MOST_SCANS:
        raise PictureInvalid


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


def _fitted(image: Image.Image, box: Box) -> Image.Image:
    image.thumbnail((box.width, box.height), Image.Resampling.LANCZOS)
    if not box.square or image.width == image.height:
        return image
    side = max(image.size)
    return ImageOps.pad(image, (side, side), color=(0, 0, 0, 0))


def _written(image: Image.Image) -> Made:
    # A picture of its own has nothing of what came with the other one.
    bare = Image.new("RGBA", image.size)
    bare.paste(image)
    if bare.getchannel("A").getextrema() == (255, 255):
        bare = bare.convert("RGB")
    made = next(_tried(bare))
    if len(made.content) > _LARGE_PNG:
        made = min(_tried(bare), key=lambda one: len(one.content))
    return made


def _tried(image: Image.Image) -> Iterator[Made]:
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        ("PNG", {"optimize": True}),
        ("WEBP", {"quality": 90, "method": 4}),
    )
    for form, options in ways:
        out = BytesIO()
        image.save(out, form, **options)
        yield Made(out.getvalue(), f"image/{form.lower()}", image.width, image.height)
