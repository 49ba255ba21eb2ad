"""The edge: whose address counts, what is refused unread, what the log says."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from doorward.web.http.edge import Edge
from doorward.web.server.body_limits import OTHER_KIND, REFUSED, TOO_LARGE

PROXY = "10.1.2.3"


def answer(request, settings, **changes):
    settings.DOORWARD = settings.DOORWARD.model_copy(update=changes)
    seen = []

    def view(inner):
        seen.append(inner)
        return HttpResponse("here")

    return Edge(view)(request), seen


@pytest.fixture
def proxied():
    from ipaddress import ip_network  # noqa: PLC0415

    return {"trusted_proxies": (ip_network("10.0.0.0/8"),)}


@pytest.mark.parametrize(
    ("nearest", "forwarded", "expected"),
    [
        (PROXY, "203.0.113.9:4711", "203.0.113.9"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # nobody's proxy is not believed
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "192.0.2.1, 203.0.113.9", "203.0.113.9"),  # what the client wrote is not
        (PROXY, "203.0.113.9, 10.9.9.9", "203.0.113.9"),  # a chain of our own proxies
        (PROXY, "10.8.8.8, 10.9.9.9", "10.8.8.8"),
        (PROXY, "nonsense", PROXY),
        (PROXY, "203.0.113.9, nonsense", PROXY),
        (PROXY, "2001:db8::1", "2001:db8::1"),
        (PROXY, "2001:DB8:0:0::1", "2001:db8::1"),
        (PROXY, "[2001:db8::7]", "2001:db8::7"),
        # One written in the words of IPv6 is the same one.
        (PROXY, "::ffff:203.0.113.9", "203.0.113.9"),
        (PROXY, "[::ffff:203.0.113.9]:80", "203.0.113.9"),
        (f"::ffff:{PROXY}", "203.0.113.9", "203.0.113.9"),
        (PROXY, f"203.0.113.9, ::ffff:{PROXY}", "203.0.113.9"),
        ("::ffff:198.51.100.7", "203.0.113.9", "198.51.100.7"),
        # An address is all of the text, or there is none.
        (PROXY, "fe80::1%eth0", PROXY),
        (PROXY, "2001:db8::7%anything at all", PROXY),
        (PROXY, "[2001:db8::7%x]:80", PROXY),
        (PROXY, "[2001:db8::7]and more", PROXY),
        (PROXY, "[2001:db8::7", PROXY),
        (PROXY, "203.0.113.9:", PROXY),
        (PROXY, "203.0.113.9:port", PROXY),
        (PROXY, "203.0.113.9:123456", PROXY),
        (PROXY, "203.0.113.009", PROXY),
        (PROXY, "203.0.113.9/32", PROXY),
        (PROXY, "203.0.113.9 x", PROXY),
        (PROXY, "٢٠٣.0.113.9", PROXY),
        (PROXY, "3405803785", PROXY),
        (PROXY, "for=203.0.113.9", PROXY),
        (PROXY, "_hidden", PROXY),
        ("fe80::1%eth0", "", ""),
        ("", "203.0.113.9", ""),
        ("unix:", "203.0.113.9", ""),
    ],
)
def test_the_address(settings, proxied, nearest, forwarded, expected):
    request = RequestFactory().get("/", REMOTE_ADDR=nearest, headers={"X-Forwarded-For": forwarded})
    _, [seen] = answer(request, settings, **proxied)
    assert seen.client.address == expected


@pytest.mark.parametrize(("forwarded", "status"), [("", 400), (" ", 400), (",", 200), (None, 200)])
def test_what_cannot_be_read_behind_a_proxy_is_refused(settings, proxied, forwarded, status):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers=headers)
    assert answer(request, settings, **proxied)[0].status_code == status
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.7", headers=headers)
    assert answer(request, settings, **proxied)[0].status_code == 200


def test_nobody_is_believed_by_default(settings):
    request = RequestFactory().get(
        "/",
        REMOTE_ADDR="127.0.0.1",
        headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
    )
    _, [seen] = answer(request, settings)
    assert seen.client.address == "127.0.0.1"
    assert not seen.is_secure()


def test_the_scheme_comes_from_a_trusted_proxy(settings, proxied):
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers={"X-Forwarded-Proto": "https"})
    _, [seen] = answer(request, settings, **proxied)
    assert seen.is_secure()


def test_the_scheme_comes_from_the_public_address(settings):
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.7")
    _, [seen] = answer(request, settings, public_url="https://portal.example.com")
    assert seen.is_secure()


def test_what_was_refused_unread_gets_its_answer_and_no_view(settings):
    request = RequestFactory().post("/")
    request.META[REFUSED] = TOO_LARGE
    response, seen = answer(request, settings)
    assert response.status_code == 413
    assert response.content == b"The request is too large.\n"
    assert not seen


def test_the_log_never_has_the_path(settings, capsys):
    answer(RequestFactory().get("/invitation/secret-token/?x=secret-query"), settings)
    [line] = capsys.readouterr().err.splitlines()
    assert "secret" not in line
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 INFO doorward\.request answered"
        r" request_id=[0-9a-f]{32} method=GET route=- status=200 milliseconds=[\d.]+ address=\S+",
        line,
    )


def test_the_log_of_a_request_is_json_where_that_is_chosen(settings, capsys):
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"log_format": "json"})
    answer(RequestFactory().get("/"), settings)
    [line] = capsys.readouterr().err.splitlines()
    said = {"logger": "doorward.request", "level": "INFO", "message": "answered", "status": 200}
    assert json.loads(line).items() >= said.items()


def test_a_log_that_asks_for_warnings_alone_has_no_requests(settings, capsys):
    logger = logging.getLogger("doorward.request")
    logger.setLevel(logging.WARNING)
    try:
        answer(RequestFactory().get("/"), settings)
    finally:
        logger.setLevel(logging.NOTSET)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("closed")])
def test_a_log_that_cannot_be_written_stops_no_answer(settings, monkeypatch, error):
    class Full(io.StringIO):
        def write(self, _text):
            raise error

    monkeypatch.setattr(sys, "stderr", Full())
    assert answer(RequestFactory().get("/"), settings)[0].status_code == 200


def test_answers_carry_their_length_and_an_id(settings):
    response, [seen] = answer(RequestFactory().get("/"), settings)
    assert response["Content-Length"] == "4"
    assert response["X-Request-ID"] == seen.client.request_id


def test_what_has_no_guards_of_its_own_gets_the_strictest(settings):
    response, _ = answer(RequestFactory().get("/"), settings)
    assert response["Content-Security-Policy"].startswith(
        "default-src 'none'; frame-ancestors 'none'"
    )
    assert response["Cache-Control"] == "no-store"


def test_a_refusal_at_the_edge_is_plain_text_with_the_same_guards(settings):
    request = RequestFactory().post("/")
    request.META[REFUSED] = OTHER_KIND
    response, _ = answer(request, settings)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_what_an_answer_says_of_itself_stays(settings):
    given = {"Cache-Control": "max-age=60", "Content-Security-Policy": "x"}
    request: Any = RequestFactory().get("/")
    response = Edge(lambda _: HttpResponse(headers=given))(request)
    assert (response["Cache-Control"], response["Content-Security-Policy"]) == ("max-age=60", "x")
