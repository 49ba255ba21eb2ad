"""Each contract of import-linter is red when it is broken, once, in a copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# What all rooms share.
WITHOUT_A_ROOM = {"fast", "http", "kit", "server", "static", "__pycache__"}


def lint(folder):
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("*.mo", "*.po", "static", "templates", "__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    return tmp_path


def test_the_house_stands(copy):
    assert lint(copy).returncode == 0


DOWN = "Subjects stand above each other: imports go down only"
BREACHES = [
    (DOWN, "kernel/crypto/sealing.py", "import doorward.credentials.removal"),
    (DOWN, "cli/run.py", "import doorward.web.http.gate"),
    (DOWN, "notifications/models.py", "import doorward.web.http.gate"),
    (DOWN, "attic/__init__.py", ""),
    (
        "Rules are pure: no framework, no settings",
        "credentials/totp/rules.py",
        "import django.conf",
    ),
    ("Rules are pure: no framework, no settings", "credentials/totp/rules.py", "import pydantic"),
    (
        "Rooms of web do not import each other",
        "web/profile/views.py",
        "import doorward.web.security",
    ),
    (
        "Only the gate asks the access decision",
        "web/http/gate.py",
        "import doorward.gate.decision",
    ),
    (
        "Only who keeps secrets opens the seals",
        "web/http/pages.py",
        "import doorward.kernel.crypto.sealing",
    ),
    (
        "Only who keeps secrets opens the seals",
        "audit/record.py",
        "import doorward.kernel.crypto.sealing",
    ),
]


@pytest.mark.parametrize(("contract", "file", "breach"), BREACHES)
def test_a_breach_is_red(copy, contract, file, breach):
    path = copy / "src" / "doorward" / file
    path.parent.mkdir(exist_ok=True)
    text = path.read_text() if path.exists() else ""
    path.write_text(f"{text}\n{breach}\n")
    answer = lint(copy)
    assert answer.returncode == 1
    said = answer.stdout + answer.stderr
    broken = [line for line in said.splitlines() if line.endswith("BROKEN")]
    # A subject that no contract knows stops the tool before it judges any.
    assert any(line.startswith(contract) for line in broken) or (
        "attic" in file and "attic" in said
    )


def circle_of(graph):
    """Return files that import each other in a circle, the first one again at its end; none: empty."""
    imports = {file: graph.find_modules_directly_imported_by(file) for file in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        return found.args[1]
    return []


def test_no_files_import_each_other_in_a_circle():
    """Nor do they for the sake of a type: whoever reads one file needs those below it, and no other."""
    graph = grimp.build_graph("doorward", cache_dir=None)
    assert circle_of(graph) == []
    graph.add_import(
        importer="doorward.kernel.errors", imported="doorward.credentials.passkeys.rules"
    )
    assert circle_of(graph)


def test_every_contract_is_broken_once():
    assert {contract["name"] for contract in CONFIGURATION["contracts"]} == {
        contract for contract, _, _ in BREACHES
    }


def test_every_room_is_in_the_contract():
    rooms = {
        f"doorward.web.{folder.name}"
        for folder in (ROOT / "src/doorward/web").iterdir()
        if folder.is_dir() and folder.name not in WITHOUT_A_ROOM
    }
    [contract] = [one for one in CONFIGURATION["contracts"] if one["type"] == "independence"]
    assert rooms == set(contract["modules"])


def pure():
    """Return what the contract keeps pure besides every `rules.py`."""
    [contract] = [one for one in CONFIGURATION["contracts"] if one["name"].startswith("Rules")]
    return {one.removeprefix("doorward.") for one in contract["source_modules"] if "*" not in one}


def test_the_map_calls_pure_what_the_contract_keeps_so():
    kept, rows = pure(), {}
    for line in (ROOT / "docs/architecture.md").read_text().splitlines():
        if match := re.fullmatch(r"\| `([a-z]+)` \|.*\| ([^|]*) \|", line):
            rows[match[1]] = match[2]
    assert rows["permissions"] == "all of it"
    assert "permissions" in kept
    named = {
        f"{subject}.{name}"
        for subject, said in rows.items()
        for name in re.findall(r"`([a-z_]+)`", said)
        if not said.startswith("all but") and name not in {"rules", "passkeys", "totp"}
    }
    others = set(re.findall(r"`([a-z_]+)`", rows["gate"]))
    modules = {one.stem for one in (ROOT / "src/doorward/gate").glob("[a-z]*.py")}
    named |= {f"gate.{name}" for name in modules - others}
    last = {(one.split(".")[0], one.split(".")[-1]) for one in kept - {"permissions"}}
    # Of the kernel the budget of mails is beside the rules.
    assert {tuple(one.split(".")) for one in named} == last - {("kernel", "mail_budget")}
