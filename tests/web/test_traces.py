"""Traces: two spans a request, with nothing in them that is anybody's; whoever takes them keeps nobody waiting."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from typing import Any

import psutil
import pytest
from django.test import Client

import doorward
from doorward.audit.reason import Reason
from doorward.gate.requirement import Step
from doorward.kernel.metrics.declared import ROOMS, Outcome
from doorward.web.http import tracing
from doorward.web.http.methods import METHODS
from doorward.web.server import spans
from tests.kit import browsers, codes, collector, people, serving
from tests.kit.collector import said
from tests.kit.waiting import until
from tests.whole.routes import walk

TOKEN = "a-token-of-the-collector"
# A busy machine comes late; who waited for a receiver would take eight seconds, and thirteen for one that hangs.
LATE_SECONDS = 4.0
ROUTES = {f"/{route.pattern}" for route in walk()}
CLOSED: dict[str, set[Any]] = {
    "http.request.method": {*METHODS, tracing.OTHER_METHOD},
    "http.route": ROUTES,
    "doorward.room": {*ROOMS},
    "doorward.outcome": {*map(str, Outcome)},
    "doorward.step": {*map(str, Step)},
    "doorward.reason": {*map(str, Reason)},
    "doorward.let": {True, False},
}


@pytest.fixture
def received():
    """Have this process send its spans to a receiver; `stop` sends the last of them."""
    with collector.collecting() as one:
        spans.start(one.address)
        try:
            yield one
        finally:
            tracing.stop()


def test_a_request_is_two_spans_with_the_id_that_the_person_is_shown(received, owner):
    answer = browsers.browser_of(owner).get("/security/?next=/profile/")
    tracing.stop()
    assert set(received.paths) == {"/v1/traces"}
    assert received.resources[0] == {
        "service.name": "doorward",
        "service.version": doorward.__version__,
    }
    trace = bytes.fromhex(answer["X-Request-ID"])
    request, gate = sorted(
        (span for span in received.spans if span.trace_id == trace), key=lambda one: one.name
    )[::-1]
    assert (request.name, gate.name) == ("request", "gate")
    assert (request.parent_span_id, gate.parent_span_id) == (b"", request.span_id)
    assert said(request) == {
        "http.request.method": "GET",
        "http.route": "/security/",
        "http.response.status_code": 200,
        "doorward.room": "security",
        "doorward.outcome": "answered",
    }
    assert said(gate) == {"doorward.let": True, "doorward.step": "through"}
    began, decided = request.start_time_unix_nano, gate.start_time_unix_nano
    assert began <= decided <= gate.end_time_unix_nano <= request.end_time_unix_nano


def test_what_is_said_has_closed_lists_and_is_nobodys(received, owner, colleague):
    codes.enable_app(owner)
    half = Client(HTTP_USER_AGENT=people.CHROME)
    half.post(
        "/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": "/profile/?a=b"}
    )
    half.get("/profile/?token=secret-word")
    half.post("/sign-in/code/", {"code": "000000"})
    inside = browsers.browser_of(colleague)
    for path in ("/", "/administrators/", "/nowhere/secret-word/", "/invitation/secret-word/"):
        inside.get(path)
    inside.generic("BREW", "/")
    inside.generic("secret-word", "/")
    Client(HTTP_TRACEPARENT=f"00-{'a' * 32}-{'b' * 16}-01").get("/healthz")
    tracing.stop()
    assert {said(one)["doorward.step"] for one in received.named("gate") if len(said(one)) > 1} >= {
        "verify-factor",
        "no-right",
        "through",
    }
    for span in received.spans:
        assert not span.events
        for name, value in said(span).items():
            if name == "http.response.status_code":
                assert 100 <= value < 600
            else:
                assert value in CLOSED[name], (name, value)
    sent = b"".join(span.SerializeToString() for span in received.spans)
    for private in ("secret-word", owner.email, owner.first_name, str(owner.id), "127.0.0.1"):
        assert private.encode() not in sent
    assert bytes.fromhex("aa" * 16) not in sent


def test_what_failed_is_an_error(received, owner, monkeypatch):
    inside = browsers.browser_of(owner)

    def broken(*_given, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr("doorward.web.security.views.render", broken)
    inside.raise_request_exception = False
    assert inside.get("/security/").status_code == 500
    tracing.stop()
    failed = [one for one in received.named("request") if one.status.code]
    assert [said(one)["doorward.outcome"] for one in failed] == ["failed"]


def test_a_share_of_the_requests_is_told_each_with_both_of_its_spans(owner):
    inside = browsers.browser_of(owner)
    with collector.collecting() as one:
        spans.start(one.address, share=0.5)
        asked = {bytes.fromhex(inside.get("/")["X-Request-ID"]) for _ in range(64)}
        tracing.stop()
    told = {span.trace_id for span in one.named("request")}
    assert told == {span.trace_id for span in one.named("gate")}
    # By the request's own id, which is random: all or none of 64 would come once in ten to the 19.
    assert set() < told < asked
    with collector.collecting() as one:
        spans.start(one.address, share=0.0)
        inside.get("/")
        tracing.stop()
    assert one.spans == []


def test_more_than_can_wait_is_dropped_and_nobody_waits(owner):
    with collector.collecting(hangs=True) as one:
        spans.start(one.address)
        inside = browsers.browser_of(owner)
        began = time.perf_counter()
        for _ in range(spans.AT_ONCE):
            inside.get("/healthz")
        assert one.asked.wait(60)
        for _ in range(spans.MOST_WAITING):
            inside.get("/healthz")
        # Each would wait for three seconds, or for the receiver.
        assert time.perf_counter() - began < 60
        began = time.perf_counter()
        tracing.stop()
        assert time.perf_counter() - began < spans.END_SECONDS + LATE_SECONDS
        assert len(one.spans) <= spans.AT_ONCE * 3


def test_a_receiver_that_is_gone_is_nobodys_wait(owner):
    inside = browsers.browser_of(owner)
    spans.start(f"http://127.0.0.1:{serving.free_port()}")
    for _ in range(spans.AT_ONCE + 1):
        assert inside.get("/healthz").status_code == 200
    began = time.perf_counter()
    tracing.stop()
    assert time.perf_counter() - began < spans.END_SECONDS + LATE_SECONDS
    assert not tracing.is_on()
    assert inside.get("/").status_code == 200


def test_who_sets_no_endpoint_imports_nothing_of_it(tmp_path):
    code = (
        "import sys; from doorward.cli.base import set_up_django; set_up_django();"
        "import doorward.settings.urls, doorward.web.server.rsgi;"
        "print([one for one in sys.modules if one.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=serving.environment(tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[]\n", done.stderr


# --- a real server --------------------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.xdist_group("commands")
def test_each_worker_sends_its_own_and_a_receiver_that_hangs_does_not_keep_it_from_ending(
    tmp_path,
):
    with collector.collecting() as one:
        config = tmp_path / "doorward.conf"
        config.write_text(f"DOORWARD_OTLP_HEADERS=Authorization=Bearer%20{TOKEN},x-tenant=north\n")
        config.chmod(0o600)
        server = serving.start(
            serving.made_before(tmp_path / "data"), otlp_endpoint=one.address, config=str(config)
        )
        try:
            for _ in range(20):
                assert server.healthy()
            until(lambda: len(one.named("request")) >= 20)
            for sent in one.headers:
                assert (sent["authorization"], sent["x-tenant"]) == (f"Bearer {TOKEN}", "north")
            one.go_on.clear()
            one.asked.clear()
            with urllib.request.urlopen(f"{server.address}/sign-in/", timeout=60) as answer:
                assert answer.status == 200
            assert one.asked.wait(60)
            for _ in range(10):
                assert server.healthy()
            tree = [server.main(), *server.main().children(recursive=True)]
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 8
            assert not psutil.wait_procs(tree, timeout=60)[1]
            assert TOKEN not in server.log.read_text()
        finally:
            server.stop()
