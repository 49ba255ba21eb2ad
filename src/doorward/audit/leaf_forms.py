"""What is sealed of an event: the form of a leaf (`docs/history.md`).

It has a version, which stands in the row and in the leaf. A new column of an event makes a new version; those that
were sealed before keep theirs, and are verified by it for as long as they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownForm(ValueError):
    """An event says that its leaf has a form that this release does not know."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a leaf holds: columns of the row as they are, and for each part of it that names somebody a hash."""

    columns: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]


# A form is never changed once it was released: what is added, or left out, is a new one below.
FORMS: Final[dict[int, Form]] = {
    1: Form(
        columns=(
            *("id", "public_id", "at", "type", "outcome"),
            *("actor_type", "actor_id", "on_behalf_of_id", "credential", "credential_id"),
            *("subject_id", "customer_id", "customer_name", "request_id", "details"),
        ),
        parts={
            "actor": ("actor_name", "actor_email", "address", "browser"),
            "on_behalf_of": ("on_behalf_of_name", "on_behalf_of_email"),
            "subject": ("subject_name", "subject_email", "typed"),
        },
    ),
}
# What is written from now on.
NEWEST: Final = max(FORMS)
