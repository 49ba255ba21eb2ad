"""The guide's film: in the page, as a file, and in its texts."""

from __future__ import annotations

import re
import struct
from itertools import pairwise

import pytest
from django.test import Client

from doorward.web.http import files
from tests.film import samples, texts

FILM, POSTER = "film/two-factor.webm", "film/two-factor.webp"
LARGEST = 3_000_000
PAGE = "/help/two-factor/"

pytestmark = [pytest.mark.usefixtures("customer"), pytest.mark.one_database]


@pytest.fixture(params=texts.LANGUAGES)
def language(request) -> str:
    return str(request.param)


def page_in(language: str):
    return Client(headers={"Accept-Language": language}).get(PAGE)


def player(page: str) -> str:
    found = re.search(r"<video.+?</video>", page, re.DOTALL)
    assert found
    return found[0]


def on_disk(name: str) -> bytes:
    return (files.FOLDER / name).read_bytes()


def test_a_player_of_the_browsers_own_stands_in_the_guide(language):
    shown = player(page_in(language).content.decode())
    opened = shown.partition(">")[0]
    assert " controls " in opened
    assert 'preload="none"' in opened
    assert 'width="1280" height="800"' in opened
    assert f'poster="{files.address_of(POSTER)}"' in opened
    assert "autoplay" not in opened
    assert f'<source src="{files.address_of(FILM)}" type="video/webm">' in shown


def test_the_captions_of_the_pages_language_are_switched_on(language):
    tracks = re.findall(r"<track [^>]+>", player(page_in(language).content.decode()))
    captions = [one for one in tracks if 'kind="captions"' in one]
    assert len(captions) == len(texts.LANGUAGES)
    for one in captions:
        (spoken,) = re.findall(r'srclang="(\w+)"', one)
        assert files.address_of(f"film/captions.{spoken}.vtt") in one
        assert (" default" in one) == (spoken == language)
    (chapters,) = [one for one in tracks if 'kind="chapters"' in one]
    assert files.address_of(f"film/chapters.{language}.vtt") in chapters


def test_chapters_are_links_into_the_film_and_all_that_is_said_can_be_read(language):
    page = page_in(language).content.decode()
    times = samples.read()["times"]
    for chapter in texts.chapters(language):
        start = times[f"{chapter.anchor}-1"][0]
        assert f'<a href="{files.address_of(FILM)}#t={start:g}">{chapter.title}</a>' in page
        assert f"<p>{' '.join(chapter.lines)}</p>" in page


def test_only_the_page_with_the_film_may_play_something():
    assert "media-src 'self'" in page_in("en").headers["Content-Security-Policy"]
    for path in ("/help/", "/help/lost-phone/", "/sign-in/"):
        assert "media-src" not in Client().get(path).headers["Content-Security-Policy"]


def test_opened_by_itself_it_may_play_itself_and_nothing_else(client):
    alone = client.get(files.address_of(FILM))
    assert alone["Content-Type"] == "video/webm"
    assert alone["Content-Security-Policy"].startswith("default-src 'none'; media-src 'self';")
    assert "unsafe" not in alone["Content-Security-Policy"]
    assert "media-src" not in client.get(files.address_of(POSTER))["Content-Security-Policy"]


@pytest.mark.parametrize("asked", ["0-", "0-1", "500000-600000", "-1000"])
def test_it_is_served_in_parts(client, asked):
    whole = on_disk(FILM)
    first, _, last = asked.partition("-")
    start = int(first) if first else len(whole) - int(last)
    end = min(int(last), len(whole) - 1) if first and last else len(whole) - 1
    answer = client.get(files.address_of(FILM), headers={"Range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == whole[start : end + 1]
    assert answer["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"
    assert "Content-Encoding" not in answer


def test_captions_are_served_as_what_they_are(client, language):
    for kind in ("captions", "chapters"):
        answer = client.get(files.address_of(f"film/{kind}.{language}.vtt"))
        assert answer["Content-Type"].startswith("text/vtt")


def test_captions_and_chapters_are_what_the_script_says(language):
    """Red after a changed word or label: `scripts/film --texts` writes them again."""
    for kind, text in texts.tracks(language, samples.read()["times"]).items():
        assert on_disk(f"film/{kind}.{language}.vtt").decode() == text


def test_every_language_says_the_same_things():
    first, *others = (texts.captions(language) for language in texts.LANGUAGES)
    for other in others:
        assert list(other) == list(first)
    assert list(first) == list(samples.read()["times"])
    sources = [re.findall(r"\{\{.+?\}\}", texts.source(language)) for language in texts.LANGUAGES]
    assert sources[0] == sources[1]


def test_a_caption_can_be_read_while_it_stands():
    times = samples.read()["times"]
    last = 0.0
    for name, (start, end) in times.items():
        assert start == pytest.approx(last, abs=0.001), name
        assert end - start >= texts.reading_seconds(name) - 0.1, name
        assert all(len(texts.captions(one)[name]) <= texts.LONGEST for one in texts.LANGUAGES)
        last = end
    assert 60 <= last <= 90


def test_no_caption_touches_the_next(language):
    """A player that jumps to where one begins showed the one before as well."""
    shown = on_disk(f"film/captions.{language}.vtt").decode()
    spans = [
        [int(minutes) * 60 + float(seconds) for minutes, seconds in (one[:2], one[2:])]
        for one in re.findall(r"(\d+):(\S+) --> (\d+):(\S+)", shown)
    ]
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_it_is_light_and_a_vp9_webm():
    whole = on_disk(FILM)
    together = [one for one in files.files() if one.startswith("film/")]
    assert sum(len(on_disk(one)) for one in together) < LARGEST
    assert struct.unpack(">I", whole[:4]) == (0x1A45DFA3,)
    assert b"webm" in whole[:64]
    assert b"V_VP9" in whole[:4096]
    # Where each key frame is stands before the pictures: a player can seek without the end.
    assert whole.find(b"\x1c\x53\xbb\x6b") < 10_000
