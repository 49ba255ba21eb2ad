"""Waiting for a condition, and never longer than it takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def until(condition: Callable[[], T], *, seconds: float = 60.0) -> T:
    """Return what `condition` gives as soon as it is true; fail when it does not come true."""
    last = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > last:
            raise AssertionError(f"Not within {seconds} s: {condition}")
        time.sleep(0.02)
