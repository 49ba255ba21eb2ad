"""Pictures that somebody uploads, made anew: what a page shows is what Doorward itself wrote, and never their bytes.

Whatever else a file carries (a place, a camera, a profile, another file behind it) is gone. It is told what it is by
its content; its name and its type are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageOps

from doorward.customers.models import PictureKind
from doorward.kernel.errors import PictureInvalid
from doorward.kernel.picture_decoding import UNREADABLE, Bounds, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUNDS: Final = Bounds(side=4000, pixels=4_000_000)

# From there on a picture is more of a photograph, which WebP writes in a fraction.
_LARGE_PNG: Final = 48 * 1024


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
    try:
        return _written(_fitted(decoded(content, BOUNDS), BOXES[kind]))
    except UNREADABLE as error:
        raise PictureInvalid from error


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
