"""mozilla-django-oidc signs people in at a running portal, and asks silently whether they still are."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doorward.customers.cached import KEPT_SECONDS
from tests.kit import serving
from tests.kit.waiting import until
from tests.signon.visiting import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.portal import Portal

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("clients")]
PROGRAM = Path(__file__).with_name("django_application.py")


@contextmanager
def running(folder: Path, port: int, **given: str) -> Iterator[None]:
    """Run the application until the block ends."""
    log = folder / "application.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, folder, str(port)],
            env=serving.environment(folder),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(given).encode() + b"\n")
        process.stdin.flush()
        until(lambda: process.poll() is not None or serving.listens(port))
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(timeout=60)


def test_it_signs_in_and_a_requirement_ends_it_at_its_next_silent_question(
    portal: Portal, tmp_path: Path
) -> None:
    port = serving.free_port()
    address = f"http://127.0.0.1:{port}"
    made = portal.ask("make_application", key="reports", redirect_uris=f"{address}/oidc/callback/")
    who = portal.person(tabs=("home", "reports"))
    time.sleep(KEPT_SECONDS)
    visitor = Visitor(who)
    with running(tmp_path, port, issuer=portal.address, **made):
        first = visitor.use(address).json()
        assert first == {"email": who.email, "acr": "urn:doorward:password"}
        time.sleep(1)
        assert visitor.use(address).json() == first
        assert visitor.pages == ["sign-in"]

        portal.ask("require", email=who.email)
        time.sleep(1)
        # `prompt=none` past a step: the provider says that somebody would have to be asked.
        assert visitor.use(address).json() == {"email": None}
        assert visitor.pages == ["sign-in"]
        again = visitor.use(address).json()
        assert again == {"email": who.email, "acr": "urn:doorward:two-factor"}
        assert visitor.pages[1:] == ["sign-in-mailbox", "sign-in-set-up", "recovery-codes"]
