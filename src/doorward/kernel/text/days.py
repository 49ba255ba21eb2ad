"""Days as people read them, in their language."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

# Plain English is read in many countries: day before month, 24 hours.
_LOCALES: Final = {"en": "en_GB"}
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Return how times and numbers are written in a language; of an unknown one, as in English."""
    try:
        return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def in_words(stored: str, *, language: str) -> str:
    """Return each day of a text that was written down as ISO 8601 has it, as '3 March 2026'; the rest as it is."""
    return _ISO.sub(lambda found: _long(found[0], language), stored)


def _long(stored: str, language: str) -> str:
    try:
        return format_date(date.fromisoformat(stored), "long", locale=locale_of(language))
    except ValueError:
        return stored
