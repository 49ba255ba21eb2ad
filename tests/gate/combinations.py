"""Every combination of facts, without trying each: only what a run reads is varied.

A run that did not read a fact would go the same way whatever that fact is, since it depends on nothing else. So one run
stands for all combinations that differ in unread facts alone, and they are counted: the sum says that none is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

Dimensions = Mapping[str, Sequence[Any]]


@dataclass
class Pick:
    """Facts, made when they are first read: as `path` says, and their first value where it ends."""

    dimensions: Dimensions
    path: list[tuple[str, int]]
    read: dict[str, Any] = field(default_factory=dict)

    def __call__(self, name: str) -> Any:
        if name not in self.read:
            place = len(self.read)
            if place == len(self.path):
                self.path.append((name, 0))
            known, which = self.path[place]
            assert known == name, "what is read next follows from what was read"
            self.read[name] = self.dimensions[name][which]
        return self.read[name]


class View:
    """An object with some fixed fields, and others that are read by functions, each once."""

    def __init__(self, fixed: Mapping[str, Any], read: Mapping[str, Callable[[], Any]]) -> None:
        self.__dict__.update(fixed)
        self._fixed, self._read = fixed, read

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = self._read[name]()
        return value

    def changed(self, **values: Any) -> View:
        """Return one that has these fields fixed."""
        return View({**self._fixed, **values}, self._read)


def every(dimensions: Dimensions, run: Callable[[Pick], None]) -> int:
    """Run with every combination; return how many the runs stood for."""
    covered, path = 0, list[tuple[str, int]]()
    while True:
        run(Pick(dimensions, path))
        read = {name for name, _ in path}
        covered += prod(len(values) for name, values in dimensions.items() if name not in read)
        while path and path[-1][1] + 1 == len(dimensions[path[-1][0]]):
            path.pop()
        if not path:
            return covered
        name, which = path.pop()
        path.append((name, which + 1))


def number_of(dimensions: Dimensions) -> int:
    return prod(len(values) for values in dimensions.values())
