"""What a brand or a tab says in one language only: kept beside what holds in all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

Said = dict[str, dict[str, str]]


def refuse_unknown(language: str) -> None:
    """Raise `NotFound` for a language that pages do not have."""
    if language not in dict(settings.LANGUAGES):
        raise NotFound


def replaced(said: Said, language: str, words: Mapping[str, str]) -> Said:
    """Return what is said with these words in this language; empty ones are not kept, and hold as in all others."""
    others = {code: each for code, each in said.items() if code != language}
    kept = {name: text for name, text in words.items() if text}
    return others | ({language: kept} if kept else {})
