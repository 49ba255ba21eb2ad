"""From an event's row to what is sealed of it, in the form that its row names (`docs/history.md`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from doorward.audit import chain
from doorward.audit.leaf_forms import FORMS, Form, UnknownForm

if TYPE_CHECKING:
    from doorward.audit.models import Event


_OBJECTS: Final = frozenset({"details", "typed"})


def form_of(event: Event) -> Form:
    """Return the form that an event's leaf has. Raises `UnknownForm`."""
    form = FORMS.get(event.form)
    if form is None:
        raise UnknownForm(event.form)
    return form


def leaf_of(event: Event) -> bytes:
    """Return the hash of an event that a batch commits to."""
    form = form_of(event)
    parts = {part: part_hash(event, part).hex() for part in form.parts}
    return chain.leaf_hash({"form": event.form} | _content(event, form.columns) | parts)


def part_hash(event: Event, part: str) -> bytes:
    """Return the hash that stands for a part: made with its salt, or the one that was kept where it was erased.

    Empty where there is neither: nobody acted on somebody's behalf.
    """
    content = _content(event, form_of(event).parts[part])
    salt, kept = getattr(event, f"{part}_salt"), getattr(event, f"{part}_hash")
    if salt is not None:
        return chain.personal_hash(bytes(salt), content)
    # Erased, or never there: whatever stands in the part now was put there later.
    if any(content.values()):
        return chain.personal_hash(b"", content)
    return bytes(kept) if kept is not None else b""


def owner_of(event: Event, part: str) -> UUID | None:
    """Return whom a part tells of; None: nobody.

    The actor's part (address, browser) tells of the subject where nobody is known to have acted.
    """
    owner: UUID | None = getattr(event, f"{part}_id")
    return owner or (event.subject_id if part == "actor" else None)


def is_erased(event: Event, part: str) -> bool:
    """Return whether a part looks erased: it has no salt, and did have one."""
    was_there = part != "on_behalf_of" or event.on_behalf_of_id is not None
    return was_there and getattr(event, f"{part}_salt") is None


def plain(value: object) -> object:
    """Return a column's value as it is hashed and exported: ids and times as text, bytes in hexadecimal digits."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return chain.timestamp(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value


def _content(event: Event, columns: tuple[str, ...]) -> dict[str, object]:
    found = {name: plain(getattr(event, name)) for name in columns}
    # Whoever changes rows can put anything there; it must be found, not stumbled over.
    wrong = {
        name: {"": found[name]}
        for name in _OBJECTS & found.keys()
        if not isinstance(found[name], dict)
    }
    return found | wrong
