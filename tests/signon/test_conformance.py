"""What the OpenID Foundation's modules ask of a provider: docs/signon/conformance.csv says which is shown where.

The plans Basic and Form Post are in a file of their own.
"""

from __future__ import annotations

import base64
import csv
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.kit import people
from tests.kit.applications import (
    AFTER,
    Relying,
    answer_of,
    give_tab,
    head,
    make_application,
    make_secret,
    said,
)
from tests.kit.browsers import browser_of
from tests.kit.pages import filled

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "signon" / "conformance.csv"


# How many modules each plan has, as the suite of August 2026 lists them.
MODULES = {
    "Basic": 38,
    "Form Post": 38,
    "Config": 1,
    "RP-initiated logout": 11,
    "Back-channel logout": 2,
}


def rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_module_names_a_test_that_is_there_or_a_reason():
    for row in rows():
        assert bool(row["test"]) != bool(row["reason"]), row
        if row["test"]:
            file, _, name = row["test"].partition("::")
            assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), row
    assert len({(row["plan"], row["module"]) for row in rows()}) == len(rows())
    assert Counter(row["plan"] for row in rows()) == MODULES


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application(scopes=frozenset({"profile", "email", "phone"}))
    return Relying(application, make_secret(application))


@pytest.mark.django_db
def test_discovery(owner):
    document = Client().get("/.well-known/openid-configuration").json()
    issuer = document["issuer"]
    ends = {name: value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(ends) == 8
    assert all(value.startswith(f"{issuer}/oidc/") for value in ends.values())
    assert "end_session_endpoint" in ends
    assert {"openid", "profile", "email"} <= set(document["scopes_supported"])
    assert document["response_types_supported"] == ["code"]
    assert {"query", "form_post"} == set(document["response_modes_supported"])
    assert {"authorization_code", "refresh_token"} == set(document["grant_types_supported"])
    assert {"public", "pairwise"} == set(document["subject_types_supported"])
    assert document["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]
    assert {"sub", "name", "email_verified"} <= set(document["claims_supported"])
    for name in ("claims_parameter", "backchannel_logout", "backchannel_logout_session"):
        assert document[f"{name}_supported"] is True
    for name in ("request_parameter", "request_uri_parameter"):
        assert document[f"{name}_supported"] is False
    make_application()
    keys = Client().get("/oidc/jwks/").json()["keys"]
    assert {one["alg"] for one in keys} == {"RS256", "ES256"}
    assert all(one["use"] == "sig" and one["kid"] and "d" not in one for one in keys)


OUT = "/oidc/logout/"


def _is_out(browser, relying) -> bool:
    return answer_of(relying.ask(browser, prompt="none")).get("error") == "login_required"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["x y", ""])
def test_rp_logout(owner, relying, state):
    browser = browser_of(owner)
    hint = relying.tokens(browser)["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER} | (
        {"state": state} if state else {}
    )
    onward = browser.get(OUT, asked)["Refresh"].partition("url=")[2]
    assert onward == (f"{AFTER}?state=x+y" if state else AFTER)
    assert _is_out(browser, relying)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["https://phone.example/other", f"{AFTER}?foo=bar"])
def test_rp_logout_elsewhere(owner, relying, address):
    browser = browser_of(owner)
    asked = {
        "id_token_hint": relying.tokens(browser)["id_token"],
        "post_logout_redirect_uri": address,
    }
    refused = browser.get(OUT, asked)
    assert (refused.status_code, refused.headers.get("Refresh")) == (422, None)
    assert not _is_out(browser, relying)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["unsigned", "by another key", "by the application's secret"])
def test_rp_logout_by_a_forged_hint(owner, relying, how):
    browser = browser_of(owner)
    hint = relying.tokens(browser)["id_token"]
    claims, kid = said(hint), head(hint)["kid"]
    body = hint.split(".")[1]
    if how == "unsigned":
        forged = f"{_part({'alg': 'none', 'typ': 'JWT'})}.{body}."
    elif how == "by another key":
        key = RSAKey.generate_key(2048)
        forged = jwt.encode({"alg": "RS256", "typ": "JWT", "kid": kid}, claims, key)
    else:
        shared = OctKey.import_key(relying.secret)
        forged = jwt.encode({"alg": "HS256", "typ": "JWT", "kid": kid}, claims, shared)
    refused = browser.get(OUT, {"id_token_hint": forged, "post_logout_redirect_uri": AFTER})
    assert (refused.status_code, refused.headers.get("Refresh")) == (422, None)
    assert not _is_out(browser, relying)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked", [{}, {"state": "x"}, {"client_id": "", "post_logout_redirect_uri": AFTER}]
)
def test_rp_logout_asks(owner, relying, asked):
    """Nobody is signed out by a link that anybody can make: the person says so, and is."""
    browser = browser_of(owner)
    relying.tokens(browser)
    if "client_id" in asked:
        asked |= {"client_id": relying.application.client_id}
    path = f"{OUT}?{urlencode(asked)}"
    assert "Stay signed in" in browser.get(path).content.decode()
    assert not _is_out(browser, relying)
    done = browser.post(f"{OUT}confirm/", filled(browser, path, f"{OUT}confirm/"))
    assert (AFTER in done.headers.get("Refresh", "")) == ("client_id" in asked)
    assert _is_out(browser, relying)


@pytest.mark.django_db
def test_rp_logout_leads_nowhere(owner, relying):
    browser = browser_of(owner)
    done = browser.get(OUT, {"id_token_hint": relying.tokens(browser)["id_token"]})
    assert done["Location"] == "/sign-in/"
    assert _is_out(browser, relying)


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{"scope": "openid address"}, {"prompt": "consent"}])
def test_what_is_not_given_or_asked_here_is_no_obstacle(owner, relying, more):
    assert "code" in answer_of(relying.ask(browser_of(owner), **more))


@pytest.mark.django_db
def test_who_is_meant_by_a_token_is_the_one_who_is_signed_in(owner, colleague, relying):
    mine = relying.tokens(browser_of(owner))["id_token"]
    assert "code" in answer_of(relying.ask(browser_of(owner), id_token_hint=mine, prompt="none"))
    give_tab(colleague)
    other = browser_of(people.again(colleague))
    refused = answer_of(relying.ask(other, id_token_hint=mine, prompt="none"))
    assert refused["error"] == "login_required"
    assert answer_of(relying.ask(other, id_token_hint="x.y.z"))["error"] == "invalid_request"


@pytest.mark.django_db
def test_who_is_meant_by_a_token_in_a_pushed_request_is_the_one_who_is_signed_in(
    owner, colleague, relying
):
    mine = relying.tokens(browser_of(owner))["id_token"]
    give_tab(colleague)
    other = browser_of(people.again(colleague))
    for browser, answered in ((browser_of(owner), "code"), (other, "error")):
        wish = relying.wish(id_token_hint=mine, prompt="none")
        pushed = relying.post("/oidc/par/", **wish).json()["request_uri"]
        asked = {"client_id": relying.application.client_id, "request_uri": pushed}
        assert answered in answer_of(browser.get("/oidc/authorize/", asked))
    forged = relying.post("/oidc/par/", **relying.wish(id_token_hint="x.y.z"))
    assert (forged.status_code, forged.json()["error"]) == (400, "invalid_request")


def _part(said_there) -> str:
    return base64.urlsafe_b64encode(json.dumps(said_there).encode()).rstrip(b"=").decode()
