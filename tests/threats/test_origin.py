"""The origin that counts is the public address's and the brands': any spelling of it, and nothing else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from doorward.customers import cached
from doorward.customers.models import Brand
from tests.kit import people

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

MUNICH = "xn--mnchen-3ya.example"
BRAND = "portal.harbour.example"


@pytest.fixture
def public(settings, customer):
    """Have a public address."""

    def have(address, hosts=()):
        update = {"public_url": address}
        settings.DOORWARD = settings.DOORWARD.model_copy(update=update)
        settings.SESSION_COOKIE_SECURE = settings.DOORWARD.https
        Brand.objects.filter(id=customer.brand_id).update(
            hosts=list(hosts), confirmed_hosts=dict.fromkeys(hosts, "2026-11-24")
        )
        cached.forget()

    return have


def sent(host, origin, *, referer=""):
    """Send the form of the sign-in page as a browser does, and return the status."""
    client = Client(enforce_csrf_checks=True, HTTP_HOST=host)
    page = client.get("/sign-in/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    form = {"csrfmiddlewaretoken": found[1], "email": "nobody@example.com", "password": "x"}
    headers = {"Origin": origin} if origin else {"Referer": referer}
    return client.post("/sign-in/", form, headers=headers).status_code


@pytest.mark.parametrize(
    ("address", "host", "origin"),
    [
        # As nginx's `$host` has it: without the port.
        ("https://portal.example.com:8443", "portal.example.com", "https://portal.example.com:8443"),
        ("https://portal.example.com:8443", "portal.example.com:8443", "https://portal.example.com:8443"),
        ("https://portal.example.com:8443", "portal.example.com:443", "https://portal.example.com:8443"),
        ("https://portal.example.com:8443", "PORTAL.example.com.", "https://Portal.Example.com.:8443/"),
        # A proxy that keeps the name to itself.
        ("https://portal.example.com:8443", "127.0.0.1:8000", "https://portal.example.com:8443"),
        ("https://portal.example.com", "localhost:8000", f"https://{BRAND}"),
        ("https://portal.example.com", "[::1]:8000", "https://portal.example.com"),
        ("https://portal.example.com", "portal.example.com", "https://portal.example.com:443"),
        ("https://portal.example.com", "portal.example.com:443", "https://PORTAL.example.com"),
        ("https://portal.example.com:8443", BRAND, f"https://{BRAND}:8443"),
        (f"https://{MUNICH}", MUNICH, "https://münchen.example"),
        (f"https://{MUNICH}", f"{MUNICH.upper()}.:443", f"https://{MUNICH}"),
        # Nobody has said under which name it is used.
        ("", "portal", "http://portal"),
        ("", "portal:80", "http://portal"),
        ("", "localhost:8000", "http://localhost:8000"),
        ("http://localhost:8000", "127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)  # fmt: skip
def test_a_form_of_our_own_is_taken(public, address, host, origin):
    public(address, [BRAND])
    assert sent(host, origin) == 422


@pytest.mark.parametrize(
    ("address", "host", "origin"),
    [
        ("https://portal.example.com:8443", "portal.example.com", "https://portal.example.com"),
        ("https://portal.example.com:8443", "portal.example.com", "https://portal.example.com:9443"),
        ("https://portal.example.com", "portal.example.com", "https://portal.example.com:8443"),
        ("https://portal.example.com", "portal.example.com", "http://portal.example.com"),
        ("https://portal.example.com", "portal.example.com", f"https://{BRAND}"),
        ("https://portal.example.com", BRAND, "https://portal.example.com"),
        ("https://portal.example.com", "portal.example.com", "https://evil.example"),
        ("https://portal.example.com", "127.0.0.1:8000", "https://evil.example"),
        ("https://portal.example.com", "portal.example.com", "null"),
        ("https://portal.example.com", "portal.example.com", "https://portal.example.com@evil.example"),
        ("https://portal.example.com", "portal.example.com", "https://portal.example.com/below"),
        ("", "portal", "http://portal:8080"),
        ("http://localhost:8000", "localhost:8000", "http://localhost:8001"),
    ],
)  # fmt: skip
def test_a_form_from_anywhere_else_is_refused(public, address, host, origin):
    public(address, [BRAND])
    assert sent(host, origin) == 403


def test_an_old_browser_says_it_in_its_referer(public):
    public("https://portal.example.com:8443")
    for right in (
        "https://portal.example.com:8443/sign-in/",
        "https://PORTAL.example.com.:8443/x?y",
    ):
        assert sent("portal.example.com", "", referer=right) == 422
    for wrong in ("https://portal.example.com/sign-in/", "https://evil.example/", "", "https://[x"):
        assert sent("portal.example.com", "", referer=wrong) == 403


@pytest.mark.parametrize(
    "host",
    ["portal.example.com", "Portal.example.com.:8443", "portal.example.com:443", "127.0.0.1:8000"],
)
def test_passkeys_work_at_every_spelling_of_the_address(public, host):
    public("https://portal.example.com:8443")
    page = Client(HTTP_HOST=host).get("/sign-in/").content.decode()
    assert "passkey" in page.lower()


def test_nowhere_else_are_passkeys_offered(public):
    public("", ["portal.example.com"])
    for host in ("192.0.2.1:8000", "portal.example.com:8001", "portal.example.com"):
        assert "data-passkey" not in Client(HTTP_HOST=host).get("/sign-in/").content.decode()


MACHINES = ("/healthz", "/readyz", "/metrics")


@pytest.mark.parametrize(
    "host", ["", "a b", "no_name!", "x" * 300, "[::1", "a,b", "192.0.2.1:8000"]
)
def test_a_monitor_asks_under_any_name(public, settings, caplog, host):
    public("https://portal.example.com")
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={"metrics_token": "a long enough token"}
    )
    people.worker_beats()
    for path in MACHINES:
        client = Client(HTTP_HOST=host)
        answer = client.get(path, headers={"Authorization": "Bearer a long enough token"})
        assert answer.status_code == 200, path
    assert not [one for one in caplog.records if one.levelname in {"WARNING", "ERROR"}]


def test_that_this_process_answers_needs_no_database(public, django_assert_num_queries):
    public("https://portal.example.com")
    with django_assert_num_queries(0):
        assert Client(HTTP_HOST="x").get("/healthz").status_code == 200


def test_a_page_wants_a_name(public):
    public("https://portal.example.com")
    for host in ("", "a b"):
        answer = Client(HTTP_HOST=host).get("/sign-in/")
        assert answer.status_code == 400
        assert b"data-page" in answer.content


def test_links_have_the_one_spelling(settings, customer):
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={"public_url": f"https://{MUNICH}:8443"}
    )
    cached.forget()
    brand = cached.brand_for_host(MUNICH)
    assert brand.address("/x") == f"https://{MUNICH}:8443/x"
