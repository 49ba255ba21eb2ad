"""Says which texts a catalogue lacks: catalogue.py UP-TO-DATE-FOLDER COMMITTED-FOLDER."""

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

SHOWN = 20
# A word between straight quotes, of either kind.
_QUOTED = re.compile(r"""(?:^|[\s(])['"]\w""", re.MULTILINE)


def texts(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def faults(fresh: Catalog, committed: Catalog) -> list[str]:
    found = [
        f"not translated: {message.id!r}"
        for message in fresh
        if message.id and not (message.string and all(_forms(message.string)))
    ]
    found += [f"doubtful: {message.id!r}" for message in fresh if message.id and message.fuzzy]
    kept = {message.id for message in committed if message.id}
    found += [
        f"no longer used: {one!r}" for one in kept - {message.id for message in fresh if message.id}
    ]
    written = {
        message.id: "\n".join((*_forms(message.id), *_forms(message.string)))
        for message in fresh
        if message.id
    }
    found += [
        f"an apostrophe is ', not \u2019: {one!r}"
        for one, text in written.items()
        if "\u2019" in text
    ]
    found += [
        f"quotes are \u201c and \u201d: {one!r}"
        for one, text in written.items()
        if _QUOTED.search(text)
    ]
    found += [
        f"{message.id!r}: {error}" for message in fresh if message.id for error in message.check()
    ]
    return found


def _forms(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


def main(up_to_date: str, committed: str) -> int:
    bad = 0
    for path in sorted(Path(up_to_date).rglob("django.po")):
        before = Path(committed) / path.relative_to(up_to_date)
        found = faults(texts(path), texts(before) if before.exists() else Catalog())
        if found:
            bad = 1
            print(f"{before}: {len(found)} to put right by `make messages`:", file=sys.stderr)
            print(*(f"  {one}" for one in found[:SHOWN]), sep="\n", file=sys.stderr)
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
