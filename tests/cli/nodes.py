"""People at several nodes of one portal, and what was changed elsewhere."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from threading import Barrier
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from doorward.credentials.models import Factor
from tests.kit import codes, people, serving
from tests.kit.wire import Wire

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from doorward.accounts.models import Administrator
    from tests.kit.applications import Relying
    from tests.kit.wire import Answer

# What another machine changed holds for whoever asks so long after it.
SECOND = 1.0


@dataclass
class Nodes:
    """They share a database and the keys. `given`: what each of them, and each command beside them, is set to."""

    servers: list[serving.Server]
    worker: subprocess.Popen[bytes]
    origin: str
    folder: Path
    given: dict[str, str]

    def visitors(self) -> list[Wire]:
        """Return a browser at each node."""
        return [Wire(one.port, self.origin) for one in self.servers]

    def with_password(self, person: Administrator) -> list[Wire]:
        """Return a browser at each node, in which somebody gave the password."""
        visitors = self.visitors()
        for one in visitors:
            sent = one.post("/sign-in/", email=person.email, password=people.PASSWORD, next="")
            assert sent.status == 303, sent.text
        return visitors

    def signed_in(self, person: Administrator) -> list[Wire]:
        """Return one browser in which somebody signed in at the first node, as it comes to each of them."""
        [first, *_others] = self.with_password(person)
        if Factor.objects.filter(administrator=person).exists():
            sent = first.post("/sign-in/code/", code=codes.next_code(person))
            assert sent.status == 303, sent.text
        return [replace(first, port=one.port, cookies={**first.cookies}) for one in self.servers]

    def command(self, *words: str) -> str:
        """Return what a command printed, on a machine of its own beside them."""
        done = serving.doorward(*words, folder=self.folder / "console", **self.given)
        assert done.returncode == 0, done.stderr
        return done.stdout


def at_once(browsers: list[Wire], send: Callable[[Wire], Answer]) -> list[Answer]:
    """Return what each browser is answered that sends the same at the same moment."""
    ready = Barrier(len(browsers))

    def run(browser: Wire) -> Answer:
        browser.get("/sign-in/")  # what a form needs
        ready.wait(timeout=30)
        return send(browser)

    with ThreadPoolExecutor(len(browsers)) as pool:
        return list(pool.map(run, browsers))


def posted(browsers: list[Wire], path: str, **fields: str) -> list[int]:
    """Return the statuses of a form that each of them sends at the same moment."""
    return sorted(one.status for one in at_once(browsers, lambda one: one.post(path, **fields)))


def soon(holds: Callable[[], bool]) -> bool:
    """Return whether something holds within a second from now.

    What was asked within it may be old, however late its answer comes; what is asked after it is new.
    """
    ends = time.monotonic() + SECOND
    while True:
        is_last = time.monotonic() > ends
        if holds():
            return True
        if is_last:
            return False
        time.sleep(0.02)


def all_soon(browsers: list[Wire], holds: Callable[[Wire], bool]) -> bool:
    """Return whether something holds at each node within a second from now."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        return all(pool.map(lambda one: soon(lambda: holds(one)), browsers))


def authorized(browser: Wire, relying: Relying) -> str:
    return browser.get(relying.address()).header("Location")


def code_at(browser: Wire, relying: Relying) -> str:
    [code] = parse_qs(urlsplit(authorized(browser, relying)).query)["code"]
    return code


def relying_at(browser: Wire, relying: Relying) -> Any:
    """Return an application's server that asks at the node that a browser is at."""
    asking: Any = copy(relying)
    asking.server = _Server(browser)
    return asking


@dataclass
class _Server:
    wire: Wire

    def post(self, path: str, sent: dict[str, str], headers: dict[str, str]) -> Answer:
        assert not headers
        apart = Wire(self.wire.port, self.wire.origin)
        form = "application/x-www-form-urlencoded"
        return apart.send("POST", path, urlencode(sent), Content_Type=form)
