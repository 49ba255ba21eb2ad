from __future__ import annotations

import re
from pathlib import Path

import pytest

from doorward.audit.events import Kind
from doorward.notices.catalogue import CATALOGUE, Message
from doorward.notices.rendering import TEMPLATES

DOCUMENT = Path(__file__).parents[2] / "docs" / "notices.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)


def test_every_kind_of_event_has_a_decision() -> None:
    assert set(CATALOGUE) == set(Kind)


def test_every_message_is_used_and_has_its_template() -> None:
    used = {notice.message for notices in CATALOGUE.values() for notice in notices}
    assert used == set(Message)
    assert {path.stem for path in TEMPLATES.glob("messages/*")} == {str(one) for one in Message}


def test_the_document_says_of_every_kind_who_is_told() -> None:
    rows = dict(ROW.findall(DOCUMENT.read_text()))
    assert rows == {str(kind): _in_words(kind) for kind in Kind}


@pytest.mark.parametrize("message", Message)
def test_names_of_messages_fit_their_column(message: Message) -> None:
    assert len(message) <= 40


def _in_words(kind: Kind) -> str:
    told = [f"{notice.told}: `{notice.message}`" for notice in CATALOGUE[kind]]
    return "; ".join(told) or "nobody"
