"""The guide's film: in the page, as a file, and in its texts."""

from __future__ import annotations

import re
import struct
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import pytest
from django.test import Client

from doorward.web.help.film import NAMES
from doorward.web.http import static_files
from tests.film import samples, texts
from tests.film.films import FILMS

if TYPE_CHECKING:
    from tests.film.films import Film

FILM, POSTER = "film/two-factor.webm", "film/two-factor.webp"
LARGEST = 3_000_000

pytestmark = [pytest.mark.usefixtures("customer"), pytest.mark.one_database]


@pytest.fixture(params=texts.LANGUAGES)
def language(request) -> str:
    return str(request.param)


@pytest.fixture(params=FILMS, ids=lambda one: one.name)
def film(request) -> Film:
    return cast("Film", request.param)


def page_in(language: str, guide: str = "two-factor"):
    return Client(headers={"Accept-Language": language}).get(f"/help/{guide}/")


def player(page: str) -> str:
    found = re.search(r"<video.+?</video>", page, re.DOTALL)
    assert found
    return found[0]


def on_disk(name: str) -> bytes:
    return (static_files.FOLDER / name).read_bytes()


def test_all_of_them_are_recorded():
    assert [one.name for one in FILMS] == list(NAMES)


def test_a_player_of_the_browsers_own_stands_in_the_guide_of_its_name(film, language):
    shown = player(page_in(language, film.name).content.decode())
    opened = shown.partition(">")[0]
    assert " controls " in opened
    assert 'preload="none"' in opened
    assert 'width="1280" height="800"' in opened
    assert f'poster="{static_files.address_of(f"film/{film.name}.webp")}"' in opened
    assert "autoplay" not in opened
    address = static_files.address_of(f"film/{film.name}.webm")
    assert f'<source src="{address}" type="video/webm">' in shown


def test_the_captions_of_the_pages_language_are_switched_on(language):
    tracks = re.findall(r"<track [^>]+>", player(page_in(language).content.decode()))
    captions = [one for one in tracks if 'kind="captions"' in one]
    assert len(captions) == len(texts.LANGUAGES)
    for one in captions:
        (spoken,) = re.findall(r'srclang="(\w+)"', one)
        assert static_files.address_of(f"film/two-factor.captions.{spoken}.vtt") in one
        assert (" default" in one) == (spoken == language)
    (chapters,) = [one for one in tracks if 'kind="chapters"' in one]
    assert static_files.address_of(f"film/two-factor.chapters.{language}.vtt") in chapters


def test_chapters_are_links_into_the_film_and_all_that_is_said_can_be_read(film, language):
    page = page_in(language, film.name).content.decode()
    times = samples.read(film.name)["times"]
    address = static_files.address_of(f"film/{film.name}.webm")
    for chapter in texts.chapters(film.name, language):
        start = times[f"{chapter.anchor}-1"][0]
        assert f'<a href="{address}#t={start:g}">{chapter.title}</a>' in page
        assert f"<p>{' '.join(chapter.lines)}</p>" in page


def test_only_a_page_with_a_film_may_play_something():
    assert "media-src 'self'" in page_in("en").headers["Content-Security-Policy"]
    for path in ("/help/", "/help/for-account-administrators/", "/sign-in/"):
        assert "media-src" not in Client().get(path).headers["Content-Security-Policy"]


def test_opened_by_itself_it_may_play_itself_and_nothing_else(client):
    alone = client.get(static_files.address_of(FILM))
    assert alone["Content-Type"] == "video/webm"
    assert alone["Content-Security-Policy"].startswith("default-src 'none'; media-src 'self';")
    assert "unsafe" not in alone["Content-Security-Policy"]
    assert "media-src" not in client.get(static_files.address_of(POSTER))["Content-Security-Policy"]


@pytest.mark.parametrize("asked", ["0-", "0-1", "500000-600000", "-1000"])
def test_it_is_served_in_parts(client, asked):
    whole = on_disk(FILM)
    first, _, last = asked.partition("-")
    start = int(first) if first else len(whole) - int(last)
    end = min(int(last), len(whole) - 1) if first and last else len(whole) - 1
    answer = client.get(static_files.address_of(FILM), headers={"Range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == whole[start : end + 1]
    assert answer["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"
    assert "Content-Encoding" not in answer


def test_captions_are_served_as_what_they_are(client, language):
    for kind in ("captions", "chapters"):
        answer = client.get(static_files.address_of(f"film/two-factor.{kind}.{language}.vtt"))
        assert answer["Content-Type"].startswith("text/vtt")


def test_captions_and_chapters_are_what_the_script_says(film, language):
    """Red after a changed word or label: `scripts/film --texts` writes them again."""
    for kind, text in texts.tracks(film.name, language, samples.read(film.name)["times"]).items():
        assert on_disk(f"film/{film.name}.{kind}.{language}.vtt").decode() == text


def test_every_language_says_the_same_things(film):
    first, *others = (texts.captions(film.name, language) for language in texts.LANGUAGES)
    for other in others:
        assert list(other) == list(first)
    assert list(first) == list(samples.read(film.name)["times"])
    sources = [
        re.findall(r"\{\{.+?\}\}", texts.source(film.name, language))
        for language in texts.LANGUAGES
    ]
    assert sources[0] == sources[1]


def test_a_caption_can_be_read_while_it_stands(film):
    times = samples.read(film.name)["times"]
    last = 0.0
    for name, (start, end) in times.items():
        assert start == pytest.approx(last, abs=0.001), name
        assert end - start >= texts.reading_seconds(film.name, name) - 0.1, name
        assert all(
            len(texts.captions(film.name, one)[name]) <= texts.LONGEST for one in texts.LANGUAGES
        )
        last = end
    shortest, longest = film.seconds
    assert shortest <= last <= longest


def test_no_caption_touches_the_next(film, language):
    """A player that jumps to where one begins showed the one before as well."""
    shown = on_disk(f"film/{film.name}.captions.{language}.vtt").decode()
    spans = [
        [int(minutes) * 60 + float(seconds) for minutes, seconds in (one[:2], one[2:])]
        for one in re.findall(r"(\d+):(\S+) --> (\d+):(\S+)", shown)
    ]
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_it_is_light_and_a_vp9_webm(film):
    whole = on_disk(f"film/{film.name}.webm")
    together = [one for one in static_files.files() if one.startswith(f"film/{film.name}.")]
    assert sum(len(on_disk(one)) for one in together) < LARGEST
    assert struct.unpack(">I", whole[:4]) == (0x1A45DFA3,)
    assert b"webm" in whole[:64]
    assert b"V_VP9" in whole[:4096]
    # Where each key frame is stands before the pictures: a player can seek without the end.
    assert whole.find(b"\x1c\x53\xbb\x6b") < 10_000
