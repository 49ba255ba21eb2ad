"""A made-up language in which every text stands in brackets, so that what does not is untranslated."""

from __future__ import annotations

import re
import subprocess
import tempfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Sequence

# Babel and Django both know Esperanto; nothing of ours is translated into it.
CODE = "eo"
ROOT = Path(__file__).parents[2]
# Not read by anybody, or written by the person or the machine: addresses, codes, times, browsers' names.
_SILENT = {"script", "style", "time", "code", "svg"}
_SILENT_IDS = {"recovery-codes", "manual-code", "time_zone", "id_time_zone"}
_VOID = {"input", "img", "br", "meta", "link"}
_ATTRIBUTES = ("aria-label", "placeholder", "title", "alt")
_MAIL = re.compile(r"[\w.+-]+@[\w.-]+")
_BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
_LETTERS = re.compile(r"[A-Za-z]{2,}")


@cache
def locale_folder() -> Path:
    """Extract all texts as `make messages` does, and compile them in brackets."""
    folder = Path(tempfile.mkdtemp(prefix="doorward-pseudo-"))
    template = folder / "messages.pot"
    script = (ROOT / "scripts" / "messages").read_text()
    keywords = re.findall(r"--keyword=\S+", script)
    subprocess.run(
        [
            ROOT / ".venv/bin/pybabel", "--quiet", "extract", "--mapping=scripts/babel.cfg",
            "--no-default-keywords", *keywords, f"--output-file={template}", "src/doorward",
        ],
        cwd=ROOT,
        check=True,
    )  # fmt: skip
    with template.open("rb") as file:
        catalogue = read_po(file, locale=CODE)
    for message in catalogue:
        if message.id:
            message.string = _bracketed(message.id)
    target = folder / CODE / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (target / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    return folder


def _bracketed(text: str | Sequence[str]) -> str | tuple[str, ...]:
    return f"⟦{text}⟧" if isinstance(text, str) else tuple(f"⟦{one}⟧" for one in text)


class _Reader(HTMLParser):
    """Gathers what a person sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = "lang" in given and tag != "html"
        silent = tag in _SILENT or given.get("id") in _SILENT_IDS or foreign
        if (silent or (self._silent and self._silent[-1] == tag)) and tag not in _VOID:
            self._silent.append(tag)
        if not silent and not self._silent:
            self.texts += [given[name] or "" for name in _ATTRIBUTES if name in given]

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def untranslated(html: str, *, known: Sequence[str] = ()) -> list[str]:
    """Return what stands on a page in Latin letters and outside of brackets; `known` is data."""
    reader = _Reader()
    reader.feed(html)
    text = " ".join(reader.texts)
    for word in known:
        text = text.replace(word, "")
    text = _MAIL.sub("", text)
    for _ in range(4):  # a text within a text: a placeholder that was itself translated
        text = _BRACKETED.sub("", text)
    return _LETTERS.findall(text)
