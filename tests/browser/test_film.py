"""The films of the guides still show the portal as it is, and can be watched."""

from __future__ import annotations

import pytest

from tests.film import demonstration, samples, texts
from tests.film.films import FILMS
from tests.film.stage import Stage

_SHOWN = """() => {
  const [track] = [...document.querySelector("video").textTracks].filter((one) => one.mode === "showing");
  return [...track.activeCues].map((one) => one.text);
}"""
TOLD = "Record it again: make film, then look at it."


@pytest.mark.parametrize("film", FILMS, ids=lambda one: one.name)
def test_every_page_in_it_looks_and_reads_as_when_it_was_recorded(film, chromium, tmp_path):
    recorded = samples.read(film.name)["samples"]
    with demonstration.running(tmp_path) as portal:
        stage = Stage(chromium, portal)
        film.play(stage)
        stage.page.context.close()
    assert list(stage.samples) == list(recorded)
    found = {
        name: samples.differences(recorded[name], sample) for name, sample in stage.samples.items()
    }
    assert {name: one for name, one in found.items() if one} == {}, TOLD


def test_it_is_played_from_a_chapter_by_the_keyboard_with_captions(visitor):
    visitor.go("/help/two-factor/#film")
    page = visitor.page
    link = page.locator(".film .chapters a").last
    start = float((link.get_attribute("href") or "").rpartition("#t=")[2])
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "start => { const film = document.querySelector('video');"
        " return film.currentTime > start && film.readyState >= 2 && !film.error }",
        arg=start,
    )
    tracks = page.evaluate(
        "() => [...document.querySelector('video').textTracks].map((one) => [one.kind, one.language, one.mode])"
    )
    assert ["captions", "en", "showing"] in tracks
    assert ["captions", "de", "disabled"] in tracks
    (shown,) = page.evaluate(_SHOWN)
    assert shown == texts.captions("two-factor", "en")["disable-1"]
    page.locator("video").evaluate("film => film.pause()")


def test_without_a_script_a_chapter_opens_the_film_from_there(visit):
    visitor = visit(java_script_enabled=False)
    visitor.go("/help/two-factor/#film")
    link = visitor.page.locator(".film .chapters a").nth(3)
    address = link.get_attribute("href") or ""
    link.click()
    visitor.page.wait_for_url(lambda url: url.endswith(address))
    assert "#t=" in address
