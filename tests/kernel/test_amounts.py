"""Numbers beside their nouns: never '1 sessions'."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import doorward
from doorward.kernel.text.amounts import amount

SOURCES = sorted(Path(doorward.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 people"), (1, "1 person"), (2, "2 people"), (1204, "1,204 people")]
)
def test_a_number_takes_the_form_of_its_noun(number: int, said: str) -> None:
    assert amount(number, "person", "people") == said


def test_no_number_is_written_beside_a_plural() -> None:
    """Whatever `amount` says somewhere is said by it everywhere; a constant (in capitals) is never one."""
    trees = {path: ast.parse(path.read_text()) for path in SOURCES}
    plurals = {noun.split()[-1] for tree in trees.values() for noun in nouns(tree)} | {"people"}
    beside = re.compile(
        rf" (?:(?!some)[a-z-]+ )?(?:{'|'.join(sorted(plurals - {'are', 'were'}))})\b"
    )
    found = {
        f"{path.name}:{part.lineno} {ast.unparse(number)}{after.value!r}"
        for path, tree in trees.items()
        for part in ast.walk(tree)
        if isinstance(part, ast.JoinedStr)
        for number, after in zip(part.values, part.values[1:], strict=False)
        if isinstance(number, ast.FormattedValue)
        and isinstance(after, ast.Constant)
        and beside.match(str(after.value))
        and not ast.unparse(number.value).isupper()
    }
    assert not found


def nouns(tree: ast.AST) -> list[str]:
    """Return the plurals that `amount` is given."""
    calls = (one for one in ast.walk(tree) if isinstance(one, ast.Call))
    given = (one.args[2] for one in calls if ast.unparse(one.func) == "amount" and one.args[2:])
    return [str(one.value) for one in given if isinstance(one, ast.Constant)]
