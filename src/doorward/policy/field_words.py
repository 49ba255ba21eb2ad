"""The fields of a policy in the words of history, mails and evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.audit.field_words import Words
from doorward.policy.fields import FIELDS, Choice, Day

if TYPE_CHECKING:
    from doorward.policy.fields import Field


def words_of(field: Field, name: str) -> Words:
    """Return how the values of a field are said, under this name."""
    titles = field.titles if isinstance(field, Choice) else {}
    return Words(name, titles, is_day=isinstance(field, Day))


WORDS: Final = {f"policy.{one.key}": words_of(one, one.history) for one in FIELDS.values()}
