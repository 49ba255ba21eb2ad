"""Rows for one example of a property test: gone after it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what is written within, whatever comes of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
