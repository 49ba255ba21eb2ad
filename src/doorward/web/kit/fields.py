"""One field of a form as the macros of pieces.html draw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from doorward.web.kit.forms import Wrong

_SECRET: Final = frozenset(
    {"password", "code"}
)  # what was typed into these never comes back in a page


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; options that follow each other with the same `group` are drawn under it."""

    value: str
    label: str
    selected: bool = False
    group: str = ""
    help: str = ""
    disabled: bool = False
    # Of the label, where it is not in the page's language.
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is an input's type, or `select`, `textarea`, `checkbox`, `checkboxes`, `radios`, `code`."""

    name: str
    id: str
    label: str
    kind: str = "text"
    value: str = ""
    checked: bool = False
    help: str = ""
    errors: tuple[str, ...] = ()
    required: bool = False
    # One of several is wanted, so that none of them is said to be optional.
    one_of_several: bool = False
    disabled: bool = False
    options: tuple[Option, ...] = ()
    attributes: Mapping[str, str | int | bool | None] = field(default_factory=dict)

    @property
    def described_by(self) -> str | None:
        """The ids of the help and the error, in reading order; None where there are none."""
        ids = [
            f"{self.id}-{what}"
            for what in ("help", "error")
            if (self.help if what == "help" else self.errors)
        ]
        return " ".join(ids) or None


def plain_field(name: str, label: str, **rest: Any) -> Field:  # noqa: ANN401 - the rest of Field, by name
    """Make a field from values; the words that are no part of Field become attributes of its input."""
    known = {key: rest.pop(key) for key in list(rest) if key in Field.__dataclass_fields__}
    known["errors"] = tuple(map(str, known.get("errors", ())))
    known["options"] = tuple(known.get("options", ()))
    known["attributes"] = {**rest, **known.get("attributes", {})}
    return _without_secrets(Field(**({"id": name} | known), name=name, label=label))


def line(form: object, found: Wrong, name: str, label: str, **rest: Any) -> Field:  # noqa: ANN401 - the rest of Field
    """Make a field of one line (or whatever `kind` says)."""
    return plain_field(name, label, value=getattr(form, name), errors=found.at(name), **rest)


def tick(form: object, found: Wrong, name: str, label: str, **rest: Any) -> Field:  # noqa: ANN401
    """Make a box to tick."""
    checked = rest.pop("checked", False) or getattr(form, name)
    return plain_field(name, label, kind="checkbox", checked=checked, errors=found.at(name), **rest)


def as_field(made: Field, **changes: Any) -> Field:  # noqa: ANN401 - what a template wants otherwise
    """Return what a template draws; `changes` replace what the page says (label, help, kind) or become attributes."""
    parts = {name: getattr(made, name) for name in Field.__dataclass_fields__}
    own = {name: changes.pop(name) for name in list(changes) if name in Field.__dataclass_fields__}
    attributes = {**parts.pop("attributes"), **own.pop("attributes", {}), **changes}
    return _without_secrets(Field(**(parts | own), attributes=attributes))


def attributes(values: Mapping[str, object]) -> Markup:
    """Write attributes: True stands alone, False and None are left out, `_` in a name is `-`."""
    written = ""
    for name, value in values.items():
        if value is True:
            written += f" {name.replace('_', '-')}"
        elif value is not None and value is not False:
            written += f' {name.replace("_", "-")}="{escape(value)}"'
    return Markup(written)  # noqa: S704 - the values are escaped above, the names are the templates'


def choices(options: Iterable[Option]) -> Markup:
    """Write the options of a select, groups in the order in which they come.

    Here and not in a template: a choice of time zones has four hundred, and the template took ten times as long.
    """
    written = []
    for group, members in groupby(options, key=lambda option: option.group):
        drawn = "".join(
            f'<option value="{escape(one.value)}"'
            f"{' selected' if one.selected else ''}{' disabled' if one.disabled else ''}"
            f">{escape(one.label)}</option>"
            for one in members
        )
        written.append(f'<optgroup label="{escape(group)}">{drawn}</optgroup>' if group else drawn)
    return Markup("".join(written))  # noqa: S704 - every value is escaped above


def input_attributes(field: Field) -> Markup:
    """Write what every input of a field has: id, name, state, what describes it, and its own attributes."""
    shared = {
        "id": field.id,
        "name": field.name,
        "required": field.required,
        "disabled": field.disabled,
        "aria-describedby": field.described_by,
        "aria-invalid": "true" if field.errors else None,
    }
    return attributes({**shared, **field.attributes})


def _without_secrets(made: Field) -> Field:
    if made.kind not in _SECRET or not made.value:
        return made
    return Field(
        **{name: getattr(made, name) for name in Field.__dataclass_fields__} | {"value": ""}
    )
