"""The films there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.film import lost_phone, two_factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.film.stage import Stage


@dataclass(frozen=True)
class Film:
    """A film. `seconds`: how many it may take; `poster_of`: the caption at whose end its poster is taken."""

    name: str
    play: Callable[[Stage], None]
    seconds: tuple[int, int]
    poster_of: str


FILMS = (
    Film("two-factor", two_factor.play, (60, 90), "enable-4"),
    Film("lost-phone", lost_phone.play, (45, 180), "help-5"),
)
