"""What no application sends: whoever asks is answered in our words, and nothing breaks, on either database."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, RSAKey

from doorward.applications import rules
from doorward.kernel.outgoing_post import NotSent, post_form
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NUL = "a\0b"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


@pytest.mark.parametrize("name", ["client_id", "nonce", "state", "claims", "request_uri", "other"])
def test_a_nul_is_refused_before_any_database_is_asked(owner, relying, name):
    browser = browser_of(owner)
    asked = relying.ask(browser, **{name: NUL})
    if name in {"client_id", "state"}:
        assert asked.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        assert answer_of(asked)["error"] == "invalid_request"
    assert browser.get("/oidc/logout/", {name: NUL}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    pushed = relying.post("/oidc/par/", **relying.wish(**{name: NUL}))
    assert pushed.json()["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["scope", "nonce", "prompt", "code_challenge", "unknown"])
def test_a_parameter_that_comes_twice_is_told_the_application(owner, relying, name):
    wish = relying.wish(**{name: "x"})
    twice = urlencode([*wish.items(), (name, "x")])
    answer = answer_of(browser_of(owner).get(f"/oidc/authorize/?{twice}"))
    assert answer["error"] == "invalid_request"
    assert answer["state"] == relying.state


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "response_mode", "state"])
def test_where_an_answer_goes_is_said_once_or_nobody_gets_one(owner, relying, name):
    wish = relying.wish(response_mode="query")
    twice = urlencode([*wish.items(), (name, "x")])
    asked = browser_of(owner).get(f"/oidc/authorize/?{twice}")
    assert asked.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("client_id", [NUL, "\ud800", "é", "x" * 5000, "", 7, {"a": 1}, None])
def test_an_application_that_can_be_none_is_none(relying, client_id):
    by_header = base64.b64encode(f"{client_id}:x".encode(errors="replace")).decode()
    answer = relying.server.post(
        "/oidc/token/", {}, headers={"authorization": f"Basic {by_header}"}
    )
    assert answer.json()["error"] == "invalid_client"
    said = base64.urlsafe_b64encode(json.dumps({"iss": client_id}).encode()).decode()
    sent = {"client_assertion": f"e30.{said}.x", "client_assertion_type": BEARER}
    assert relying.server.post("/oidc/token/", sent).json()["error"] == "invalid_client"


def test_the_longest_request_comes_back_from_a_step_however_it_is_written(owner, relying):
    claims = json.dumps({"x": "é" * 580}, ensure_ascii=False)
    longest = {"state": "é" * 600, "claims": claims, "nonce": "é" * 300, "acr_values": "é" * 300}
    browser = browser_of(owner)
    led = browser.post("/oidc/authorize/", relying.wish(**longest))
    answered = answer_of(browser.get(led["Location"]))
    assert answered["code"]
    assert answered["state"] == longest["state"]


def test_an_address_that_ends_where_its_query_begins_gets_its_answer(owner):
    give_tab(owner)
    for place, address in enumerate(("https://a.example/?", "https://a.example/?x=1&")):
        application = make_application(f"phone{place}", redirect_uris=address)
        give_tab(owner, f"phone{place}")
        relying = Relying(application)
        answer = relying.ask(browser_of(owner), redirect_uri=address)
        assert answer_of(answer)["code"]
        assert answer["Location"].startswith(f"{address}code=")


@pytest.mark.parametrize(
    "host", ["a..b", f"{'a' * 64}.example", "a;b", "a,b", "ex%61mple", "a*b", "127.1", "0x7f.1"]
)
def test_a_name_that_nobody_has_is_no_address_and_stops_no_other(host):
    assert not rules.is_web_address(f"https://{host}/")
    with pytest.raises(NotSent):
        post_form(f"https://{host}/", {}, inside=False, seconds=1)


WEAK = base64.urlsafe_b64encode(b"\x00" * 200 + b"\xff" * 128).decode()


@pytest.mark.parametrize(
    "changed",
    [{"kty": ["RSA"]}, {"kty": {}}, {"kty": "oct"}, {"kid": NUL}, {"kid": "\ud800"}, {"n": 7},
     {"n": WEAK}, {"n": "é"}, {"d": "AQAB"}],
)  # fmt: skip
def test_a_key_that_is_weak_or_can_be_kept_nowhere_is_refused(changed):
    key = RSAKey.generate_key(2048).as_dict(private=False)
    assert rules.is_public_key(key)
    assert rules.is_public_key(ECKey.generate_key("P-256").as_dict(private=False))
    assert not rules.is_public_key(key | changed)
