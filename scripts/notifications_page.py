"""Writes the table of docs/notifications.md from the declared events; with --check only says whether it is current.

What stands in its last column is written by hand and kept.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "notifications.md"
HEAD = "| event | who is notified | |\n| --- | --- | --- |\n"
ROW = re.compile(r"^\| `(\w+)` \|.*?\|(.*)\|\n", re.MULTILINE)


def table(remarks: dict[str, str]) -> str:
    """Return the rows of all declared events, each with its remark."""
    from doorward.notifications.events import ALL  # noqa: PLC0415 - Django is set up first

    return "".join(
        f"| `{key}` | {in_words(event_type)} |{remarks.get(key, '  ')}|\n"
        for key, event_type in ALL.items()
    )


def in_words(event_type: object) -> str:
    notifications = getattr(event_type, "notifications", ())
    return "; ".join(f"{one.audience}: `{one.message}`" for one in notifications) or "nobody"


def page(now: str) -> str:
    """Return the page as it stands, with the table of today."""
    before, _, rest = now.partition(HEAD)
    rows = ROW.findall(rest)
    after = ROW.sub("", rest)
    return before + HEAD + table(dict(rows)) + after


def main(*, check: bool) -> int:
    now = PAGE.read_text()
    wanted = page(now)
    if check:
        if now != wanted:
            print("docs/notifications.md is not current: run `make docs`.", file=sys.stderr)
        return int(now != wanted)
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doorward.settings.django")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOORWARD_DATA_DIR"] = folder
        django.setup()
        sys.exit(main(check="--check" in sys.argv))
