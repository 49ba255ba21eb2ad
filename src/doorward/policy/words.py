"""The fields of a policy in the words of history and mails."""

from __future__ import annotations

from typing import Final

from doorward.audit.fields import Words
from doorward.policy.fields import FIELDS, Choice

WORDS: Final = {
    f"policy.{field.key}": Words(field.history, field.titles if isinstance(field, Choice) else {})
    for field in FIELDS.values()
}
