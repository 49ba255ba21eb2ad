"""Addresses that look like the application's own, and every other way to have an answer sent elsewhere."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client

from doorward.applications.models import Grant
from doorward.kernel.errors import FieldsRefused
from tests.kit.applications import (
    AFTER,
    CALLBACK,
    Relying,
    give_tab,
    make_application,
    make_secret,
)
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
TRICKS = [
    "https://phone.example/callback/",
    "https://phone.example/callback?x=1",
    "https://phone.example/callback#",
    "https://PHONE.example/callback",
    "https://phone.example:443/callback",
    "https://phone.example/callback/../evil",
    "https://phone.example/%63allback",
    "https://phone.example.evil.example/callback",
    "https://phone.example@evil.example/callback",
    "https://evil.example/callback",
    "http://phone.example/callback",
    "//phone.example/callback",
    "javascript:alert(1)",
    "",
]


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


@pytest.mark.parametrize("address", TRICKS)
def test_an_answer_goes_to_an_address_letter_by_letter_or_nowhere(owner, relying, address):
    response = relying.ask(browser_of(owner), redirect_uri=address or None)
    assert response.status_code == 422
    assert "Location" not in response.headers
    assert "Refresh" not in response.headers
    assert not Grant.objects.exists()
    pushed = relying.post("/oidc/par/", **relying.wish(redirect_uri=address or None))
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")


def test_two_addresses_are_one_too_many(owner, relying):
    twice = f"{relying.address()}&{urlencode({'redirect_uri': 'https://evil.example/'})}"
    response = browser_of(owner).get(twice)
    assert (response.status_code, response.headers.get("Location")) == (422, None)


def test_who_is_unknown_gets_nobody_sent_anywhere(owner, relying):
    for name in ("nobody", relying.application.client_id.swapcase(), ""):
        response = relying.ask(browser_of(owner), client_id=name or None)
        assert (response.status_code, response.headers.get("Location")) == (422, None)


@pytest.mark.parametrize(
    "address",
    [
        "https://*.example/callback",
        "https://phone.example/callback#part",
        "http://phone.example/callback",
        "https://user@phone.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "phone:/callback",
        "com.phone.app:/callback",
        "https://phone.example/call back",
        "https:///callback",
    ],
)
def test_no_such_address_is_taken(owner, address):
    with pytest.raises(FieldsRefused) as refused:
        make_application(redirect_uris=address)
    assert "redirect_uris" in refused.value.fields


def test_an_application_on_a_phone_has_a_scheme_of_its_own(owner):
    made = make_application(client_type="public", redirect_uris="com.phone.app:/callback")
    assert made.redirect_uris == ["com.phone.app:/callback"]


@pytest.mark.parametrize("address", [*TRICKS[:-1], CALLBACK])
def test_signing_out_leads_to_an_address_letter_by_letter_or_nowhere(owner, relying, address):
    browser = browser_of(owner)
    hint = relying.tokens(browser)["id_token"]
    response = browser.get(
        "/oidc/logout/", {"id_token_hint": hint, "post_logout_redirect_uri": address}
    )
    assert response.status_code == 422
    assert "Refresh" not in response.headers
    for anybody in (browser, Client()):
        without_hint = anybody.get("/oidc/logout/", {"post_logout_redirect_uri": AFTER})
        assert (without_hint.status_code, without_hint.headers.get("Refresh")) == (422, None)


LOOPBACK = "http://127.0.0.1:4000/back\nhttp://[::1]/back\nhttp://localhost:4000/back"


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("http://127.0.0.1:51234/back", True),
        ("http://127.0.0.1/back", True),
        ("http://[::1]:51234/back", True),
        ("http://localhost:51234/back", False),
        ("http://127.0.0.1:51234/back/", False),
        ("http://127.0.0.1:51234/back?x=1", False),
        ("http://127.0.0.1:51234@evil.example/back", False),
        ("http://127.0.0.1:x/back", False),
        ("http://127.0.0.1:/back", False),
        ("http://127.0.0.1:65535/back", True),
        ("http://127.0.0.1:65536/back", False),
        ("http://[::1]:99999/back", False),
        ("http://127.0.0.1:0/back", False),
        ("http://127.0.0.2:4000/back", False),
        ("https://127.0.0.1:4000/back", False),
        ("http://127.0.0.1.evil.example/back", False),
    ],
)
def test_on_the_person_s_own_machine_the_port_may_be_another(owner, address, taken):
    """RFC 8252, 7.3: an application there listens where it can; what keeps a secret has one port."""
    give_tab(owner)
    public = Relying(make_application(client_type="public", redirect_uris=LOOPBACK))
    asked = public.ask(browser_of(owner), redirect_uri=address)
    assert asked.status_code == (303 if taken else 422)
    by_form = public.ask(browser_of(owner), redirect_uri=address, response_mode="form_post")
    assert by_form.status_code == (200 if taken else 422)
    give_tab(owner, "billing")
    server = Relying(make_application("billing", redirect_uris=LOOPBACK))
    assert server.ask(browser_of(owner), redirect_uri=address).status_code == 422


def test_a_code_for_one_port_is_of_no_use_at_another(owner):
    give_tab(owner)
    public = Relying(make_application(client_type="public", redirect_uris=LOOPBACK))
    code = public.code(browser_of(owner), redirect_uri="http://127.0.0.1:5001/back")
    refused = public.exchange(code, redirect_uri="http://127.0.0.1:5002/back")
    assert refused.json()["error"] == "invalid_grant"
