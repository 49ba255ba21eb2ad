"""The page of the evidence pack: who sees it, what it gives, and what it refuses."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from doorward.audit.events import EVIDENCE_MADE
from doorward.operations.evidence import pdf
from doorward.web.http import streaming
from tests.kit import browsers, people

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PATH = "/account/evidence/"
DAYS = {"first_day": "2026-01-01", "last_day": "2026-01-31"}


@pytest.fixture(autouse=True)
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_weasyprint", lambda: None)


def test_a_pack_is_made_and_given_whole(owner: Administrator) -> None:
    browser = browsers.browser_signed_in_by_service(owner)
    assert 'type="date"' in browser.get(PATH).content.decode()
    answer: Any = browser.post(PATH, DAYS)
    assert (
        answer["Content-Disposition"] == 'attachment; filename="evidence-2026-01-01-2026-01-31.zip"'
    )
    content = b"".join(answer.streaming_content)
    assert int(answer["Content-Length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        assert pack.testzip() is None
        assert "what makes a PDF is not installed" in pack.read("report.html").decode()
    assert [event.actor_id for event in people.events(EVIDENCE_MADE)] == [owner.id]
    assert owner.id not in streaming._of


def test_wrong_days_are_said_at_their_fields(owner: Administrator) -> None:
    browser = browsers.browser_signed_in_by_service(owner)
    for days, sentence in (
        ({**DAYS, "last_day": "2025-12-31"}, "The last day cannot be before the first one."),
        ({**DAYS, "first_day": "2024-01-01"}, "Choose a period of at most 400 days."),
        ({**DAYS, "last_day": "2996-01-31"}, "Choose a last day that has begun"),
        ({**DAYS, "first_day": "soon"}, "Type a date like 2026-03-31."),
    ):
        answer = browser.post(PATH, days)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert not people.events(EVIDENCE_MADE)


def test_it_wants_both_rights_and_who_asks_to_be_confirmed(
    owner: Administrator, colleague: Administrator
) -> None:
    for tabs in ({"account", "administrators"}, {"account", "activity"}):
        person = people.make_administrator(
            owner.customer, email=f"{max(tabs)}@b.example", tabs={"home", *tabs}
        )
        browser = browsers.browser_signed_in_by_service(person)
        assert browser.get(PATH).status_code == 403
        assert browser.post(PATH, DAYS).status_code == 403
        assert PATH not in browser.get("/account/").content.decode()
    assert browsers.browser_signed_in_by_service(colleague).get(PATH).status_code == 403
    browser = browsers.browser_signed_in_by_service(owner)
    assert PATH in browser.get("/account/").content.decode()
    browsers.age_proofs(owner)
    assert browser.post(PATH, DAYS)["Location"].startswith("/prove/")
    assert not people.events(EVIDENCE_MADE)


def test_one_at_a_time(owner: Administrator) -> None:
    browser = browsers.browser_signed_in_by_service(owner)
    first: Any = browser.post(PATH, DAYS)
    assert browser.post(PATH, DAYS).status_code == 429
    b"".join(first.streaming_content)
    again: Any = browser.post(PATH, DAYS)
    assert again.status_code == 200
    b"".join(again.streaming_content)


def test_what_fails_gives_nothing_and_is_not_under_way(
    owner: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "TemporaryFile", _full_disk)
    browser = browsers.browser_signed_in_by_service(owner)
    with pytest.raises(OSError, match="full"):
        browser.post(PATH, DAYS)
    assert owner.id not in streaming._of


def _full_disk(**_rest: object) -> None:
    raise OSError("full")
