"""Writes docs/security/guards.md from `tests/faults/guards.py`; with --check only says whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "security" / "guards.md"
HEAD = """# The guards of requiring two factors, of the lost phone, of applications and of devices

Made from `tests/faults/guards.py` by `make docs`; do not edit it here.

Each of these {count} guards can be taken out with one change. `make faults` does so, one after the other in a copy of
the source, and runs the test beside it, which must go red; `make test` does so with {short} of them. Files stand in
`src/doorward/`, tests in `tests/`. `tests/whole/test_helping.py` plays all of help at random and says what must be
true after each step: two companies, the provider's support, minimums, passkeys, and a thief in any of the accounts.

What is guarded twice has no row: with either guard gone, nothing changes. A request is looked for among those of its
customer, for instance, and its person is then locked among the same customer's people. Of three of these both guards
are taken out together; of two for the race behind them to be seen, and on SQLite one writer at a time is
a guard besides.

| guard | stands in | what goes red without it |
| --- | --- | --- |
"""

if TYPE_CHECKING:
    from tests.faults.guards import Guard


def row(guard: Guard) -> str:
    name = f"{guard.name[0].upper()}{guard.name[1:]}"
    files = " and ".join(dict.fromkeys(f"`{file}`" for file, *_ in guard.changes()))
    where = "" if guard.database == "sqlite" else " on PostgreSQL"
    return f"| {name} | {files} | `{guard.seen_by}`{where} |\n"


def page() -> str:
    from tests.faults.guards import GUARDS, SHORT  # noqa: PLC0415 - found once the root is on the path

    head = HEAD.format(count=len(GUARDS), short=len(SHORT))
    return head + "".join(row(guard) for guard in GUARDS)


def main(*, check: bool) -> int:
    if check:
        if PAGE.exists() and PAGE.read_text() == page():
            return 0
        print("docs/security/guards.md is not current: run `make docs`.", file=sys.stderr)
        return 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(check="--check" in sys.argv))
