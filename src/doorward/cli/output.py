"""What a command prints: without what a terminal obeys, and what is so where it cannot be written."""

from __future__ import annotations

import sys
import traceback
import unicodedata

import click

from doorward.cli.failure import Failure
from doorward.kernel.why_not_saved import fault_in

# What turns the direction of writing (Unicode, annex 9, section 2).
_TURNS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def printable(text: str) -> str:
    r"""Return a text with what a terminal would obey, and what is no character, written out as `\x1b`; lines stay."""
    return "".join(
        letter.encode("unicode_escape", "surrogatepass").decode() if _is_obeyed(letter) else letter
        for letter in text
    )


def _is_obeyed(letter: str) -> bool:
    if letter == "\n":
        return False
    return letter in _TURNS or unicodedata.category(letter) in {"Cc", "Cs"}


def show_once(text: str, *, otherwise: str) -> None:
    """Print what is never shown again, after its change was committed.

    `otherwise`: what stands then, and what to do, where it could not be printed: a full disk, a reader that is gone, or
    no output at all. Raises `Failure`.
    """
    try:
        if sys.stdout is None:
            raise Failure(f"Nothing could be printed: there is no output. {otherwise}")
        click.echo(text)
        sys.stdout.flush()
    except OSError as error:
        raise Failure(f"Nothing could be printed: {why_lost(error)}. {otherwise}") from error


def why_lost(error: OSError) -> str:
    """Return why an output could not be written, as the end of a sentence."""
    fault = fault_in(error)
    return fault.value if fault else (error.strerror or "it failed").lower()


def is_of_output(error: BaseException) -> bool:
    """Return whether printing raised this, and nothing else that was written."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code is click.echo.__code__ for frame, _line in frames)
