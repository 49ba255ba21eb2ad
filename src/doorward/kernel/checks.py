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
    ) -> T | None:
        """Return `clean(text, …)`, or None where it refuses, which is remembered."""
        try:
            return clean(text, **words)
        except Refusal as refusal:
            self.refused[field] = refusal
            return None

    def need(self, field: str, value: str | None) -> None:
        """Refuse an empty line that must not be empty."""
        if value == "":
            self.refused[field] = NameMissing(field=field)

    def done(self) -> None:
        """Raise `FieldsRefused` if anything was refused."""
        if self.refused:
            raise FieldsRefused(self.refused)
