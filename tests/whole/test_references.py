"""Every reference in documents, comments and docstrings leads somewhere: files, sections, decisions, names."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "doorward"
# Where a path in a text may begin, besides the folder of the file that names it.
BASES = ("", "src/doorward/", "tests/", "docs/", "scripts/", "src/doorward/web/", "src/")
# Made by a run or by somebody's installation; not in the repository.
MADE = {
    "constraints.txt",
    "requirements.txt",
    "keys.json",
    "security.txt",
    "doorward.sqlite3",
    "client.key",
    "identity.txt",
    "manifest.json",
    "sealed-history.csv",
}
# What others call theirs, and variables of tests that have a module's name.
FOREIGN = {
    "doorward.conf",
    "config/wsgi.py",
    "net/crawler.py",
    "search_path",
    "django.forms",
    "confusable_homoglyphs",
    "client_disconnect",
    "wildcard_translate",
    "http.client",
    "HttpOnly",
    "SetUp.DoesNotExist",
    "clock.shift",
    "stage.person",
    # PostgreSQL's, Patroni's, age's.
    "synchronous_mode",
    "synchronous_mode_strict",
    "recovery_target_time",
    "archive_timeout",
    "postgresql.conf",
    "recovery.signal",
    "identity.txt",
}
PATH = re.compile(
    r"(?<![\w/.:@])[\w-][\w./-]*\.(?:py|md|html|txt|js|css|csv|json|toml|po)(?![\w/])"
)
FOLDER = re.compile(r"`([a-z_]+(?:/[a-z_]+)*/)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
DECISION = re.compile(r"\bdecisions? (\d{4})((?:, \d{4})*)")
DOTTED = re.compile(r"`(?:doorward\.)?((?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*)(?:\([^`]*\))?`")
# A name that is said to be in a file, in either order.
NAME_IN = re.compile(r"`(\w+)` (?:in |of |\()`([\w/]+\.py)`")
FILE_WITH = re.compile(r"`([\w/]+\.py)` \(((?:`\w+`(?:, |(?=[ ):;])))+)")
NAME = re.compile(r"`(_?[a-z][a-z0-9]*(?:_[a-z0-9]+)+|_[a-z]\w+|[A-Z][a-z]+(?:[A-Z][a-z]+)+)`")


def tracked(*patterns: str) -> list[str]:
    """Return the files of the repository that fit, as paths from its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split() if (ROOT / name).exists()]


FILES = frozenset(tracked())
FOLDERS = frozenset(f"{one}/" for name in FILES for one in PurePosixPath(name).parents)
DOCUMENTS = [name for name in tracked("*.md") if not name.startswith("src/")]
TEXTS = [*DOCUMENTS, *tracked("src/*.py", "tests/*.py", "scripts/*.py"), *tracked("docs/*.csv")]


@cache
def text_of(name: str) -> str:
    """Return what a file tells: a document whole, of a module its comments and docstrings."""
    written = (ROOT / name).read_text()
    return written if not name.endswith(".py") else "\n".join(_told(written))


def _told(written: str) -> list[str]:
    found = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(written).readline)
        if token.type == tokenize.COMMENT
    ]
    with_docstrings = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = (node for node in ast.walk(ast.parse(written)) if isinstance(node, with_docstrings))
    return [*found, *(ast.get_docstring(node) or "" for node in nodes)]


def is_there(path: str, named_in: str) -> bool:
    """Return whether a path leads to a file or folder, from any place that a text may mean."""
    near = str(PurePosixPath(named_in).parent) + "/"
    whole = [f"{base}{path}".removeprefix("./") for base in (*BASES, near)]
    # A name alone is some file's; a template is named as Django finds it.
    tail = f"/{path}" if "/" not in path else f"/templates/{path}"
    if any(name.endswith(tail) for name in FILES):
        return True
    return any(one in FILES or one in FOLDERS for one in whole)


def slug_of(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@cache
def words() -> frozenset[str]:
    """Return every name that the code uses."""
    code = tracked(
        "src/*.py", "src/*.html", "src/*.js", "src/*.txt", "tests/*.py", "scripts/*", "deploy/*"
    )
    shown = "\n".join(
        (ROOT / name).read_text(errors="replace")
        for name in (*code, "pyproject.toml", "Makefile")
        if name != "tests/whole/test_references.py"
    )
    return frozenset(re.findall(r"\w+", shown))


@cache
def modules() -> dict[str, frozenset[str]]:
    """Return the names in each module, package and class, by its last name."""
    found: dict[str, set[str]] = {}
    for name in tracked("src/*.py", "tests/*.py"):
        path = PurePosixPath(name)
        stem = path.parent.name if path.stem == "__init__" else path.stem
        written = (ROOT / name).read_text()
        found.setdefault(stem, set()).update(re.findall(r"\w+", written))
        found.setdefault(path.parent.name, set()).add(stem)
        found.setdefault(path.parent.parent.name, set()).add(path.parent.name)
        for node in ast.walk(ast.parse(written)):
            if isinstance(node, ast.ClassDef):
                inside = "\n".join(written.split("\n")[node.lineno - 1 : node.end_lineno])
                found.setdefault(node.name, set()).update(re.findall(r"\w+", inside))
    return {stem: frozenset(names) for stem, names in found.items()}


def test_paths_lead_to_files() -> None:
    assert _lost(_paths_to_nowhere, TEXTS) == {}


def _lost(look: Callable[[str], set[str]], names: Iterable[str]) -> dict[str, set[str]]:
    """Return by file what leads nowhere."""
    found = {name: look(name) for name in names}
    return {name: lost for name, lost in found.items() if lost}


def _paths_to_nowhere(name: str) -> set[str]:
    told = re.sub(r"https?://\S+|\b\w+\.(?:org|com|net)/\S+", "", LINK.sub("](", text_of(name)))
    paths = {
        one.removeprefix("./") for one in PATH.findall(told) if one.rpartition("/")[2] not in MADE
    }
    folders = {one for one in FOLDER.findall(told) if one.split("/")[0] + "/" in _first()}
    return {one for one in paths | folders if not is_there(one, name)} - FOREIGN


def _first() -> set[str]:
    """Return the folders with which a path of ours begins, so that others' paths are left alone."""
    return {"src/", "tests/", "docs/", "scripts/"} | {
        f"{one.name}/" for one in SOURCE.iterdir() if one.is_dir()
    }


def test_links_lead_to_files_and_sections() -> None:
    assert _lost(_links_to_nowhere, DOCUMENTS) == {}


def _links_to_nowhere(name: str) -> set[str]:
    lost = set()
    for target in LINK.findall(text_of(name)):
        file, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        aim = (ROOT / name).parent / file if file else ROOT / name
        headings = re.findall(r"^#+ (.+)$", aim.read_text(), re.MULTILINE) if anchor else []
        if not aim.exists() or (anchor and anchor not in {slug_of(one) for one in headings}):
            lost.add(target)
    return lost - FOREIGN


def test_decisions_are_there() -> None:
    assert _lost(_decisions_that_are_not, TEXTS) == {}


def _decisions_that_are_not(name: str) -> set[str]:
    there = {PurePosixPath(one).name[:4] for one in FILES if one.startswith("docs/decisions/")}
    named = {
        number
        for first, more in DECISION.findall(text_of(name))
        for number in re.findall(r"\d{4}", first + more)
    }
    return named - there


def test_names_are_in_the_code() -> None:
    assert _lost(_names_of_nothing, TEXTS) == {}


def _names_of_nothing(name: str) -> set[str]:
    told = text_of(name)
    # A file's name is a path: looked for above.
    ends = (".py", ".md", ".json", ".sqlite3", ".txt", ".csv")
    lost = {one for one in NAME.findall(told) if one not in words()}
    for dotted in DOTTED.findall(told):
        if dotted.endswith(ends):
            continue
        *above, last = dotted.split(".")
        if above[-1] in modules() and last not in modules()[above[-1]]:
            lost.add(dotted)
    return lost - FOREIGN


def test_names_are_in_the_files_that_are_said_to_have_them() -> None:
    assert _lost(_names_elsewhere, DOCUMENTS) == {}


def _names_elsewhere(name: str) -> set[str]:
    told = text_of(name)
    said = [(file, one) for one, file in NAME_IN.findall(told)]
    said += [(file, one) for file, some in FILE_WITH.findall(told) for one in some.split("`")[1::2]]
    return {f"{one} in {file}" for file, one in said if not _has(file, one)}


def _has(file: str, name: str) -> bool:
    """Return whether a file that is there has this name; of one that is not, the paths tell."""
    there = [one for one in FILES if one == file or one.endswith(f"/{file}")]
    return not there or any(name in re.findall(r"\w+", (ROOT / one).read_text()) for one in there)
