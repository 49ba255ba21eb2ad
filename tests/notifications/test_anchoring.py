"""The newest head of history, written and mailed to where the database's writer cannot reach."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import timezone

from doorward.audit import sealing
from doorward.audit.chain import anchors_in
from doorward.environment import MailServer
from doorward.notifications import anchoring
from doorward.notifications.mail import NotSent
from doorward.notifications.worker import run_once
from tests.audit import histories
from tests.notifications.mails import Folder, send_to

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.accounts.models import Administrator
    from doorward.audit.models import Batch

AUDITOR = "auditor@elsewhere.example"


def newest() -> Batch:
    found = sealing.newest()
    assert found is not None
    return found


@pytest.fixture
def heads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that heads are written to."""
    file = tmp_path / "elsewhere" / "heads"
    file.parent.mkdir()
    changed = settings.DOORWARD.model_copy(update={"anchor_file": file})
    monkeypatch.setattr(settings, "DOORWARD", changed)
    return file


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return the folder that mail goes to, heads among it."""
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path), anchor_email=AUDITOR)
    return Folder(path)


def to_auditor(mails: Folder) -> list[Any]:
    return [mail for mail in mails.all() if mail["To"] == AUDITOR]


def test_without_the_settings_nothing_is_asked(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert anchoring.write(now=timezone.now()) == 0
        assert anchoring.mail(now=timezone.now()) == 0


def test_each_new_head_is_a_line(owner: Administrator, heads: Path) -> None:
    assert anchoring.write(now=timezone.now()) == 0
    first, second = histories.sealed(owner, batches=1)
    assert anchoring.write(now=timezone.now()) == 1
    assert anchoring.write(now=timezone.now()) == 0
    assert heads.read_text() == anchoring.line_of(second) + "\n"
    assert heads.stat().st_mode & 0o777 == 0o600
    histories.sealed(owner, batches=40)
    assert anchoring.write(now=timezone.now()) == 1
    found = anchors_in(heads.read_text())
    assert found == [second.anchor, newest().anchor]
    assert histories.faults([*found, first.anchor]) == set()


def test_what_was_written_stays(owner: Administrator, heads: Path) -> None:
    heads.write_text("# of the auditor\n" * 1000)
    histories.sealed(owner, batches=1)
    anchoring.write(now=timezone.now())
    assert heads.read_text().startswith("# of the auditor\n" * 1000)
    assert anchoring.write(now=timezone.now()) == 0


def test_the_worker_seals_and_writes(owner: Administrator, heads: Path) -> None:
    run_once(timezone.now())
    assert anchors_in(heads.read_text()) == [newest().anchor]


def test_a_file_that_cannot_be_written_keeps_nothing_else_from_being_done(
    owner: Administrator, heads: Path, caplog: Any
) -> None:
    heads.parent.rmdir()
    run_once(timezone.now())
    assert "housekeeping failed: heads of history in a file" in caplog.text
    assert newest().number == 1


def test_a_head_is_mailed_once_a_day(owner: Administrator, mails: Folder) -> None:
    now = timezone.now()
    run_once(now)
    [mail] = to_auditor(mails)
    assert mail["Subject"] == "History of Provider: batch 1"
    assert anchors_in(mail.get_content()) == [newest().anchor] * 2
    histories.happen(owner)
    run_once(now + timedelta(hours=23))
    assert len(to_auditor(mails)) == 1
    run_once(now + timedelta(hours=25))
    assert [one["Subject"][-1] for one in to_auditor(mails)] == ["1", str(newest().number)]
    # Nothing new: nothing to say.
    run_once(now + timedelta(hours=75))
    assert len(to_auditor(mails)) == 2


def test_a_mail_that_could_not_be_sent_is_sent_later(
    owner: Administrator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sealing.seal(now=timezone.now())
    # Nobody listens on port 1.
    nowhere = MailServer(kind="smtp", host="127.0.0.1", port=1)
    send_to(monkeypatch, nowhere, anchor_email=AUDITOR)
    with pytest.raises(NotSent):
        anchoring.mail(now=timezone.now())
    assert newest().mailed_at is None
    folder = Folder(tmp_path / "mail")
    send_to(monkeypatch, MailServer(kind="file", folder=folder.path))
    assert anchoring.mail(now=timezone.now()) == 1
    assert len(to_auditor(folder)) == 1
