"""What is declared is used: every refusal is raised somewhere, every type of event recorded somewhere."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.kernel.errors import Refusal, all_refusals
from doorward.notifications.events import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(__file__).parents[2] / "src" / "doorward"
# Who only looks: at events that are there, and at refusals that came.
LOOKS = {"filter", "exclude", "frozenset", "holds", "isinstance", "issubclass"}


@cache
def modules() -> tuple[ast.Module, ...]:
    # The demonstration makes a past up, and records nothing.
    files = (file for file in SOURCES.rglob("*.py") if "demo" not in file.parts)
    return tuple(ast.parse(file.read_text()) for file in files)


def made(node: ast.AST) -> Iterator[str]:
    """Yield the names whose values are used below a node, other than by who only looks."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Constant(value=str(name)):
            yield name  # commands name what they import late
        case ast.Compare() | ast.arg():
            return
        case ast.Call() if called(node) in LOOKS:
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from made(child)


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def raised() -> Iterator[str]:
    """Yield the names of what is raised, or made to be raised elsewhere."""
    for module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name | ast.Attribute):
                yield getattr(node.exc, "attr", getattr(node.exc, "id", ""))
            elif isinstance(node, ast.Call):
                yield called(node)


def declared_events() -> dict[str, str]:
    """Return each type's key by the name under which it is declared."""
    return {
        target.id: str(ast.literal_eval(node.value.args[0]))
        for module in modules()
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if called(node.value) == "EventType"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_every_refusal_is_raised_somewhere() -> None:
    for file in SOURCES.rglob("errors.py"):
        import_module(".".join(("doorward", *file.relative_to(SOURCES).with_suffix("").parts)))
    names = set(raised())
    unused = {
        refusal.__name__
        for refusal in all_refusals()
        if refusal is not Refusal
        # One that others are made of is raised as these.
        and not ({one.__name__ for one in all_refusals(refusal)} & names)
    }
    assert unused == set()


def test_every_type_of_event_is_recorded_somewhere() -> None:
    declared = declared_events()
    assert set(declared.values()) == set(ALL)
    used = {name for module in modules() for name in made(module)}
    assert declared.keys() - used == set()
