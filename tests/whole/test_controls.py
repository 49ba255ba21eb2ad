"""`docs/security/controls.csv` is true: what it names is there, and it hides no gap."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "security"
NOT_FOR_US, GAP = "n/a", "gap: "


def rows() -> list[dict[str, str]]:
    with (FOLDER / "controls.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ROWS = rows()


@cache
def named_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file, those in classes as `Class::test`."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            inner = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
            found |= {f"{node.name}::{name}" for name in inner}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return frozenset(name for name in found if name.split("::")[-1].startswith("test_"))


def test_each_row_is_there_once_and_no_cell_is_empty():
    assert list(ROWS[0]) == ["id", "what", "how", "proof"]
    ids = [row["id"] for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert all(cell.strip() for row in ROWS for cell in row.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_what_it_names_as_its_proof_is_there(row):
    proof = row["proof"]
    if proof == NOT_FOR_US:
        assert len(row["how"]) > 20, "and why"
        return
    if proof.startswith(GAP):
        assert len(proof) > 20, "and what is missing"
        return
    for named in proof.split("; "):
        path, _, name = named.partition("::")
        assert name in named_in(path), named


def test_the_page_says_how_many_are_gaps():
    said = (FOLDER / "README.md").read_text(encoding="utf-8")
    found = re.search(r"(\d+) rows.*?(\d+) of them do not apply.*?(\d+) are gaps", said, re.DOTALL)
    assert found, "docs/security/README.md no longer says how many rows there are"
    proofs = [row["proof"] for row in ROWS]
    counted = len(proofs), proofs.count(NOT_FOR_US), sum(one.startswith(GAP) for one in proofs)
    assert tuple(map(int, found.groups())) == counted
