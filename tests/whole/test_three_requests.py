"""What the map tells of three requests: each call is really made, in that order, and none goes back up."""

from __future__ import annotations

import re
import sys
import tomllib
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

import doorward
from tests.kit import pages
from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app, next_code
from tests.kit.people import CHROME, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from doorward.accounts.models import Administrator

ROOT = Path(__file__).parents[2]
SOURCE = Path(doorward.__file__).parent
MAP = (ROOT / "docs/architecture.md").read_text()
LAYERS = {
    subject: height
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    if contract.get("containers") == ["doorward"]
    for height, line in enumerate(contract["layers"])
    for subject in line.split(" | ")
}
# What makes a hot statement, or cleans a field, is handed down to these.
HANDED = {"kernel/db/hot_queries.py", "kernel/ratelimit/throttle.py", "kernel/field_checks.py"}
# What makes the rows of such a statement: asked once in a process, perhaps by what ran before.
ONCE = {("customers/scoping.py", "of"), ("sessions/lock.py", "held")}
# Not in the request itself: the server before it, and the worker after it.
ELSEWHERE = ("web/server/", "notifications/")
NAMED = re.compile(
    r"`([\w.]+)` \(`([\w/]+\.py)`|`(\w+)` in `([\w/]+\.py)`|\(`(\w+)` in `([\w/]+\.py)`"
)


def told(heading: str) -> list[tuple[str, str]]:
    """Return file and function of each call that a section tells of, in its order."""
    section = MAP.split(f"### {heading}\n")[1].split("\n#")[0]
    found = [tuple(filter(None, match.groups())) for match in NAMED.finditer(section)]
    return [
        (file, function)
        for name, file in found
        if (function := name.rpartition(".")[2]).islower()
        and not file.startswith(ELSEWHERE)
        and (file, function) not in ONCE
    ]


class Trace:
    """Every call of the package's functions, the first of each in order, and those that go up."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, str], int] = {}
        self.upwards: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, event: str, _arg: object) -> None:
        """Note a call."""
        if event != "call" or (file := _ours(frame)) is None:
            return
        self.first.setdefault((file, frame.f_code.co_name), len(self.first))
        caller = frame.f_back and _ours(frame.f_back)
        if caller and caller not in HANDED and LAYERS[_subject(caller)] > LAYERS[_subject(file)]:
            self.upwards.add((caller, file))


def _ours(frame: FrameType) -> str | None:
    return _file(frame.f_code.co_filename)


@cache
def _file(name: str) -> str | None:
    path = Path(name)
    return path.relative_to(SOURCE).as_posix() if path.is_relative_to(SOURCE) else None


def _subject(file: str) -> str:
    return file.partition("/")[0]


@contextmanager
def traced() -> Iterator[Trace]:
    """Return what is called meanwhile."""
    trace = Trace()
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        sys.setprofile(None)


def holds(heading: str, *traces: Trace) -> None:
    calls = told(heading)
    assert len(calls) >= 7
    assert [call for call in calls if not any(call in trace.first for trace in traces)] == []
    for trace in traces:
        made = [call for call in dict.fromkeys(calls) if call in trace.first]
        assert made == sorted(made, key=trace.first.__getitem__)
        assert trace.upwards == set()


def test_the_list(owner: Administrator) -> None:
    browser = browser_of(owner)
    with traced() as trace:
        assert browser.get("/administrators/").status_code == 200
    holds("GET /administrators/", trace)


def test_a_code_wrong_and_right(owner: Administrator) -> None:
    enable_app(owner)
    browser = Client(HTTP_USER_AGENT=CHROME)
    browser.post("/sign-in/", {"email": owner.email, "password": PASSWORD})
    with traced() as wrong:
        assert browser.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    right_code = next_code(owner)
    with traced() as right:
        assert browser.post("/sign-in/code/", {"code": right_code}).status_code == 303
    holds("POST /sign-in/code/", wrong, right)


@pytest.mark.django_db
def test_a_person_is_changed(owner: Administrator, colleague: Administrator) -> None:
    browser = browser_of(owner)
    # The first page of a session records that it was let in.
    browser.get("/")
    fields = pages.form(
        colleague, email="s.osei@harbourbakery.example", status="suspended", confirm="on"
    )
    with traced() as trace:
        assert browser.post(pages.page(colleague), fields).status_code == 303
    holds("POST /administrators/ID/", trace)
