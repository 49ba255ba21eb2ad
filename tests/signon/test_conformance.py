"""What the OpenID Foundation's modules ask of a provider; docs/signon/conformance.csv says which is shown where."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from django.test import Client

from tests.kit import people
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret, said
from tests.kit.browsers import browser_of

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "signon" / "conformance.csv"


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


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application(scopes=frozenset({"profile", "email", "phone"}))
    return Relying(application, make_secret(application))


@pytest.mark.django_db
def test_userinfo_is_asked_in_three_ways(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    header = {"authorization": f"Bearer {token}"}
    answers = [
        Client().get("/oidc/userinfo/", headers=header),
        Client().post("/oidc/userinfo/", headers=header),
        Client().post("/oidc/userinfo/", {"access_token": token}),
    ]
    assert [one.json()["email"] for one in answers] == [owner.email] * 3
    in_address = Client().get("/oidc/userinfo/", {"access_token": token})
    assert (in_address.status_code, "Bearer" in in_address["WWW-Authenticate"]) == (401, True)


@pytest.mark.django_db
def test_without_a_response_type_there_is_an_error(owner, relying):
    answer = answer_of(relying.ask(browser_of(owner), response_type=None))
    assert answer["error"] == "unsupported_response_type"


@pytest.mark.django_db
def test_a_request_without_a_nonce_is_answered(owner, relying):
    assert "nonce" not in said(relying.tokens(browser_of(owner), nonce=None)["id_token"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more",
    [
        {"extra": "x"},
        {"display": "page"},
        {"display": "popup"},
        {"login_hint": "somebody@example.com"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"acr_values": "1 2"},
        {"scope": "email profile openid"},
        {"scope": "openid address"},
        {"prompt": "consent"},
        {"claims": '{"userinfo": {"name": {"essential": true}}}'},
    ],
)
def test_what_is_not_known_or_only_wished_for_is_no_obstacle(owner, relying, more):
    assert "code" in answer_of(relying.ask(browser_of(owner), **more))


@pytest.mark.django_db
def test_each_scope_gives_its_claims(owner, relying):
    token = relying.tokens(browser_of(owner), scope="openid profile")["access_token"]
    known = relying.userinfo(token).json()
    assert {"name", "given_name", "family_name"} <= known.keys()
    assert "email" not in known


@pytest.mark.django_db
def test_a_request_object_is_refused(owner, relying):
    for name in ("request", "request_uri"):
        answer = answer_of(relying.ask(browser_of(owner), **{name: "https://phone.example/r"}))
        assert answer["error"] == f"{name}_not_supported"


@pytest.mark.django_db
def test_who_is_meant_by_a_token_is_the_one_who_is_signed_in(owner, colleague, relying):
    mine = relying.tokens(browser_of(owner))["id_token"]
    assert "code" in answer_of(relying.ask(browser_of(owner), id_token_hint=mine, prompt="none"))
    give_tab(colleague)
    other = browser_of(people.again(colleague))
    refused = answer_of(relying.ask(other, id_token_hint=mine, prompt="none"))
    assert refused["error"] == "login_required"
    assert relying.ask(other, id_token_hint="x.y.z").status_code == 422
