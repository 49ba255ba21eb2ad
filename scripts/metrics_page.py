"""Writes docs/metrics.md from `doorward.kernel.metrics.declared`; with --check only says whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from doorward.kernel.metrics.declared import COUNTED, STATE, Metric

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
HEAD = """# Metrics

Made from `src/doorward/kernel/metrics/declared.py` by `make docs`; do not edit it here.

What `/metrics` tells whoever has `DOORWARD_METRICS_TOKEN`. A label has these values and no others; nothing is told of
any person, customer, brand or address. Alerts and a board for Grafana are in `deploy/monitoring/`.
"""
TABLE = "| metric | kind | labels | |\n| --- | --- | --- | --- |\n"
PARTS = (
    (
        "Counted by this node",
        "From its start on, over all of its processes; a worker that dies takes nothing with it.",
        COUNTED,
    ),
    (
        "Read when it is asked for",
        "From the database, so that all nodes say the same, and from this node's disk; some seconds old at most.",
        STATE,
    ),
)


def row(metric: Metric) -> str:
    labels = "<br>".join(
        f"{label}: {', '.join(f'`{value}`' for value in values) or 'one'}"
        for label, values in metric.labels.items()
    )
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |\n"


def page() -> str:
    parts = (
        f"\n## {title}\n\n{said}\n\n{TABLE}{''.join(map(row, metrics))}"
        for title, said, metrics in PARTS
    )
    return HEAD + "".join(parts)


def main(*, check: bool) -> int:
    if check:
        if PAGE.exists() and PAGE.read_text() == page():
            return 0
        print("docs/metrics.md is not current: run `make docs`.", file=sys.stderr)
        return 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
