"""An evidence pack: what is in it, in words and as tables, and that it is verified alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from base64 import b32encode
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone, translation

from doorward.accounts import exceptions
from doorward.accounts.models import Administrator, Status
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE, Actor, ClientInfo
from doorward.audit.events import EVIDENCE_MADE, Outcome
from doorward.audit.models import Batch, Event
from doorward.audit.record import record
from doorward.credentials.events import FACTOR_RENAMED, SECOND_STEP_FAILED, TWO_FACTOR_RESET
from doorward.credentials.models import Factor
from doorward.kernel.errors import FieldsRefused
from doorward.operations import packing, verify_history
from doorward.operations.evidence import contents, making, pdf, period
from doorward.operations.evidence.people import Numbers
from doorward.permissions.errors import NotAuthorised
from doorward.recovery.models import RecoveryRequest, State, Way
from tests.audit import histories
from tests.kit import codes, people, policies

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
ZONE = "Europe/Berlin"


@pytest.fixture(autouse=True)
def no_pdf(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the PDF out, which takes a second, but where it is asked for."""
    if "with_pdf" not in request.fixturenames:
        monkeypatch.setattr(pdf, "_weasyprint", lambda: None)


@pytest.fixture
def with_pdf() -> None:
    """Ask for the PDF, too."""


def made(
    folder: Path, person: Administrator, *, actor: Actor | None = None, days: int = 1
) -> tuple[Path, str]:
    """Return a pack of somebody's customer of these last days, and the checksum of its manifest."""
    now, file = timezone.now(), folder / "pack.zip"
    last = now.astimezone(ZoneInfo(ZONE)).date()
    wanted = period.Period(last - timedelta(days=days), last, ZONE)
    customer = people.again(person).customer
    with file.open("w+b") as opened:
        checksum = making.make(
            customer, wanted, opened, actor=actor or people.actor(person), now=now
        )
    return file, checksum


def table(file: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(file) as pack:
        text = pack.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def full(owner: Administrator, colleague: Administrator, outsider: Administrator) -> Administrator:
    """A customer with all that a report tells of; return its owner."""
    now, customer = timezone.now(), owner.customer_id
    codes.enable_app(owner)
    policies.require(customer, trust_days=3)
    staff = people.make_administrator(
        people.provider(), email="nora@northline.example", name="Nora Whitfield"
    )
    until = (now + timedelta(days=9)).date().isoformat()
    exceptions.make(
        colleague.id, reason="=Waits for a phone", until=until,
        customer_id=customer, actor=people.actor(owner), now=now,
    )  # fmt: skip
    RecoveryRequest.objects.create(
        administrator=colleague, way=Way.COLLEAGUE, state=State.CONFIRMED, how="Called back",
        second=True, asked_by=owner, asked_at=now, approved_by=owner, approved_at=now,
    )  # fmt: skip
    with transaction.atomic():
        record(FACTOR_RENAMED, actor=people.actor(staff), subject=colleague.who())
        record(
            FACTOR_RENAMED,
            actor=replace(people.actor(staff), on_behalf_of=owner.who()),
            subject=colleague.who(),
        )
        record(TWO_FACTOR_RESET, actor=CONSOLE, subject=colleague.who())
        record(
            SECOND_STEP_FAILED,
            actor=Actor(None, ClientInfo(address="203.0.113.9")),
            subject=colleague.who(),
            outcome=Outcome.FAILED,
        )
    histories.happen(outsider)
    sealing.seal(now=timezone.now())
    return owner


def test_a_pack_says_who_had_to_who_did_and_who_helped(
    full: Administrator, colleague: Administrator, tmp_path: Path
) -> None:
    file, _checksum = made(tmp_path, full)
    whom = {row["E-mail"]: row for row in table(file, "people.csv")}
    mine, theirs = whom[full.email], whom[colleague.email]
    assert (mine["Required by"], mine["Has what is required"]) == ("policy", "yes")
    assert mine["Second factor"] == "authenticator app"
    assert mine["Set up (UTC)"].endswith("Z")
    assert mine[f"Set up ({ZONE})"][-6:] in {"+01:00", "+02:00"}
    # The exception is from the policy.
    assert (theirs["Required by"], theirs["Second factor"]) == ("nobody", "none")
    [version] = table(file, "policies.csv")
    assert (version["Whose"], version["No."]) == ("policy", "1")
    # As the page has it, with the units.
    assert version["What it asks"] == (
        "Two-factor sign-in is required of: Everybody; Trusted browsers, in days: 3"
    )
    [exception] = table(file, "exceptions.csv")
    assert exception["Made by"] == full.full_name
    # No spreadsheet runs what somebody typed.
    assert exception["Reason"] == "'=Waits for a phone"
    helped, removed = table(file, "help-after-a-loss.csv")
    assert full.email in helped["Asked by"]
    assert full.email in helped["Agreed to by"]
    assert (helped["How it was made sure"], helped["Outcome"]) == ("Called back", "it was them")
    assert (removed["Way"], removed["Asked by"]) == ("the command line", "the operator")
    support = table(file, "support-access.csv")
    assert [row["On behalf of"] for row in support if "nora" in row["By"]] == [
        "",
        f"{full.full_name} ({full.email})",
    ]
    assert any(row["By"] == "the operator" for row in support)
    [refused] = [
        row for row in table(file, "refused-sign-ins.csv") if row["Address"] == "203.0.113.9"
    ]
    assert refused["Outcome"] == "failed"


def test_who_is_suspended_is_listed_and_not_counted_and_a_device_taken_over_is_said_to_be(
    full: Administrator, colleague: Administrator, tmp_path: Path
) -> None:
    Factor.objects.filter(administrator=full).update(taken_over=True)
    Administrator.objects.of(full.customer_id).filter(id=colleague.id).update(
        status=Status.SUSPENDED
    )
    file, _checksum = made(tmp_path, full)
    whom = {row["E-mail"]: row for row in table(file, "people.csv")}
    assert whom[full.email]["Second factor"] == "authenticator app (taken over, not used yet)"
    assert whom[colleague.email]["Status"] == "Suspended"
    with zipfile.ZipFile(file) as pack:
        report = pack.read("report.html").decode()
    assert re.search(r"People who can sign in, or are invited</th>\s*<td>1</td>", report)


def test_a_pack_is_verified_alone_and_a_byte_makes_the_difference(
    full: Administrator, tmp_path: Path
) -> None:
    file, checksum = made(tmp_path, full)
    newest = Batch.objects.latest("number")
    said = histories.verify_alone(file, str(newest.anchor))
    assert said.returncode == 0, said.stdout
    with zipfile.ZipFile(file) as pack:
        names = pack.namelist()
        listed = json.loads(pack.read("manifest.json"))
        assert verify_history.digest_of(pack, "manifest.json") == checksum
        report = pack.read("report.html").decode()
    assert names[-1] == packing.MANIFEST
    assert set(listed["files"]) == set(names) - {packing.MANIFEST}
    for name in names:
        if name.endswith(".csv") and name != verify_history.SEALED:
            assert listed["files"][name]["rows"] == len(table(file, name)), name
    assert str(newest.anchor) in report
    for name in names:
        assert histories.verify_alone(_with_another_byte(file, name)).returncode == 1, name
        if name != packing.MANIFEST:
            assert histories.verify_alone(_without(file, name)).returncode == 1, name


def test_no_byte_anywhere_in_a_pack_changes_unseen(full: Administrator, tmp_path: Path) -> None:
    """In a file or beside it: in the names and times that the ZIP gives, in its directory, at its end."""
    file, _checksum = made(tmp_path, full)
    content, changed = file.read_bytes(), tmp_path / "changed.zip"
    assert verify_history.is_as_made(str(file))
    places = {*range(0, len(content), 211), *range(80), *range(len(content) - 400, len(content))}
    for place in places:
        other = bytes([content[place] ^ 1 << place % 8])
        changed.write_bytes(content[:place] + other + content[place + 1 :])
        assert not verify_history.is_as_made(str(changed)), place
    for other in (content + b"\n", content[:-1], b"\n" + content, content[1:], b"", content[:40]):
        changed.write_bytes(other)
        assert not verify_history.is_as_made(str(changed))
        assert histories.verify_alone(changed).returncode == 1
    # The program says so, also where every file is as it was: the year of one in the ZIP's directory.
    directory = content.rindex(b"PK\x01\x02")
    changed.write_bytes(content[: directory + 15] + b"\x10" + content[directory + 16 :])
    said = histories.verify_alone(changed)
    assert said.returncode == 1
    assert "not the one that was made" in said.stdout


def _with_another_byte(file: Path, name: str) -> Path:
    """Return the same pack with a byte of one file flipped."""
    return _copy(file, lambda one, content: _flipped(content) if one == name else content)


def _without(file: Path, name: str) -> Path:
    return _copy(file, lambda one, content: None if one == name else content)


def _flipped(content: bytes) -> bytes:
    place = content.rindex(b"a")
    return content[:place] + b"b" + content[place + 1 :]


def _copy(file: Path, change: Any) -> Path:
    """Return a pack with other files, by somebody who makes its last checksum anew."""
    copy = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as pack, zipfile.ZipFile(copy, "w") as changed:
        changed.comment = b"0" * 64
        for name in pack.namelist():
            content = change(name, pack.read(name))
            if content is not None:
                changed.writestr(name, content)
    rest = copy.read_bytes()[:-64]
    copy.write_bytes(rest + hashlib.sha256(rest).hexdigest().encode())
    assert verify_history.is_as_made(str(copy))
    return copy


def test_nothing_of_a_neighbour_is_in_it_and_no_secret(
    full: Administrator, outsider: Administrator, tmp_path: Path
) -> None:
    outsider_too = codes.enable_app(people.again(full), name="A second one")
    file, _checksum = made(tmp_path, full)
    held = people.again(full)
    with zipfile.ZipFile(file) as pack:
        everything = b"".join(pack.read(name) for name in pack.namelist())
    never = [
        *(outsider.email, outsider.customer.name, str(outsider.id), str(outsider.customer_id)),
        *(held.password, outsider_too.hex(), b32encode(outsider_too).decode()),
    ]
    assert [one for one in never if one.encode() in everything] == []


def test_it_stands_in_the_history_before_anything_leaves(
    full: Administrator, tmp_path: Path
) -> None:
    _file, checksum = made(tmp_path, full)
    [event] = people.events(EVIDENCE_MADE)
    assert event.customer_id == full.customer_id
    assert event.details["checksum"] == checksum


def test_it_wants_the_right_to_people_and_to_history(
    full: Administrator, outsider: Administrator, tmp_path: Path
) -> None:
    for tabs in ({"administrators"}, {"activity"}, set[str]()):
        other = people.make_administrator(
            full.customer, email=f"{len(tabs)}{'-'.join(tabs)}@b.example", tabs=tabs
        )
        with pytest.raises(NotAuthorised):
            made(tmp_path, full, actor=people.actor(other))
    for actor in (
        people.actor(outsider),
        replace(people.actor(outsider), on_behalf_of=full.who()),
    ):
        with pytest.raises(NotAuthorised):
            made(tmp_path, full, actor=actor)
    assert not people.events(EVIDENCE_MADE)


def test_what_fails_on_its_way_opens_nowhere(
    full: Administrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_html", lambda _report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made(tmp_path, full)
    assert not zipfile.is_zipfile(tmp_path / "pack.zip")
    assert not people.events(EVIDENCE_MADE)


def test_a_history_that_was_changed_is_said_to_be(full: Administrator, tmp_path: Path) -> None:
    event = Event.objects.filter(customer_id=full.customer_id, outcome="failed")[0]
    Event.rewritable.filter(id=event.id).update(outcome="ok")
    file, _checksum = made(tmp_path, full)
    with zipfile.ZipFile(file) as pack:
        report = pack.read("report.html").decode()
    assert "did not fit their seals: 1." in report
    assert histories.verify_alone(file).returncode == 1


def test_a_pack_speaks_the_language_of_who_asks(full: Administrator, tmp_path: Path) -> None:
    with translation.override("de"):
        file, _checksum = made(tmp_path, full)
    with zipfile.ZipFile(file) as pack:
        report = pack.read("report.html").decode()
    assert '<html lang="de"' in report
    assert "Nachweis der Zwei-Faktor-Anmeldung" in report
    # All that is needed is in it.
    assert "src=" not in report
    assert "http" not in report.replace("https://portal", "")


@pytest.mark.one_database
def test_the_report_is_there_as_pdf(with_pdf: None, full: Administrator, tmp_path: Path) -> None:
    file, _checksum = made(tmp_path, full)
    with zipfile.ZipFile(file) as pack:
        document = pack.read("report.pdf")
    assert document.startswith(b"%PDF-")
    # It has a structure, so that it can be read out.
    assert b"/StructTreeRoot" in document or b"/ObjStm" in document


def test_every_column_of_the_report_has_a_width_and_they_fill_the_page() -> None:
    """Without one for each, long names would leave others so little room that short words are broken."""
    for one in contents.tables(Numbers()):
        assert len(one.widths) == len(one.columns), one.file
        assert sum(one.widths) == 100, one.file


@pytest.mark.one_database
def test_who_makes_a_pdf_at_the_command_line_is_told_nothing_of_how_it_is_made() -> None:
    makes = (
        "import logging; logging.basicConfig(level=logging.INFO);"
        "from doorward.operations.evidence import pdf;"
        "assert pdf.pdf_of('<html lang=en><title>x</title><h1>x</h1>')"
    )
    made = subprocess.run([sys.executable, "-c", makes], check=True, capture_output=True, text=True)
    assert (made.stdout, made.stderr) == ("", "")


@pytest.mark.one_database
@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/", "FILE:///x"])
def test_a_pdf_fetches_nothing(with_pdf: None, address: str) -> None:
    html = f'<html lang="en"><title>x</title><h1>x</h1><img alt="x" src="{address}">'
    with pytest.raises(pdf.NotOurs):
        pdf.pdf_of(html)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-13-01", "2026-03-31", "first_day"),
        ("2026-01-01", "", "last_day"),
        ("2026-03-02", "2026-03-01", "last_day"),
        ("2026-03-01", "2026-03-04", "last_day"),
        ("2025-01-26", "2026-03-02", "last_day"),
        ("0001-01-01", "9999-12-31", "first_day"),
    ],
)
def test_a_period_is_refused_at_its_field(first: str, last: str, code: str) -> None:
    now = datetime(2026, 3, 2, 23, 30, tzinfo=ZoneInfo("UTC"))
    with pytest.raises(FieldsRefused) as refused:
        period.read(first, last, zone=ZONE, now=now)
    assert code in refused.value.fields


def test_the_days_of_a_period_are_those_of_its_clock() -> None:
    now = datetime(2026, 3, 2, 23, 30, tzinfo=ZoneInfo("UTC"))
    # In Berlin it is the third already.
    found = period.read("2026-03-03", "2026-03-03", zone=ZONE, now=now)
    assert found.since.isoformat() == "2026-03-03T00:00:00+01:00"
    assert found.until - found.since == timedelta(days=1)
    longest = period.read("2025-01-28", "2026-03-03", zone=ZONE, now=now)
    assert (longest.last - longest.first).days + 1 == period.LONGEST_DAYS
    for day, first in (("2026-01-01", "2025-10-01"), ("2026-12-31", "2026-07-01")):
        now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        assert period.last_quarter(zone=ZONE, now=now).first == date.fromisoformat(first)
