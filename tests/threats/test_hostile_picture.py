"""A picture of a brand is drawn anew: no file that somebody uploads is shown, and none takes the server long."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageFile

from doorward.customers.models import PictureKind
from doorward.customers.reencoding import reencode
from doorward.kernel import errors, picture_decoding
from tests.kit.pictures import chunk, opened, picture, pixel, with_chunk, written

SCRIPT = b"<script>alert(document.domain)</script>"
PLACE = b"52.5200 N 13.4050 E"


def made(content, kind=PictureKind.LOGO):
    return reencode(content, kind)


# --- what is told by content, and by nothing else -------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_each_kind_that_is_taken_becomes_a_picture_of_our_own(form):
    sent = picture(form)
    result = made(sent)
    assert (result.type, result.width, result.height) == ("image/png", 120, 40)
    assert result.content != sent
    red, green, blue = pixel(result.content, (60, 20))
    assert max(abs(red - 0x0B), abs(green - 0x6E), abs(blue - 0x4F)) <= 3


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf\n <?xml version='1.0'?><!DOCTYPE svg><svg>",
        b"<!-- a comment --><svg onload='alert(1)'>",
        "<?xml version='1.0'?><svg/>".encode("utf-16"),
        b"<html><body>" + SCRIPT,
        b"garbage <SVG >",
    ],
)
def test_a_drawing_is_refused_with_a_sentence_of_its_own(content):
    with pytest.raises(errors.PictureIsDrawing):
        made(content)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PPM", "ICO", "PDF", "EPS", "TGA", "PCX"])
def test_other_formats_are_not_even_tried(form):
    with pytest.raises(errors.PictureInvalid):
        made(picture(form, (64, 64)))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("share", [0, 0.05, 0.3, 0.6, 0.95])
def test_what_was_cut_off_is_refused(form, share):
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    whole = written(noise, form)
    with pytest.raises(errors.PictureInvalid):
        made(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_nor_does_another_library_let_it_in(form, monkeypatch):
    """WeasyPrint turns this on for the whole process."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    whole = written(Image.effect_noise((200, 200), 90).convert("RGB"), form)
    with pytest.raises(errors.PictureInvalid):
        made(whole[: len(whole) // 2])


def test_a_damaged_one_is_refused():
    whole = bytearray(written(Image.effect_noise((200, 200), 90).convert("RGB")))
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(errors.PictureInvalid):
        made(bytes(whole))


# --- what else is in a file -----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_nothing_of_another_file_behind_it_is_left(form):
    result = made(picture(form) + SCRIPT + b"PK\x03\x04")
    assert SCRIPT not in result.content
    assert b"PK\x03\x04" not in result.content


def test_nor_what_was_said_beside_it():
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    for form in ("PNG", "WEBP", "JPEG"):
        sent = picture(form, exif=exif.tobytes())
        assert PLACE in sent
        assert PLACE not in made(sent).content
        assert not opened(made(sent).content).getexif()
    said = with_chunk(picture(), chunk(b"tEXt", b"Comment\0" + SCRIPT))
    assert SCRIPT not in made(said).content
    assert opened(made(said).content).info.keys() <= {"interlace"}


def test_it_stands_upright_without_saying_so():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    result = made(picture("JPEG", (120, 40), exif=exif.tobytes()))
    assert (result.width, result.height) == (40, 120)


def test_its_profile_is_applied_and_gone():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = picture(icc_profile=profile)
    assert opened(sent).info["icc_profile"]
    result = opened(made(sent).content)
    assert "icc_profile" not in result.info
    assert pixel(made(sent).content) == (0x0B, 0x6E, 0x4F)


@pytest.mark.parametrize("profile", [b"", b"nonsense", bytes(200), b"x" * 100_000])
def test_a_profile_that_says_nothing_is_no_hindrance(profile):
    for form in ("PNG", "WEBP", "JPEG"):
        assert made(picture(form, icc_profile=profile)).height == 40


@pytest.mark.parametrize(
    ("mode", "colour", "shown"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 128, (128, 128, 128)),
        ("LA", (128, 255), (128, 128, 128)),
        ("P", 0, (0, 0, 0)),
        ("RGBA", (11, 110, 79, 255), (11, 110, 79)),
        ("I;16", 0x8080, (128, 128, 128)),
    ],
)
def test_each_way_of_having_colours(mode, colour, shown):
    assert pixel(made(picture(mode=mode, colour=colour)).content) == shown


def test_the_colours_of_print():
    result = made(picture("JPEG", mode="CMYK", colour=(0, 0, 0, 0)))
    assert min(pixel(result.content)) > 250


def test_what_can_be_seen_through_stays_so():
    result = made(picture(mode="RGBA", colour=(255, 0, 0, 100)))
    assert pixel(result.content, mode="RGBA") == (255, 0, 0, 100)


# --- how large, and how long it takes -------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (15, 200), (4000, 1)])
def test_too_small_to_be_seen(size):
    with pytest.raises(errors.PictureTooSmall):
        made(picture(size=size))


def bomb(width, height):
    """Return a PNG of a few bytes that says it is huge, and is all zeros."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def webp_bomb(width, height):
    """Return a WebP whose canvas is said to be huge."""
    whole = picture("WEBP", mode="RGBA", colour=(1, 2, 3, 4), lossless=True)
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size
    body = b"WEBP" + extended + whole[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "content",
    [
        bomb(4001, 16),
        bomb(16, 4001),
        bomb(2001, 2000),
        bomb(3000, 2000),  # Pillow alone would not mind
        bomb(60_000, 60_000),
        bomb(2**31 - 1, 2**31 - 1),
        webp_bomb(16_383, 16_383),
    ],
)
def test_what_says_that_it_is_huge_is_refused_by_its_head(content, monkeypatch):
    decoded: list[object] = []
    monkeypatch.setattr(picture_decoding, "_upright", decoded.append)
    with pytest.raises(errors.PictureTooManyPixels):
        made(content)
    assert decoded == []


def test_what_is_as_large_as_may_be_is_made_small():
    result = made(picture(size=(4000, 1000)))
    assert (result.width, result.height) == (576, 144)
    assert len(result.content) < 10_000


def test_what_moves_is_refused():
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]
    for form in ("PNG", "WEBP"):
        moving = written(frames[0], form, save_all=True, append_images=frames[1:])
        with pytest.raises(errors.PictureAnimated):
            made(moving)


def test_a_camera_that_keeps_two_pictures_in_one_does_not_move():
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green")]
    twofold = written(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert made(twofold).width == 64


def test_no_jpeg_is_gone_over_a_thousand_times():
    """Each scan of fourteen bytes is another round over all pixels: half a minute for a file of 480 KB."""
    whole = picture("JPEG", (1000, 1000), progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    assert made(whole).height == 144
    with pytest.raises(errors.PictureInvalid):
        made(whole[:-2] + scan * 100 + b"\xff\xd9")


def test_a_note_that_unpacks_to_gigabytes_is_refused():
    packed = zlib.compress(bytes(50_000_000), 9)
    for kind, data in (
        (b"zTXt", b"Comment\0\0" + packed),
        (b"iCCP", b"profile\0\0" + packed),
        (b"iTXt", b"Comment\0\1\0\0\0" + packed),
    ):
        try:
            result = made(with_chunk(picture(), chunk(kind, data)))
        except errors.PictureInvalid:
            continue
        assert len(result.content) < 1000, kind


def test_a_photograph_is_written_as_webp():
    noise = Image.effect_noise((768, 144), 90).convert("RGB")
    result = made(written(noise))
    assert result.type == "image/webp"
    assert Image.open(BytesIO(result.content)).format == "WEBP"


def test_an_icon_is_square_with_room_around_it():
    result = made(picture(size=(400, 100)), PictureKind.ICON)
    assert (result.width, result.height) == (192, 192)
    assert pixel(result.content, (96, 2), "RGBA")[3] == 0
    assert pixel(result.content, (96, 96), "RGBA") == (0x0B, 0x6E, 0x4F, 255)
