"""Verifies an export of Doorward's history, alone.

    python verify_history.py EXPORT [ANCHOR|FILE …]

EXPORT is what `doorward history export` printed, as JSON lines or as a table (CSV). An ANCHOR is a head that
was kept elsewhere (`doorward history anchor`), a FILE has such heads in it. Exit status 0: the history is
whole; 1: it is not, and every finding is a line; 2: wrong use. Python 3.11 or newer, nothing else.

The form is described in history.md beside this file, which is all that this program was written from.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What a leaf of each form holds: columns as they are, and of which columns its hashed parts are made.
FORMS = {
    1: {
        "": (
            *("form", "id", "public_id", "at", "type", "outcome", "actor_type", "actor_id"),
            *("on_behalf_of_id", "credential", "credential_id", "subject_id"),
            *("customer_id", "customer_name", "request_id", "details"),
        ),
        "actor": ("actor_name", "actor_email", "address", "browser"),
        "on_behalf_of": ("on_behalf_of_name", "on_behalf_of_email"),
        "subject": ("subject_name", "subject_email", "typed"),
    },
}
SLACK = timedelta(hours=1)
SHORTEST_KEEP = timedelta(days=30)
# In a table these are not text; an empty cell of them is null.
JSON_CELLS = {"batch", "form", "id", "details", "typed", "size", "complete"}
NULL_CELLS = JSON_CELLS | {
    *("actor_id", "actor_salt", "actor_hash", "subject_id", "subject_salt", "subject_hash"),
    *("on_behalf_of_id", "on_behalf_of_salt", "on_behalf_of_hash"),
    *("customer_id", "credential_id"),
}
BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)

# --- reading --------------------------------------------------------------------------------------


def read(path: str) -> Iterator[dict[str, Any]]:
    """Give the records of an export, one after the other."""
    with Path(path).open(encoding="utf-8", errors="surrogatepass", newline="") as file:
        is_table = file.read(1) != "{"
        file.seek(0)
        if not is_table:
            yield from (json.loads(line) for line in file if line.strip())
            return
        csv.field_size_limit(2**31 - 1)
        for row in csv.DictReader(file):
            yield {name: value_of(name, cell) for name, cell in row.items()}


def value_of(name: str, cell: str) -> Any:  # noqa: ANN401 - whatever JSON has
    """Give what a cell of the table stands for."""
    text = cell.removeprefix("'")
    if not text and name in NULL_CELLS:
        return None
    return json.loads(text) if name in JSON_CELLS else text


def anchors_in(text: str) -> list[tuple[int, str]]:
    """Give the anchors in a text: batch number and head."""
    found = re.findall(r"(?<![\w:])([1-9][0-9]{0,17}):([0-9a-f]{64})(?![\w:])", text)
    return [(int(number), head) for number, head in found]


def moment(text: str) -> datetime:
    """Give the time that a text says."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


# --- hashing --------------------------------------------------------------------------------------


def sha256(*parts: bytes) -> bytes:
    """Give the hash of these bytes, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: dict[str, Any]) -> bytes:
    """Give the one form of a JSON object (RFC 8785)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def leaf(event: dict[str, Any]) -> bytes:
    """Give the hash of an event."""
    content: dict[str, Any] = {}
    for part, names in FORMS.get(event["form"], {}).items():
        columns = {name: event[name] for name in names}
        for name in {"details", "typed"} & columns.keys():
            columns[name] = as_object(columns[name])
        content |= {part: part_hash(event, part, columns)} if part else columns
    return sha256(b"\x00", canonical(content))


def as_object(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON has
    """Give what should be an object; what is none is found by its hash."""
    return value if isinstance(value, dict) else {"": value}


def part_hash(event: dict[str, Any], whose: str, part: dict[str, Any]) -> str:
    """Give the hash of a part that names somebody: made with its salt, or kept where it was erased."""
    salt, kept = event[f"{whose}_salt"], event[f"{whose}_hash"]
    if salt is not None:
        return sha256(b"\x03", bytes.fromhex(salt), canonical(part)).hex()
    if any(part.values()):
        return "put there later"
    return str(kept) if kept is not None else ""


def tree(leaves: list[bytes]) -> bytes:
    """Give the head of a Merkle tree, as RFC 6962, 2.1, has it."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01", tree(leaves[:half]), tree(leaves[half:]))


def head_of(batch: dict[str, Any], previous: str) -> str:
    """Give the head of a batch, over the one before it."""
    content = {name: batch[name] for name in ("batch", "complete", "root", "sealed_at", "size")}
    return sha256(b"\x02", canonical({**content, "previous": previous})).hex()


# --- looking --------------------------------------------------------------------------------------


@dataclass
class Export:
    """What is in an export; of each event its id, its hash and its time."""

    batches: list[dict[str, Any]] = field(default_factory=list)
    events: dict[int | None, list[tuple[int, bytes, str]]] = field(default_factory=dict)
    # Forgetting and erasing are events: up to which batch and when; who.
    forgettings: list[tuple[int, str]] = field(default_factory=list)
    erasings: set[str] = field(default_factory=set)
    # Forms of leaves that this program does not know, and in which batch.
    unknown: set[tuple[int | None, int]] = field(default_factory=set)
    # Whose parts are erased, and the first batch with such a part.
    erased: dict[str | None, int] = field(default_factory=dict)

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record."""
        if record["record"] == "batch":
            self.batches.append(record)
            return
        number, at, event_type = record["batch"], record["at"], record["type"]
        self.events.setdefault(number, []).append((record["id"], leaf(record), at))
        if record["form"] not in FORMS:
            self.unknown.add((number, record["form"]))
        if event_type == "history_forgotten":
            self.forgettings.append((int(record["details"]["batch"]), at))
        if event_type == "administrator_erased":
            self.erasings.add(record["subject_id"])
        if number is not None and record["actor_salt"] is None:
            self.erased.setdefault(record["actor_id"] or record["subject_id"], number)
        if number is not None and record["subject_salt"] is None:
            self.erased.setdefault(record["subject_id"], number)
        on_behalf_of = record["on_behalf_of_id"]
        if number is not None and on_behalf_of and record["on_behalf_of_salt"] is None:
            self.erased.setdefault(on_behalf_of, number)

    def counted(self) -> str:
        """Say in numbers what is there."""
        waiting = len(self.events.get(None, []))
        number = sum(map(len, self.events.values()))
        said = f"{number} events, {len(self.batches)} batches, {waiting} events not sealed yet"
        return f"{said}, people erased: {len(self.erasings)}" if self.erasings else said


def findings(export: Export, anchors: list[tuple[int, str]]) -> Iterator[str]:
    """Give a sentence for all that is wrong."""
    yield from wrong_heads(export)
    for batch in export.batches:
        yield from wrong_events(export, batch)
    yield from wrong_dates(export)
    for number, form in export.unknown:
        yield f"Of batch {number} an event is of form {form}, which this program does not know."
    known = {batch["batch"] for batch in export.batches} | {None}
    for number in export.events.keys() - known:
        yield f"Events say they are of batch {number}, which was never sealed."
    for person, number in export.erased.items():
        if person not in export.erasings:
            yield f"Names in batch {number} were taken away, and nobody was erased."
    heads = {batch["batch"]: batch["head"] for batch in export.batches}
    for number, head in anchors:
        if heads.get(number) != head:
            yield f"Batch {number} is missing, or its head is not the one of the anchor."


def wrong_heads(export: Export) -> Iterator[str]:
    """Follow the chain from its start."""
    previous = "00" * 32
    for expected, batch in enumerate(export.batches, start=1):
        number = batch["batch"]
        if number != expected:
            yield f"Batch {expected} is missing: batch {number} stands in its place."
            return
        if head_of(batch, previous) != batch["head"]:
            yield f"The head of batch {number} does not fit it and the one before."
        previous = batch["head"]


def wrong_events(export: Export, batch: dict[str, Any]) -> Iterator[str]:
    """Hold the events of a batch to its tree."""
    number, size, there = batch["batch"], batch["size"], export.events.get(batch["batch"], [])
    if not there:
        if not was_forgotten(export, batch):
            yield f"All events of batch {number} were deleted."
    elif len(there) < size:
        yield f"Of batch {number} only {len(there)} of {size} events are there: some were deleted."
    elif len(there) > size:
        yield f"Of batch {number} {len(there)} events are there instead of {size}: some were inserted."
    elif tree([hashed for _id, hashed, _at in sorted(there)]).hex() != batch["root"]:
        yield f"Of batch {number} an event was changed or moved."


def was_forgotten(export: Export, batch: dict[str, Any]) -> bool:
    """Say whether an event says so; what is younger than the least time is never forgotten."""
    earliest = moment(batch["sealed_at"]) + SHORTEST_KEEP
    return any(batch["batch"] <= upto and earliest <= moment(at) for upto, at in export.forgettings)


def wrong_dates(export: Export) -> Iterator[str]:
    """Find what is dated before all that was there had been sealed."""
    all_sealed_at = None
    for batch in export.batches:
        sealed_at = moment(batch["sealed_at"])
        if all_sealed_at is not None and all_sealed_at <= sealed_at:
            dates = [moment(at) for _id, _hashed, at in export.events.get(batch["batch"], [])]
            if any(at < all_sealed_at - SLACK for at in dates):
                yield f"An event in batch {batch['batch']} is dated too early: it was inserted later."
        if batch["complete"]:
            all_sealed_at = sealed_at


# --- the command ----------------------------------------------------------------------------------


def anchors_of(arguments: Iterable[str]) -> list[tuple[int, str]]:
    """Give the anchors that were named or stand in the files that were."""
    anchors = []
    for given in arguments:
        named = anchors_in(given) or anchors_in(Path(given).read_text(errors="replace"))
        if not named:
            raise FileNotFoundError(f"There is no anchor in {given}.")
        anchors += named
    return anchors


def main(arguments: list[str]) -> int:
    """Verify, print what was found, and give the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    export = Export()
    try:
        anchors = anchors_of(arguments[1:])
        for record in read(arguments[0]):
            export.add(record)
        found = list(findings(export, anchors))
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    except BROKEN as error:
        found = [f"The export was changed: it cannot even be read ({type(error).__name__})."]
        anchors = []
    print("\n".join([*found, f"Looked at {export.counted()}."]))
    if not found:
        print(f"The history is whole{f', and {len(anchors)} anchors hold' if anchors else ''}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
