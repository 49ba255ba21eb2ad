"""npm's openid-client and oauth4webapi sign people in at a running portal, by every profile that it offers."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from joserfc.jwk import ECKey

from doorward.customers.cached import KEPT_SECONDS
from tests.kit.applications import AFTER, CALLBACK
from tests.signon.visiting import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.portal import Portal

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("clients")]
NPM = Path(__file__).parent / "npm"
PROFILES: dict[str, dict[str, Any]] = {
    "basic": {"way": "client_secret_basic"},
    "post": {"way": "client_secret_post", "response_mode": "form_post", "algorithm": "ES256"},
    "key": {"way": "private_key_jwt", "pushed": True, "algorithm": "ES256"},
    "public": {"way": "none"},
}
# The second is what the first is made of: `make test` has one profile of it, `make faults` the others.
TRIED = [
    *(("openid-client", profile) for profile in PROFILES),
    ("oauth4webapi", "key"),
    *(
        pytest.param("oauth4webapi", name, marks=pytest.mark.at_length)
        for name in ("basic", "post", "public")
    ),
]
_numbers = count(1)


@pytest.fixture(scope="session")
def installed() -> Path:
    """Install what package-lock.json names, where it is not there already."""
    lock, stamp = NPM / "package-lock.json", NPM / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm = shutil.which("npm")
        assert npm, "install npm (make test does)"
        words = [npm, "ci", "--ignore-scripts"]
        subprocess.run(words, cwd=NPM, check=True, capture_output=True, timeout=120)
    return NPM


class Program:
    """A client that runs, and speaks a line of JSON at a time."""

    def __init__(self, library: str, given: dict[str, Any]) -> None:
        # Node 18, which Debian 12 has, keeps Web Crypto behind this.
        words = ["node", "--experimental-global-webcrypto", f"{library}.mjs"]
        self._process = subprocess.Popen(
            words,
            cwd=NPM,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._hear() == {"ready": True}
        self.say(given)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give what it asks for, to its end."""
        while "done" not in (heard := self._hear()):
            yield heard
        self.done = heard["done"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(self._process.communicate(timeout=60)[1])
        heard: dict[str, Any] = json.loads(line)
        return heard


@pytest.mark.parametrize(("library", "profile"), TRIED)
def test_it_signs_in_before_and_after_two_factors_are_required(
    portal: Portal, installed: Path, library: str, profile: str
) -> None:
    assert installed.is_dir()
    key, how = f"app{next(_numbers)}", {"algorithm": "RS256"} | PROFILES[profile]
    pair = ECKey.generate_key("P-256", {"kid": "one"})
    details = {"redirect_uris": CALLBACK, "logout_uris": AFTER, "algorithm": how["algorithm"]}
    if how["way"] == "private_key_jwt":
        details["keys"] = json.dumps({"keys": [pair.as_dict(private=False)]})
    if how["way"] == "none":
        details["client_type"] = "public"
    how |= portal.ask("make_application", key=key, **details)
    who = portal.person(tabs=("home", key))
    time.sleep(KEPT_SECONDS)
    how |= {"issuer": portal.address, "email": who.email, "key": pair.as_dict(private=True)}
    visitor = Visitor(who)
    with Program(
        library, how | {"redirect_uri": CALLBACK, "post_logout_redirect_uri": AFTER}
    ) as run:
        for asked in run:
            run.say(_answer(visitor, asked, by_form=how.get("response_mode") == "form_post"))

    first, second = run.done["first"], run.done["second"]
    assert (first["acr"], first["amr"]) == ("urn:doorward:password", ["pwd"])
    assert (second["acr"], second["amr"]) == ("urn:doorward:two-factor", ["pwd", "otp", "mfa"])
    assert (run.done["email"], run.done["left"]) == (who.email, AFTER)
    assert visitor.pages[:4] == ["sign-in", "sign-in-mailbox", "sign-in-set-up", "recovery-codes"]


def _answer(visitor: Visitor, asked: dict[str, Any], *, by_form: bool) -> dict[str, Any]:
    """Do what a client asks for: have *Required 2FA* ticked, or send the person to an address."""
    if "visit" not in asked:
        visitor.who.portal.ask("require", email=visitor.who.email)
        return {}
    landed = visitor.visit(asked["visit"])
    assert (landed.fields is not None) == (by_form and landed.url == CALLBACK)
    return {"url": landed.url, "fields": landed.fields}
