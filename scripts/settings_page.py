"""Writes docs/settings.md from `doorward.environment.fields`; with --check only says whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from doorward.environment import PREFIX
from doorward.environment.fields import Environment, default_of

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Made from `src/doorward/environment/fields.py` by `make docs`; do not edit it here.

A setting is an environment variable, or a line `NAME=value` in the file that `DOORWARD_CONFIG` names;
the environment wins. An unknown `DOORWARD_…` name or a wrong value stops the start with one sentence; an empty
value is no value. What surrounds a value, such as the line end of a file, is no part of it.

A value that is written in quotation marks, or begins with `~`, is refused: Docker and systemd hand them on, and no
shell takes them off. Only `DOORWARD_METRICS_TOKEN` may begin with `~`; choose one that is not in quotation marks. A
password is part of an address and meets neither: there `"`, `'`, `~` and all other signs may stand, percent-encoded
(`%22`, `%27`, `%7E`).

| setting | default | |
| --- | --- | --- |
"""


def row(name: str) -> str:
    default = default_of(name)
    cell = f"`{default}`" if default else ""
    return f"| `{PREFIX}{name.upper()}` | {cell} | {Environment.model_fields[name].description} |\n"


def page() -> str:
    return HEAD + "".join(row(name) for name in Environment.model_fields)


def main(*, check: bool) -> int:
    if check:
        if PAGE.exists() and PAGE.read_text() == page():
            return 0
        print("docs/settings.md is not current: run `make docs`.", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
