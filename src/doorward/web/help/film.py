"""The guides' films, made by scripts/film from the running portal: captions, chapters and what is said in them.

The WebVTT files are what the player shows; the links to chapters and the transcript are read from the same ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _
from markupsafe import Markup

from doorward.web.http.static_files import FOLDER, address_of

# A guide's Markdown names one as a picture: `film/two-factor`.
NAMES: Final = ("two-factor", "lost-phone")
PREFIX: Final = "film/"
_FOLDER: Final = "film"
_WIDTH, _HEIGHT = 1280, 800
_LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
# A cue: its name, from when, to when, its words.
_CUE: Final = re.compile(r"^([a-z0-9-]+)\n(\d+):(\d+\.\d+) --> \S+\n(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from `start` (seconds) on."""

    name: str
    start: float
    text: str


def film(name: str, language: str, *, alt: str, caption: str) -> str:
    """Draw a film in a player of the browser's own, with its chapters and all that is said in it below."""
    address = address_of(f"{_FOLDER}/{name}.webm")
    with translation.override(language):
        player = _PLAYER.format(
            poster=address_of(f"{_FOLDER}/{name}.webp"),
            address=address,
            width=_WIDTH,
            height=_HEIGHT,
            alt=alt,
            tracks=_tracks(name, language),
            download=_("Your browser does not play it here. Open the film separately"),
        )
        said = _FIGURE.format(
            player=player,
            caption=caption,
            chapters_title=_("Chapters"),
            chapters=_chapters(name, language, address),
            transcript_title=_("The text of the film"),
            transcript=_transcript(name, language),
        )
    return str(said)


def cues(name: str, kind: str, language: str) -> list[Cue]:
    """Read the captions or chapters of a film."""
    text = (FOLDER / _FOLDER / f"{name}.{kind}.{language}.vtt").read_text(encoding="utf-8")
    return [
        Cue(of, int(minutes) * 60 + float(seconds), words)
        for of, minutes, seconds, words in _CUE.findall(text)
    ]


_PLAYER: Final = Markup(
    '<video controls playsinline preload="none" width="{width}" height="{height}" poster="{poster}"'
    ' aria-label="{alt}"><source src="{address}" type="video/webm">{tracks}'
    '<a href="{address}">{download}</a></video>'
)
_FIGURE: Final = Markup(
    '<figure class="film">{player}<figcaption>{caption}</figcaption>'
    '<h3 id="film-chapters">{chapters_title}</h3>'
    '<ol class="chapters" aria-labelledby="film-chapters">{chapters}</ol>'
    '<details class="more transcript"><summary>{transcript_title}</summary>{transcript}</details></figure>\n'
)
_TRACK: Final = Markup('<track kind="{}" src="{}" srclang="{}" label="{}"{}>')
# Without a script it opens the film by itself, from there on.
_CHAPTER: Final = Markup('<li><a href="{}#t={:g}">{}</a> <span class="muted">{}</span></li>')
_SAID: Final = Markup("<h4>{}</h4><p>{}</p>")


def _tracks(name: str, language: str) -> Markup:
    """Return captions in every language, those of the page switched on, and the page's chapters."""
    made = [_track(name, "captions", one, default=one == language) for one in _LANGUAGES]
    return Markup().join([*made, _track(name, "chapters", language, default=True)])


def _track(name: str, kind: str, language: str, *, default: bool) -> Markup:
    address = address_of(f"{_FOLDER}/{name}.{kind}.{language}.vtt")
    switched_on = Markup(" default") if default else ""
    return _TRACK.format(kind, address, language, _LANGUAGES[language], switched_on)


def _chapters(name: str, language: str, address: str) -> Markup:
    return Markup().join(
        _CHAPTER.format(address, cue.start, cue.text, _at(cue.start))
        for cue in cues(name, "chapters", language)
    )


def _transcript(name: str, language: str) -> Markup:
    said = cues(name, "captions", language)
    return Markup().join(
        _SAID.format(
            part.text,
            " ".join(one.text for one in said if one.name.rpartition("-")[0] == part.name),
        )
        for part in cues(name, "chapters", language)
    )


def _at(start: float) -> str:
    return f"{int(start) // 60}:{int(start) % 60:02d}"
