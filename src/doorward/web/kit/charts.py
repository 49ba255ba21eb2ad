"""What a chart draws: bars and a line, as typed values; `charts.html` draws them as SVG, with the table beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# The box that everything is drawn in; the page stretches it to the room that there is.
_BOX: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: its words, its number, and the address of exactly what it counts ('': none).

    `tone`: '', good, warn or bad, as a tag has it. The words say the same: no colour stands alone.
    """

    label: str
    value: int
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A table whose lines have bars. `what`: the head of its words, `counted` that of its numbers.

    `whole`: what a bar over the full width stands for; 0: the longest one of them.
    """

    title: str
    what: str
    counted: str
    bars: tuple[Bar, ...]
    whole: int = 0

    def width(self, bar: Bar) -> str:
        """Return how much of the box a bar fills; what there is at all can be seen."""
        most = self.whole or max((one.value for one in self.bars), default=0)
        if bar.value <= 0 or most <= 0:
            return "0"
        return _plain(max(1.0, min(_BOX, _BOX * bar.value / most)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a line: what it stands at (a day, in words), its number, and where it leads ('': nowhere)."""

    label: str
    value: int
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Numbers over time, the oldest first, at equal distances. `whole`: the upper edge; 0: the greatest of them."""

    title: str
    what: str
    counted: str
    points: tuple[Point, ...]
    whole: int = 0

    @property
    def most(self) -> int:
        """What the upper edge stands for."""
        return max([self.whole, *(one.value for one in self.points)])

    @property
    def path(self) -> str:
        """The line as a path of SVG; of a single point, a dot."""
        if not self.points:
            return ""
        if len(self.points) == 1:
            return f"M{_plain(_BOX / 2)},{self._height(self.points[0])}h0"
        step = _BOX / (len(self.points) - 1)
        spots = (
            f"{_plain(step * place)},{self._height(one)}" for place, one in enumerate(self.points)
        )
        return "M" + "L".join(spots)

    @property
    def area(self) -> str:
        """What is under the line, as a path; of a single point, nothing."""
        edge = _plain(_BOX)
        return f"{self.path}L{edge},{edge}L0,{edge}Z" if len(self.points) > 1 else ""

    def _height(self, point: Point) -> str:
        share = point.value / self.most if self.most else 0.0
        return _plain(_BOX - _BOX * share)


def _plain(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
