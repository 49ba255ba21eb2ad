"""What Activity shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.audit.events import Outcome
from doorward.notifications.history_words import GROUP_TITLES

if TYPE_CHECKING:
    from doorward.web.activity.filters import Filters
    from doorward.web.kit.fields import Field
    from doorward.web.kit.history import HistoryPage

Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of history with its filters; `query` is what leads to the same filters elsewhere."""

    history: HistoryPage
    filters: Filters
    groups: Choices
    outcomes: Choices

    @property
    def query(self) -> str:
        """The filters for an address, with the question mark where there are any."""
        return f"?{self.filters.query}" if self.filters.query else ""


@dataclass(frozen=True, slots=True)
class ExportPage:
    """What is about to be exported."""

    number: int
    narrowed: bool
    filters: list[tuple[str, str]]
    separator: Field
    back: str


def activity_page(history: HistoryPage, filters: Filters) -> ActivityPage:
    """Make the page, with its choices in the reader's language."""
    groups = [(group.value, str(title)) for group, title in GROUP_TITLES.items()]
    return ActivityPage(
        history=history,
        filters=filters,
        groups=[("", _("Everything")), *groups],
        outcomes=[
            ("", _("Any outcome")),
            (Outcome.OK.value, _("Done")),
            (Outcome.FAILED.value, _("Failed")),
            (Outcome.REFUSED.value, _("Refused")),
        ],
    )
