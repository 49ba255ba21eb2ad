"""JupyterHub, an application with a sign-in of its own, by oauthenticator at a running portal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from doorward.customers.cached import KEPT_SECONDS
from tests.kit import serving
from tests.kit.waiting import until
from tests.signon.visiting import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.portal import Portal

# Its packages are of `make faults` alone (requirements/faults.txt); mozilla-django-oidc shows the same sooner.
pytestmark = [
    pytest.mark.processes,
    pytest.mark.at_length,
    pytest.mark.xdist_group("clients"),
]
HUB = Path(__file__).parent / "hub"
KEY = "notebooks"


@contextmanager
def running(folder: Path, port: int, **given: str) -> Iterator[None]:
    """Run it with its proxy until the block ends."""
    npm, program = shutil.which("npm"), Path(sys.executable).parent / "jupyterhub"
    assert npm, "install npm (make faults does)"
    assert program.exists(), "install requirements/faults.txt (make faults does)"
    subprocess.run(
        [npm, "ci", "--ignore-scripts"], cwd=HUB, check=True, capture_output=True, timeout=120
    )
    address = f"http://127.0.0.1:{port}"
    told = given | {
        "folder": str(folder),
        "address": address,
        "hub_port": serving.free_port(),
        "proxy_port": serving.free_port(),
        "proxy": str(HUB / "node_modules" / ".bin" / "configurable-http-proxy"),
    }
    log = folder / "hub.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "--config", HUB / "jupyterhub_config.py"],
            cwd=folder,
            env=os.environ | {"HUB": json.dumps(told)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or _answers(address), seconds=60)
        assert process.poll() is None, log.read_text()
        yield
    except BaseException as error:
        error.add_note(log.read_text()[-4000:])
        raise
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(address: str) -> bool:
    """Return whether the proxy is there and leads to the hub."""
    try:
        return requests.get(f"{address}/hub/health", timeout=2).status_code == requests.codes.ok
    except requests.ConnectionError:
        return False


def test_it_signs_in_and_the_second_factor_makes_an_administrator(
    portal: Portal, tmp_path: Path
) -> None:
    port = serving.free_port()
    address = f"http://127.0.0.1:{port}"
    callback = f"{address}/hub/oauth_callback"
    made = portal.ask("make_application", key=KEY, redirect_uris=callback)
    who = portal.person(tabs=("home", KEY))
    time.sleep(KEPT_SECONDS)
    visitor = Visitor(who)
    with running(tmp_path, port, issuer=portal.address, **made):
        home = visitor.use(f"{address}/hub/home")
        assert (home.url, who.email in home.text) == (f"{address}/hub/home", True)
        assert "/hub/admin" not in home.text
        assert visitor.pages == ["sign-in"]

        portal.ask("require", email=who.email)
        visitor.session.cookies.clear(domain="127.0.0.1")
        again = visitor.use(f"{address}/hub/home")
        assert who.email in again.text
        assert "/hub/admin" in again.text
        assert visitor.pages[1:] == ["sign-in-mailbox", "sign-in-set-up", "recovery-codes"]
