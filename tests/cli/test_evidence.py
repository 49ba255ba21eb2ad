"""`doorward evidence`: a pack as a file, whole or not at all."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from doorward.audit.events import EVIDENCE_MADE
from doorward.cli.base import main
from doorward.operations.evidence import pdf
from tests.audit import histories
from tests.kit import people

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db
DAYS = ("--from", "2026-01-01", "--to", "2026-01-31")


@pytest.fixture(autouse=True)
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_weasyprint", lambda: None)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["evidence", *words])


def test_a_pack_is_written_and_its_checksum_said(owner: Administrator, tmp_path: Path) -> None:
    file = tmp_path / "pack.zip"
    said = run("Harbour Bakery", *DAYS, "--language", "de", str(file))
    assert said.exit_code == 0, said.stderr
    assert histories.verify_alone(file).returncode == 0
    [event] = people.events(EVIDENCE_MADE)
    assert (event.actor_type, event.customer_id) == ("operator", owner.customer_id)
    assert str(event.details["checksum"]) in said.stdout
    with zipfile.ZipFile(file) as pack:
        assert 'lang="de"' in pack.read("report.html").decode()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "already exists" in run("Harbour Bakery", *DAYS, str(file)).stderr
    assert run("Harbour Bakery", *DAYS, "--overwrite", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Nobody Ltd", *DAYS), "There is no customer named Nobody Ltd."),
        (("Harbour Bakery", *DAYS, "--zone", "Moon"), "There is no time zone named Moon."),
        (
            ("Harbour Bakery", *DAYS, "--language", "xx"),
            "xx is not a language of the portal: en, de.",
        ),
        (
            ("Harbour Bakery", "--from", "2026-02-01", "--to", "2026-01-01"),
            "The last day cannot be",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_no_file(
    owner: Administrator, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    said = run(*words, str(tmp_path / "pack.zip"))
    assert (said.exit_code, said.stdout) == (1, "")
    assert sentence in said.stderr
    assert list(tmp_path.iterdir()) == []
    assert not people.events(EVIDENCE_MADE)
