"""Which code of Doorward can lead to which, read from the source: a reference counts as a call.

More is found than runs, never less, as long as functions are passed on by their names: what a view
may reach is known without knowing how to reach it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import doorward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(doorward.__file__).parent
Graph = dict[str, set[str]]


def name_of(view: Callable[..., Any]) -> str:
    """Return the name of a view in the graph, whatever decorators stand above it."""
    return f"{view.__module__}.{view.__name__}"


def reached_from(start: str) -> set[str]:
    """Return all names that code can lead to, its own among them."""
    found, waiting = {start}, [start]
    while waiting:
        fresh = graph()[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def users_of(name: str) -> set[str]:
    """Return what refers to a name directly."""
    return {user for user, used in graph().items() if name in used}


@cache
def graph() -> defaultdict[str, set[str]]:
    """Return what each function, class and module's variable refers to."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in ROOT.rglob("*.py"):
        module = ".".join(("doorward", *path.relative_to(ROOT).with_suffix("").parts))
        for name, used in _of_module(module.removesuffix(".__init__"), ast.parse(path.read_text())):
            found[name] |= used
    return found


def _of_module(module: str, tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    names = dict(_names(module, tree))
    for node in tree.body:
        for name in _defined(node):
            yield f"{module}.{name}", set(_references(node, names)) - {f"{module}.{name}"}


def _names(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    (alias.asname or alias.name.split(".")[0]),
                    (alias.name if alias.asname else alias.name.split(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name), f"{node.module}.{alias.name}"
    for node in tree.body:
        for name in _defined(node):
            yield name, f"{module}.{name}"


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _references(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in names:
            yield names[part.id]
        elif isinstance(part, ast.Attribute):
            # The last part alone, too: a method of something whose type is not known here.
            yield f".{part.attr}"
            base = _dotted(part.value, names)
            if base:
                yield f"{base}.{part.attr}"


def _dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return f"{base}.{node.attr}" if base else None
    return None
