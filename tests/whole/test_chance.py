"""Where chance comes from: what must not be guessed is drawn from the system's source alone."""

from __future__ import annotations

import ast

from tests.whole.callgraph import ROOT, graph

# What can be guessed from what it gave before, or from where and when it was made.
WEAK = ("random", "numpy.random", "uuid.uuid1", "django.utils.crypto.get_random_string")
# Where chance makes nothing secret: a believable demonstration, and how long a worker waits.
HARMLESS = ("doorward.demo.data",)


def test_nothing_draws_from_a_weak_source():
    used = {
        user
        for user, names in graph().items()
        for name in names
        if any(name == weak or name.startswith(f"{weak}.") for weak in WEAK)
        and not user.startswith(HARMLESS)
    }
    assert used == set()


def test_an_identifier_is_never_a_secret():
    """A UUID names a row; no function that makes or keeps a secret is handed a new one."""
    for path in ROOT.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _name(call.func) in {"seal", "keyed_hash"}:
                inner = {_name(one.func) for one in ast.walk(call) if isinstance(one, ast.Call)}
                assert "uuid4" not in inner, path


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
