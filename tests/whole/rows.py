"""Every row of every table that a refused request may not change."""

from __future__ import annotations

from typing import Any

from django.apps import apps

# History and what is only counted may grow: a refused form is written down, and how often it came.
GROWS = {
    "AnsweredChallenge", "Attempt", "Event", "Heartbeat", "MailboxProof", "Repeated",
    "SealedKey", "Session", "SetUp", "UserHandle",
}  # fmt: skip


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Return them all, to be compared."""
    found = {}
    for model in apps.get_models():
        if model.__name__ in GROWS or not model.__module__.startswith("doorward"):
            continue
        rows = model._base_manager.order_by("pk")
        # When somebody was let in last stands with them: their sessions grow, too.
        kept = [
            one.attname for one in model._meta.concrete_fields if one.name != "last_signed_in_at"
        ]
        found[model.__name__] = list(rows.values_list(*kept))
    return found
