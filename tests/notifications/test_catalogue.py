from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doorward.notifications.events import ALL
from doorward.notifications.messages import Message
from doorward.notifications.rendering import TEMPLATES

if TYPE_CHECKING:
    from doorward.audit.events import EventType

DOCUMENT = Path(__file__).parents[2] / "docs" / "notifications.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)


def test_every_message_is_used_and_has_its_template() -> None:
    used = {
        notification.message
        for event_type in ALL.values()
        for notification in event_type.notifications
    }
    assert used == set(Message)
    assert {path.stem for path in TEMPLATES.glob("messages/*")} == {str(one) for one in Message}


def test_the_document_says_of_every_type_who_is_notified() -> None:
    rows = dict(ROW.findall(DOCUMENT.read_text()))
    assert rows == {str(event_type): _in_words(event_type) for event_type in ALL.values()}


@pytest.mark.parametrize("message", Message)
def test_names_of_messages_fit_their_column(message: Message) -> None:
    assert len(message) <= 40


def _in_words(event_type: EventType) -> str:
    audience = [
        f"{notification.audience}: `{notification.message}`"
        for notification in event_type.notifications
    ]
    return "; ".join(audience) or "nobody"
