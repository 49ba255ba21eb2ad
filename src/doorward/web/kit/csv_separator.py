"""What separates the columns of a table that is exported, as its reader's spreadsheet expects it."""

from __future__ import annotations

from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol
from django.utils.translation import gettext as _

from doorward.web.kit.fields import Field, Option, plain_field

SEPARATORS: Final = {"comma": ",", "semicolon": ";"}


def separator_of(language: str) -> str:
    """Return what separates columns where a spreadsheet of that language opens a table.

    Where numbers have a comma in them (3,5) it is the semicolon: a German spreadsheet puts whole lines that are
    separated by commas into its first column.
    """
    try:
        decimal = get_decimal_symbol(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        decimal = "."
    return ";" if decimal == "," else ","


def chosen_separator(name: str, *, language: str) -> str:
    """Return the separator of that name; for what is none of ours, that of the language."""
    return SEPARATORS.get(name, separator_of(language))


def separator_field(language: str) -> Field:
    """Make the choice of what separates columns; what spreadsheets of the language expect is chosen."""
    words = {"comma": _("Comma"), "semicolon": _("Semicolon")}
    options = [
        Option(name, words[name], SEPARATORS[name] == separator_of(language)) for name in SEPARATORS
    ]
    help_ = _("If everything stands in one column, choose the other one.")
    return plain_field(
        "separator", _("Columns are separated by"), kind="select", options=options, help=help_
    )
