"""What the forms of these tabs bring, as it was typed, and what is wrong with it, field by field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from doorward.accounts.errors import EmailTaken
from doorward.customers.errors import LogoInvalid, LogoTooLarge, ProviderStaysActive
from doorward.kernel.errors import EmailInvalid, FieldsRefused, Refusal
from doorward.web.http import posted
from doorward.web.kit.fields import Field, plain_field
from doorward.web.kit.refusals import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.web.http.requests import Request

# The field of a refusal that does not name one.
_PLACES: dict[type[Refusal], str] = {
    EmailTaken: "email",
    EmailInvalid: "email",
    ProviderStaysActive: "status",
    LogoInvalid: "logo",
    LogoTooLarge: "logo",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it came, or as it is first shown: texts and ticks by field, and errors by field."""

    texts: Mapping[str, str] = field(default_factory=dict)
    ticks: Mapping[str, bool] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def refused(self, refusal: Refusal, *, place: str) -> Typed:
        """Return the same with the sentence of a refusal at its field; without one of its own, at `place`."""
        return Typed(texts=self.texts, ticks=self.ticks, errors=errors_of(refusal, place=place))

    def line(self, name: str, label: str, **rest: Any) -> Field:  # noqa: ANN401 - the rest of Field
        """Make a field of one line (or whatever `kind` says)."""
        return plain_field(
            name, label, value=self.texts.get(name, ""), errors=self.errors_at(name), **rest
        )

    def tick(self, name: str, label: str, **rest: Any) -> Field:  # noqa: ANN401
        """Make a box to tick."""
        checked = rest.pop("checked", False) or self.ticks.get(name, False)
        return plain_field(
            name, label, kind="checkbox", checked=checked, errors=self.errors_at(name), **rest
        )

    def errors_at(self, name: str) -> tuple[str, ...]:
        """Return what is wrong with a field."""
        return (self.errors[name],) if name in self.errors else ()


def read(
    request: Request,
    texts: tuple[str, ...],
    ticks: tuple[str, ...] = (),
    *,
    optional: tuple[str, ...] = (),
) -> Typed:
    """Read a form. A text that is missing raises `FieldMissing`; a box that is absent is not ticked."""
    given = {name: posted.field(request, name) for name in texts}
    return Typed(
        texts=given | {name: posted.optional(request, name) for name in optional},
        ticks={name: posted.ticked(request, name) for name in ticks},
    )


def errors_of(refusal: Refusal, *, place: str) -> dict[str, str]:
    """Return the sentences of a refusal by field."""
    if isinstance(refusal, FieldsRefused):
        return {name: sentence(one) for name, one in refusal.fields.items()}
    named = refusal.data.get("field")
    return {str(named or _PLACES.get(type(refusal), place)): sentence(refusal)}
