"""History for tests: events, sealed batches, what somebody with the database could do to them, and who finds it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from doorward.audit import exporting, sealing, verifying
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.models import Batch, Event
from doorward.audit.record import record
from doorward.credentials.events import FACTOR_RENAMED
from doorward.operations import verify_history
from tests.kit import people

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.chain import Anchor

VERIFIER = Path(verify_history.__file__)
ORIGIN = ClientInfo(address="203.0.113.24", browser=people.CHROME, request_id="r1")


def happen(person: Administrator, number: int = 3, **rest: Any) -> None:
    """Let something happen to a person, so many times."""
    with transaction.atomic():
        for _ in range(number):
            record(FACTOR_RENAMED, actor=Actor(person=person.who(), client=ORIGIN), **rest)


def sealed(person: Administrator, batches: int = 3, events: int = 3) -> list[Batch]:
    """Let things happen and seal them, minute by minute; return the batches."""
    sealing.seal(now=timezone.now())
    for _ in range(batches):
        happen(person, events, details={"place": 1}, typed={"factor": "Ines' phone"})
        sealing.seal(now=timezone.now())
    return list(Batch.objects.order_by("number"))


def of_batch(number: int) -> list[Event]:
    """Return the events of a batch, in their order."""
    return list(Event.objects.filter(batch=number).order_by("id"))


def rows(number: int) -> Any:
    """Return the rows of a batch, to be changed as somebody with the database could."""
    return Event.rewritable.filter(batch=number)


def insert_copy(event: Event, **columns: Any) -> Event:
    """Insert an event like another."""
    same = {field.attname: getattr(event, field.attname) for field in Event._meta.concrete_fields}
    new = {"id": None, "public_id": uuid4()}
    return Event.objects.create(**{**same, **new, **columns})


def faults(anchors: Iterable[Anchor] = ()) -> set[tuple[int, str]]:
    """Return what `verify` finds: batch and fault."""
    report = verifying.verify(list(anchors))
    return {(finding.batch, str(finding.fault)) for finding in report.findings}


def export(folder: Path, form: str) -> Path:
    """Write an export as the command does."""
    write = exporting.as_table if form == "csv" else exporting.as_lines
    file = folder / f"history.{form}"
    text = "".join(write(exporting.records()))
    file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    return file


def verify_alone(file: Path, *anchors: str) -> subprocess.CompletedProcess[str]:
    """Run the program of docs/ on an export: without Doorward, its packages or its settings."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(file), *anchors],
        capture_output=True,
        text=True,
        env={},
        timeout=60,
        check=False,
    )


def days_later(days: int) -> datetime:
    """Return the moment so many days from now."""
    return timezone.now() + timedelta(days=days)
