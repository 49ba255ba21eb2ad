"""The versions of a policy or a minimum as a page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from doorward.audit.field_words import changes_in
from doorward.customers.protection import details_of
from doorward.customers.tab_titles import titles_of
from doorward.policy import series
from doorward.policy.field_words import WORDS
from doorward.policy.fields import Values, read
from doorward.policy.versions import changes_between, seen_of

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.policy.models import PolicyVersion
    from doorward.policy.versions import Owner, Wanted

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version: what it changed, when it holds from, who saved it and why. `planned`: it can be taken back."""

    id: UUID
    number: int
    starts_at: datetime
    saved_at: datetime
    saved_by: str
    reason: str
    planned: bool
    withdrawn: bool
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The values that hold now, and how far the series is (`seen_of`)."""

    values: Values
    seen: int


def state_of(owner: Owner, text: str, *, now: datetime) -> State:
    """Return what a form starts with; `text`: the column of customer or brand."""
    values = series.current(series.load(text), now=now, default=owner.default)
    return State(values, seen_of(owner))


def planned_version(owner: Owner, text: str, *, now: datetime) -> PolicyVersion | None:
    """Return the planned version that an address names by its id; None for anything else."""
    try:
        version_id = UUID(text)
    except ValueError:
        return None
    rows = owner.versions().filter(id=version_id, withdrawn_at=None, begun_at=None)
    return rows.filter(starts_at__gt=now).first()


def version_lines(owner: Owner, *, now: datetime) -> tuple[VersionLine, ...]:
    """Return the newest versions, the newest first, each with its difference from the one saved before it.

    What was taken back never held, and is no version to compare with.
    """
    rows = list(owner.versions().order_by("-number")[: MOST_SHOWN + 1])
    values = [read(row.values) for row in rows]
    kept = [
        one if row.withdrawn_at is None else None for one, row in zip(values, rows, strict=True)
    ]
    earlier = [
        next((one for one in kept[place + 1 :] if one is not None), owner.default)
        for place in range(len(rows))
    ]
    return tuple(
        VersionLine(
            id=row.id,
            number=row.number,
            starts_at=row.starts_at,
            saved_at=row.saved_at,
            saved_by=row.saved_by_name,
            reason=row.reason,
            planned=row.withdrawn_at is None and row.starts_at > now,
            withdrawn=row.withdrawn_at is not None,
            changes=differences(before, after),
        )
        for row, after, before in zip(rows, values, earlier, strict=True)
    )[:MOST_SHOWN]


def done(saved: PolicyVersion | None, wanted: Wanted) -> str:
    """Say what was done: to change a plan to what holds by then anyway is to take it back."""
    if saved is None and wanted.replaces is not None:
        return _("That holds by then anyway, so the planned version was taken back.")
    return _("Saved.")


def differences(before: Values, after: Values) -> tuple[str, ...]:
    """Return what is different, in words, field by field."""
    of_tabs = WORDS["policy.tabs"]
    tabs = _(of_tabs.name)
    told = changes_in(details_of(changes_between(before, after)), WORDS)
    return tuple(
        _("%(field)s: %(before)s → %(after)s")
        % {"field": name[:1].upper() + name[1:], "before": old or "–", "after": new or "–"}
        for name, old, new in (
            # History has the tabs' keys, which stay; a page has their titles.
            (name, titles_of(before.tabs), titles_of(after.tabs))
            if name == tabs
            else (name, old, new)
            for name, old, new in told
        )
    )
