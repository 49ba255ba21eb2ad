"""What a film says, from `guides/<language>/film-<name>.md`: a heading is a chapter, a line below it a caption."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.web.help import rendering

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = rendering.WRITTEN_IN
# Longer than two lines of a player, no caption is read in time.
LONGEST = 100
# Seconds between two captions: a player that jumps to where one begins must not show the one before, too.
APART = 0.04
_HEADING = re.compile(r"^## (.+?) \{#([a-z-]+)\}$")


@dataclass(frozen=True)
class Chapter:
    """A part of the film; its captions are called `<anchor>-1`, `<anchor>-2` and so on."""

    anchor: str
    title: str
    lines: tuple[str, ...]

    def captions(self) -> dict[str, str]:
        return {f"{self.anchor}-{place}": line for place, line in enumerate(self.lines, start=1)}


def source(film: str, language: str) -> str:
    return (rendering.FOLDER / language / f"film-{film}.md").read_text(encoding="utf-8")


def chapters(film: str, language: str) -> list[Chapter]:
    """Return a film's texts in a language, with the labels as they read in it."""
    found: list[tuple[str, str, list[str]]] = []
    for line in rendering.with_labels(source(film, language), language).splitlines():
        if heading := _HEADING.match(line):
            found.append((heading[2], heading[1], []))
        elif line.startswith("- "):
            found[-1][2].append(line.removeprefix("- "))
    return [Chapter(anchor, title, tuple(lines)) for anchor, title, lines in found]


def captions(film: str, language: str) -> dict[str, str]:
    """Return all captions by their names, in order."""
    return {name: text for one in chapters(film, language) for name, text in one.captions().items()}


def reading_seconds(film: str, name: str) -> float:
    """Return how long a caption stands at least: as long as a slow reader needs in the longest language."""
    letters = max(len(captions(film, language)[name]) for language in LANGUAGES)
    return max(2.5, letters / 22)


def tracks(film: str, language: str, times: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    """Return the WebVTT files of a language by their kinds; `times`: from when to when each caption stands."""
    parts = chapters(film, language)
    spoken = [
        (name, times[name][0], times[name][1] - APART, text)
        for name, text in captions(film, language).items()
    ]
    parts_at = [
        (one.anchor, times[next(iter(one.captions()))][0], times[list(one.captions())[-1]][1])
        for one in parts
    ]
    titles = [
        (anchor, start, end, one.title)
        for (anchor, start, end), one in zip(parts_at, parts, strict=True)
    ]
    return {"captions": _webvtt(spoken), "chapters": _webvtt(titles)}


def _webvtt(cues: list[tuple[str, float, float, str]]) -> str:
    blocks = [f"{name}\n{_at(start)} --> {_at(end)}\n{text}\n" for name, start, end, text in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def _at(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
