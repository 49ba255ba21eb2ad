"""One host, one origin: every spelling of it becomes the same text, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.kernel.host_spelling import (
    ascii_host,
    clean_origin,
    is_loopback,
    join_netloc,
    join_origin,
    split_netloc,
)

MUNICH = "xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    ("spelt", "host"),
    [
        ("portal.example.com", "portal.example.com"),
        ("PORTAL.Example.com.", "portal.example.com"),
        ("münchen.example", MUNICH),
        ("MÜNCHEN.example.", MUNICH),
        ("mu\N{COMBINING DIAERESIS}nchen.example", MUNICH),
        ("XN--MNCHEN-3YA.example", MUNICH),
        ("münchen。example", MUNICH),
        ("straße.example", "xn--strae-oqa.example"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("::1", "::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
    ],
)
def test_a_host_has_one_spelling(spelt, host):
    assert ascii_host(spelt) == host
    assert ascii_host(host) == host


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a..b", "a b", "a@b", "<b>", "-a.example", "a.example..", "192.0.2.256", "1"),
        *("1.2.3", "a.1", "fe80::1%eth0", "[::1]", "x" * 64 + ".example", "a/b", "a\\b", "ü b"),
        "\N{ZERO WIDTH JOINER}.example",
    ],
)
def test_what_is_no_host_has_none(text):
    assert ascii_host(text) is None


@pytest.mark.parametrize(
    ("netloc", "place"),
    [
        ("portal.example.com", ("portal.example.com", None)),
        ("Portal.example.com.:8443", ("portal.example.com", 8443)),
        ("portal.example.com:", ("portal.example.com", None)),
        ("[::1]:8000", ("::1", 8000)),
        ("[2001:DB8::1]", ("2001:db8::1", None)),
        ("::1", None),
        ("[::1", None),
        ("[::1]8000", None),
        ("[portal]:80", None),
        ("host:port", None),
        ("host:0", None),
        ("host:65536", None),
        ("host:80:80", None),
        ("host:٣", None),
        ("a@host", None),
        (":8000", None),
        ("", None),
        ("a,b", None),
    ],
)
def test_a_host_header_is_a_host_and_a_port(netloc, place):
    assert split_netloc(netloc) == place


@pytest.mark.parametrize(
    "spelt",
    [
        "https://portal.example.com",
        "https://portal.example.com/",
        "https://portal.example.com:443",
        "https://portal.example.com:",
        "https://portal.example.com.",
        "HTTPS://Portal.Example.COM.:0443/",
    ],
)
def test_an_origin_has_one_spelling(spelt):
    assert clean_origin(spelt) == "https://portal.example.com"


@pytest.mark.parametrize(
    "other",
    [
        "http://portal.example.com:443",
        "https://portal.example.com:8443",
        "https://portal.example.com:80",
        "https://xportal.example.com",
        "https://portal.example.com.evil.example",
        "https://portal.example.com@evil.example",
        "https://evil.example#portal.example.com",
        "https://portal.example.com/below",
        "https://portal.example.com?x",
        "null",
        "",
        "//portal.example.com",
        "portal.example.com",
        "ftp://portal.example.com",
        "https://",
        "https://[::1",
    ],
)
def test_another_origin_is_another(other):
    assert clean_origin(other) != "https://portal.example.com"


def test_umlaut_and_punycode_are_one_origin():
    assert clean_origin("https://münchen.example:8443/") == f"https://{MUNICH}:8443"
    assert clean_origin(f"https://{MUNICH.upper()}.:8443") == f"https://{MUNICH}:8443"


def test_an_address_stands_in_brackets():
    assert join_netloc("::1", None) == "[::1]"
    assert join_origin("http", "::1", 8000) == "http://[::1]:8000"
    assert clean_origin("http://[0:0::1]:80/") == "http://[::1]"


@given(st.text(max_size=80))
def test_whatever_comes_is_read_once_and_for_all(text):
    for read in (ascii_host, clean_origin):
        once = read(text)
        assert once is None or read(once) == once
    place = split_netloc(text)
    assert place is None or split_netloc(join_netloc(*place)) == place


def test_this_machine_has_many_names():
    for name in (
        "localhost",
        "127.0.0.1",
        "127.0.0.2",
        "::1",
        "::ffff:127.0.0.1",
        "demo.localhost",
    ):
        assert is_loopback(name)
    for name in (
        "portal.example.com",
        "0.0.0.0",
        "localhost.example.com",
        "192.0.2.1",
        "::ffff:192.0.2.1",
    ):
        assert not is_loopback(name)
