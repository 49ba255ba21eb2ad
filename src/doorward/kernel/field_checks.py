"""Looking at all fields of a form before refusing it, so that a person sees all that is wrong at once."""

from collections.abc import Callable
from typing import Any, TypeVar

from doorward.kernel.errors import FieldsRefused, NameMissing, Refusal

T = TypeVar("T")


class Checks:
    """Gathers refusals by field: `take` each field, then `done`."""

    def __init__(self) -> None:
        self.refused: dict[str, Refusal] = {}

    def take(
        self,
        field: str,
        clean: Callable[..., T],
        text: Any,  # noqa: ANN401 - whatever `clean` takes
        **words: Any,  # noqa: ANN401
    ) -> T:
        """Return `clean(text, …)`; where it refuses, that is remembered, and `done` lets nobody have the value."""
        try:
            return clean(text, **words)
        except Refusal as refusal:
            self.refuse(field, refusal)
            return text  # type: ignore[no-any-return]

    def need(self, field: str, value: str) -> None:
        """Refuse an empty line that must not be empty."""
        if not value:
            self.refuse(field, NameMissing())

    def refuse(self, field: str, refusal: Refusal) -> None:
        """Remember what is wrong with a field."""
        self.refused[field] = refusal

    def done(self) -> None:
        """Raise `FieldsRefused` if anything was refused."""
        if self.refused:
            raise FieldsRefused(self.refused)
