"""Verifies an export of Doorward's history, alone.

    python verify_history.py EXPORT [ANCHOR|FILE …]

EXPORT is what `doorward history export` printed, as JSON lines or as a table (CSV). Or it is an evidence pack, or the
export of one customer (ZIP): it is held to its checksum, every file in it to manifest.json, and the sealed history is
verified. An ANCHOR is a head that was kept elsewhere (`doorward history anchor`), a FILE has such heads in it. Exit
status 0: the history is whole; 1: it is not, and every finding is a line; 2: wrong use. Python 3.11 or newer, nothing
else.

The form is described in docs/history.md of Doorward, which is all that this program was written from.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import sys
import zipfile
import zlib
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
JSON_CELLS = {"batch", "form", "id", "details", "typed", "size", "complete", "place", "path"}
NULL_CELLS = JSON_CELLS | {
    *("actor_id", "actor_salt", "actor_hash", "subject_id", "subject_salt", "subject_hash"),
    *("on_behalf_of_id", "on_behalf_of_salt", "on_behalf_of_hash"),
    *("customer_id", "credential_id"),
}
BROKEN = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, EOFError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError),
)
# In a cell an apostrophe stands before what a spreadsheet would run, had it cut the cell there.
UNSEEN = '["\\s\\x00-\\x1f\\x7f-\\xa0\\xad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]*'
CUT = re.compile(f"([,;|\\t\\r\\n]{UNSEEN})'('*[=+\\-@＝＋－＠])")
# In a pack.
SEALED = "sealed-history.csv"
MANIFEST = "manifest.json"

# --- reading --------------------------------------------------------------------------------------


def read(path: str) -> Iterator[dict[str, Any]]:
    """Return the records of an export, one after the other; of a ZIP, those of its sealed history."""
    if not zipfile.is_zipfile(path):
        with Path(path).open("rb") as file:
            yield from records_in(file)
        return
    with zipfile.ZipFile(path) as pack, pack.open(SEALED) as file:
        yield from records_in(file)


def records_in(file: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - an open file
    """Return the records of an open file."""
    is_table = file.read(1) != b"{"
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8", errors="surrogatepass", newline="")
    if not is_table:
        yield from (json.loads(line) for line in text if line.strip())
        return
    csv.field_size_limit(2**31 - 1)
    for row in csv.DictReader(text):
        yield {name: value_of(name, cell) for name, cell in row.items()}


def wrong_files(path: str) -> Iterator[str]:
    """Hold the files of a ZIP to its manifest; of anything else there is nothing to say."""
    if not zipfile.is_zipfile(path):
        return
    if not is_as_made(path):
        yield "The pack is not the one that was made: a byte of it was changed, added or taken away."
    with zipfile.ZipFile(path) as pack:
        names = pack.namelist()
        listed = json.loads(pack.read(MANIFEST))["files"]
        if len(names) != len(set(names)):
            yield "A file is in the pack more than once."
        for name in {*names, *listed} - {MANIFEST}:
            if name not in listed:
                yield f"{name} is not in the manifest."
            elif name not in names:
                yield f"{name} is missing."
            elif digest_of(pack, name) != listed[name]["sha256"]:
                yield f"{name} was changed."


def is_as_made(path: str) -> bool:
    """Say whether the last 64 characters of a file are the checksum of all before them."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        left = file.seek(0, os.SEEK_END) - 64
        file.seek(0)
        while left > 0 and (part := file.read(min(left, 1024 * 1024))):
            digest.update(part)
            left -= len(part)
        return file.read() == digest.hexdigest().encode()


def digest_of(pack: zipfile.ZipFile, name: str) -> str:
    """Return the checksum of a file in a ZIP."""
    with pack.open(name) as file:
        digest = hashlib.sha256()
        while part := file.read(1024 * 1024):
            digest.update(part)
    return digest.hexdigest()


def value_of(name: str, cell: str) -> Any:  # noqa: ANN401 - whatever JSON has
    """Return what a cell of the table stands for."""
    text = CUT.sub(r"\1\2", cell.removeprefix("'"))
    if not text and name in NULL_CELLS:
        return None
    return json.loads(text) if name in JSON_CELLS else text


def anchors_in(text: str) -> list[tuple[int, str]]:
    """Return the anchors in a text: batch number and head."""
    found = re.findall(r"(?<![\w:])([1-9][0-9]{0,17}):([0-9a-f]{64})(?![\w:])", text)
    return [(int(number), head) for number, head in found]


def moment(text: str) -> datetime:
    """Return the time that a text says."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


# --- hashing --------------------------------------------------------------------------------------


def sha256(*parts: bytes) -> bytes:
    """Return the hash of these bytes, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: dict[str, Any]) -> bytes:
    """Return the one form of a JSON object (RFC 8785)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def leaf(event: dict[str, Any]) -> bytes:
    """Return the hash of an event."""
    content: dict[str, Any] = {}
    for part, names in FORMS.get(event["form"], {}).items():
        columns = {name: event[name] for name in names}
        for name in {"details", "typed"} & columns.keys():
            columns[name] = as_object(columns[name])
        content |= {part: part_hash(event, part, columns)} if part else columns
    return sha256(b"\x00", canonical(content))


def as_object(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON has
    """Return what should be an object; what is none is found by its hash."""
    return value if isinstance(value, dict) else {"": value}


def part_hash(event: dict[str, Any], whose: str, part: dict[str, Any]) -> str:
    """Return the hash of a part that names somebody: made with its salt, or kept where it was erased."""
    salt, kept = event[f"{whose}_salt"], event[f"{whose}_hash"]
    if salt is not None:
        return sha256(b"\x03", bytes.fromhex(salt), canonical(part)).hex()
    if any(part.values()):
        return "put there later"
    return str(kept) if kept is not None else ""


def tree(leaves: list[bytes]) -> bytes:
    """Return the head of a Merkle tree, as RFC 6962, 2.1, has it."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01", tree(leaves[:half]), tree(leaves[half:]))


def tree_around(size: int, shown: dict[int, bytes], path: list[bytes]) -> bytes:
    """Return the head of a tree of which some leaves are known by their places, and hashes of what is beside them."""
    left = list(path)

    def part(first: int, end: int) -> bytes:
        if not any(first <= place < end for place in shown):
            return left.pop(0)
        if end - first == 1:
            return shown[first]
        half = 1
        while half * 2 < end - first:
            half *= 2
        return sha256(b"\x01", part(first, first + half), part(first + half, end))

    if not shown.keys() <= set(range(size)):
        return b""
    try:
        head = part(0, size)
    except IndexError:
        return b""
    return b"" if left else head


def head_of(batch: dict[str, Any], previous: str) -> str:
    """Return the head of a batch, over the one before it."""
    content = {name: batch[name] for name in ("batch", "complete", "root", "sealed_at", "size")}
    return sha256(b"\x02", canonical({**content, "previous": previous})).hex()


# --- looking --------------------------------------------------------------------------------------


@dataclass
class Export:
    """What is in an export; of each event its id, its hash and its time."""

    # Of an extract: whose it is, and the head before its first batch.
    extract: dict[str, Any] | None = None
    # Of an extract: the place of each event in the tree of its batch.
    places: dict[int | None, dict[int, bytes]] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)
    events: dict[int | None, list[tuple[int, bytes, str]]] = field(default_factory=dict)
    # Forgetting and erasing are events: up to which batch and when; who.
    forgettings: list[tuple[int, str]] = field(default_factory=list)
    erasings: set[str] = field(default_factory=set)
    # Forms of leaves that this program does not know, and in which batch.
    unknown: set[tuple[int | None, int]] = field(default_factory=set)
    # Events of customers who were deleted for good: only their hashes are there, without a time.
    gone: int = 0
    # Whose parts are erased, and the first batch with such a part.
    erased: dict[str | None, int] = field(default_factory=dict)

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record."""
        match record["record"]:
            case "extract":
                self.begin(record)
            case "batch":
                self.batches.append(record)
            case "erased" if not self.extract:
                hashed = bytes.fromhex(record["leaf"])
                self.events.setdefault(record["batch"], []).append((record["id"], hashed, ""))
                self.gone += 1
            case _:
                self.add_event(record)

    def begin(self, record: dict[str, Any]) -> None:
        """Take in whose extract it is, which is said first and once."""
        if self.extract or self.batches or self.events:
            raise ValueError("an extract says whose it is first")
        self.extract = record

    def add_event(self, record: dict[str, Any]) -> None:
        """Take in an event."""
        number, at, hashed = record["batch"], record["at"], leaf(record)
        self.events.setdefault(number, []).append((record["id"], hashed, at))
        if self.extract:
            self.take_place(record, hashed)
        if record["form"] not in FORMS:
            self.unknown.add((number, record["form"]))
        if record["type"] == "history_forgotten":
            self.forgettings.append((int(record["details"]["batch"]), at))
        if record["type"] == "administrator_erased":
            self.erasings.add(record["subject_id"])
        if number is not None:
            self.note_erased(record, number)

    def note_erased(self, record: dict[str, Any], number: int) -> None:
        """Note whose parts of an event are erased."""
        if record["actor_salt"] is None:
            self.erased.setdefault(record["actor_id"] or record["subject_id"], number)
        if record["subject_salt"] is None:
            self.erased.setdefault(record["subject_id"], number)
        on_behalf_of = record["on_behalf_of_id"]
        if on_behalf_of and record["on_behalf_of_salt"] is None:
            self.erased.setdefault(on_behalf_of, number)

    def take_place(self, record: dict[str, Any], hashed: bytes) -> None:
        """Note where an event of an extract stands; nobody else's is in one."""
        if self.extract and record["customer_id"] != self.extract["customer_id"]:
            raise ValueError("an event of somebody else")
        if record["batch"] is not None:
            places = self.places.setdefault(record["batch"], {})
            if record["place"] in places:
                raise ValueError("two events in one place")
            places[record["place"]] = hashed

    def counted(self) -> str:
        """Say in numbers what is there."""
        waiting = len(self.events.get(None, []))
        number = sum(map(len, self.events.values()))
        said = f"events: {number}, batches: {len(self.batches)}, not sealed yet: {waiting}"
        if self.gone:
            said += f", events of deleted customers: {self.gone}"
        return f"{said}, people erased: {len(self.erasings)}" if self.erasings else said


def findings(export: Export, anchors: list[tuple[int, str]]) -> Iterator[str]:
    """Return a sentence for all that is wrong."""
    yield from wrong_heads(export)
    for batch in export.batches:
        yield from wrong_events(export, batch)
    yield from wrong_dates(export)
    for number, form in export.unknown:
        yield f"Of batch {number} an event is of form {form}, which this program does not know."
    known = {batch["batch"] for batch in export.batches} | {None}
    for number in export.events.keys() - known:
        yield f"Events say they are of batch {number}, which was never sealed."
    if not export.extract:
        for number in unexplained(export).values():
            yield f"Names in batch {number} were taken away, and nobody was erased."
    heads = {batch["batch"]: batch["head"] for batch in export.batches}
    for number, head in anchors:
        if heads.get(number) != head:
            yield f"Batch {number} is missing, or its head is not the one of the anchor."


def unexplained(export: Export) -> dict[str | None, int]:
    """Return whose parts are erased though no event here says that they were, and in which batch first."""
    return {
        person: number for person, number in export.erased.items() if person not in export.erasings
    }


def wrong_heads(export: Export) -> Iterator[str]:
    """Follow the chain from its start."""
    if not export.extract and not export.batches and not export.events:
        yield "There is no history in it."
    previous = export.extract["head"] if export.extract else "00" * 32
    first = export.extract["batch"] + 1 if export.extract else 1
    if first == 1 and previous != "00" * 32:
        yield "The head before the first batch is wrong."
    for expected, batch in enumerate(export.batches, start=first):
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
    if export.extract:
        path = [bytes.fromhex(one) for one in batch.get("path") or []]
        shown = export.places.get(number, {})
        if (shown or path) and tree_around(size, shown, path).hex() != batch["root"]:
            yield f"Of batch {number} an event was changed, moved, added or left out."
    elif not there:
        if not was_forgotten(export, batch):
            yield f"All events of batch {number} were deleted."
    elif len(there) < size:
        yield f"Of batch {number} some events were deleted: of {size}, {len(there)} are there."
    elif len(there) > size:
        yield f"Of batch {number} there are {len(there)} instead of {size}: some events were inserted."
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
            there = export.events.get(batch["batch"], [])
            dates = [moment(at) for _id, _hashed, at in there if at]
            if any(at < all_sealed_at - SLACK for at in dates):
                yield f"An event in batch {batch['batch']} is dated too early: it was inserted later."
        if batch["complete"]:
            all_sealed_at = sealed_at


# --- the command ----------------------------------------------------------------------------------


def anchors_of(arguments: Iterable[str]) -> list[tuple[int, str]]:
    """Return the anchors that were named or stand in the files that were."""
    anchors = []
    for given in arguments:
        named = anchors_in(given) or anchors_in(Path(given).read_text(errors="replace"))
        if not named:
            raise FileNotFoundError(f"There is no anchor in {given}.")
        anchors += named
    return anchors


def said_of(export: Export, anchors: list[tuple[int, str]]) -> str:
    """Say what holds."""
    hold = "anchor holds" if len(anchors) == 1 else "anchors hold"
    held = f", and {len(anchors)} {hold}" if anchors else ""
    if not export.extract:
        return f"The history is whole{held}."
    said = f"The extract of customer {export.extract['customer_id']} is whole{held}."
    for person, number in unexplained(export).items():
        # Somebody of another customer, such as the provider's people: their erasing is an event there.
        said += f" Names of {person} were erased, from batch {number} on."
    if not export.batches:
        return said
    newest = export.batches[-1]
    return f"{said} Its newest head: {newest['batch']}:{newest['head']}"


def main(arguments: list[str]) -> int:
    """Verify, print what was found, and give the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    export = Export()
    try:
        anchors = anchors_of(arguments[1:])
        Path(arguments[0]).open("rb").close()
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        for record in read(arguments[0]):
            export.add(record)
        found = [*wrong_files(arguments[0]), *findings(export, anchors)]
    except BROKEN as error:
        found = [f"The export was changed: it cannot even be read ({type(error).__name__})."]
        anchors = []
    print("\n".join([*found, f"Looked at {export.counted()}."]))
    if not found:
        print(said_of(export, anchors))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
