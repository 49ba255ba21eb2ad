"""Behind each of the proxies that we have an example for, the portal is what it is without one.

One `doorward run`, whose public address is https. People come from 127.0.0.2, the proxies from 127.0.0.1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest

from tests.installing.proxies import HOST, PROXIES, running
from tests.kit import tls
from tests.kit.serving import doorward, made_before, start
from tests.kit.waiting import until
from tests.kit.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.processes,
    pytest.mark.xdist_group("proxies"),
]

ORIGIN = f"https://{HOST}"
EMAIL, PASSWORD = "ines@portal.example", "seven bridges over a quiet river"
PERSON, FORGED = "127.0.0.2", "203.0.113.9"
LARGEST_FORM = 64 * 1024
GIVEN = {"public_url": ORIGIN, "trusted_proxies": "127.0.0.1"}


@dataclass
class Portal:
    folder: Path
    port: int


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    folder = made_before(tmp_path_factory.mktemp("behind") / "data")
    assert doorward("customers", "add", "Mill", folder=folder, **GIVEN).returncode == 0
    add = ["administrators", "add", EMAIL, "--customer", "Mill", "--primary", "--password-stdin"]
    assert doorward(*add, folder=folder, stdin=PASSWORD, **GIVEN).returncode == 0
    server = start(folder, port=None, **GIVEN)
    yield Portal(folder, server.port)
    assert server.stop() == 0


@pytest.fixture(scope="module", params=sorted(PROXIES))
def front(request, portal, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp(request.param), portal.port) as one:
        # It listens before it has read what it passes on to whom.
        until(lambda: passes_on(one))
        yield one


def passes_on(front):
    try:
        return browser(front).get("/healthz").status == 200
    except (OSError, HTTPException):
        return False


def browser(front):
    return Wire(front.secure, ORIGIN, tls=tls.authority().trusted(), source=PERSON)


@pytest.fixture
def person(front):
    return browser(front)


def history(portal):
    told = doorward("history", "export", "--format", "jsonl", folder=portal.folder, **GIVEN)
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_signing_in_works_with_secure_cookies_and_history_has_the_true_address(portal, person):
    before = len(history(portal))
    forged = {
        "X_Forwarded_For": FORGED,
        "X_Real_IP": FORGED,
        "Forwarded": f"for={FORGED}",
        "X_Forwarded_Proto": "http",
        "X_Forwarded_Host": "evil.example",
    }
    page = person.get("/sign-in/", **forged)
    assert (page.status, "evil.example" in page.text) == (200, False)
    assert page.header("Strict-Transport-Security")
    signed_in = person.send(
        "POST",
        "/sign-in/",
        f"email={EMAIL}&password={PASSWORD.replace(' ', '+')}&csrfmiddlewaretoken={person.cookies['__Host-csrf']}",
        Content_Type="application/x-www-form-urlencoded",
        Origin=ORIGIN,
        **forged,
    )
    assert signed_in.status == 303
    assert signed_in.header("Location") == "/"
    assert person.get("/administrators/", **forged).status == 200
    for cookie in [*page.all("Set-Cookie"), *signed_in.all("Set-Cookie")]:
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
    said = json.dumps(history(portal)[before:])
    assert PERSON in said
    assert FORGED not in said


@pytest.mark.parametrize(
    "path",
    [
        "//administrators/",
        "/./administrators/",
        "/healthz/../administrators/",
        "/healthz/%2e%2e/administrators/",
        "/sign-in/%2f../administrators/",
        "/%2fadministrators/",
        "/administrators%2f",
        "/static/..%2f..%2f..%2fdoorward-data%2fkeys.json",
        "/static//../../environment.py",
        "//evil.example/",
        "/;/administrators/",
        "/administrators/%00",
    ],
)
def test_no_spelling_of_an_address_is_a_way_around_the_gate(person, path):
    answer = person.get(path)
    assert answer.status in {301, 302, 303, 307, 308, 400, 403, 404}
    assert EMAIL not in answer.text
    for led in answer.all("Location"):
        assert led.startswith((f"{ORIGIN}/", "/")), led
        assert "evil.example" not in led.partition("?")[0]
        assert not led.startswith("//")


def test_a_body_over_the_limit_is_refused_and_one_below_it_is_read(person):
    person.get("/sign-in/")
    small = person.post("/sign-in/", email=EMAIL, password="x" * 2000)
    assert small.status == 422
    large = person.post("/sign-in/", email=EMAIL, password="x" * (LARGEST_FORM + 1))
    assert large.status == 413


def test_another_name_is_not_answered(front):
    stranger = Wire(front.secure, "https://evil.example", tls=_trusting_all(), source=PERSON)
    try:
        answer = stranger.get("/sign-in/")
    except OSError:  # The proxy itself would have none of it.
        return
    assert answer.status in {404, 421}


def test_http_leads_to_https(front):
    answer = Wire(front.plain, f"http://{HOST}", source=PERSON).get("/sign-in/?next=/profile/")
    assert answer.status in {301, 308}
    led = answer.header("Location").replace(f":{front.secure}", "")
    assert led == f"{ORIGIN}/sign-in/?next=/profile/"


def _trusting_all():
    context = tls.authority().trusted()
    context.check_hostname = False
    return context
