"""What applications are told of people: by scope, and by name (OpenID Connect Core, 5.4 and 5.5)."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from doorward.accounts.models import Administrator
from tests.kit import people
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret, said
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app
from tests.kit.pages import filled
from tests.kit.people import PASSWORD

pytestmark = pytest.mark.django_db
TWO = "urn:doorward:two-factor"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application(scopes=frozenset({"profile", "email", "phone"}))
    return Relying(application, make_secret(application))


def asked(**claims) -> str:
    return json.dumps(claims)


def test_a_claim_is_told_where_it_is_asked_for_by_name(owner, relying):
    claims = asked(
        userinfo={"name": {"essential": True}, "given_name": None},
        id_token={"email": None, "zoneinfo": {"value": "Mars/Olympus"}},
    )
    tokens = relying.tokens(browser_of(owner), scope="openid", claims=claims)
    told = said(tokens["id_token"])
    assert (told["email"], told["zoneinfo"]) == (owner.email, owner.time_zone)
    assert "name" not in told
    known = relying.userinfo(tokens["access_token"]).json()
    assert known == {
        "sub": told["sub"],
        "name": owner.full_name,
        "given_name": owner.first_name,
    }
    renewed = relying.refresh(tokens["refresh_token"]).json()
    assert said(renewed["id_token"])["email"] == owner.email


def test_nothing_is_told_that_the_application_may_not_ask_for(owner, relying):
    everything = {
        "customer": None,
        "tabs": {"essential": True},
        "password": None,
        "x": 7,
        "iss": None,
    }
    claims = asked(userinfo=everything, id_token=everything)
    tokens = relying.tokens(browser_of(owner), scope="openid customer tabs", claims=claims)
    known = relying.userinfo(tokens["access_token"]).json()
    assert known.keys() == {"sub"}
    assert not {"customer", "tabs", "password", "x"} & said(tokens["id_token"]).keys()
    issuer = Client().get("/.well-known/openid-configuration").json()["issuer"]
    assert said(tokens["id_token"])["iss"] == issuer


@pytest.mark.parametrize("place", ["id_token", "userinfo"])
def test_whom_the_application_means_is_the_one_or_nobody(owner, colleague, relying, place):
    subject = said(relying.tokens(browser_of(owner))["id_token"])["sub"]
    claims = asked(**{place: {"sub": {"value": subject}}})
    assert "code" in answer_of(relying.ask(browser_of(owner), claims=claims))
    give_tab(colleague)
    other = browser_of(people.again(colleague))
    assert answer_of(relying.ask(other, claims=claims))["error"] == "login_required"
    both = asked(id_token={"sub": {"value": subject}}, userinfo={"sub": {"value": "another"}})
    assert answer_of(relying.ask(other, claims=both))["error"] == "invalid_request"


def test_an_acr_by_name_is_asked_for_like_any(owner, relying):
    enable_app(owner)
    browser = sign_in(Client(), owner)
    for acr in (
        {"essential": True, "values": ["phr", TWO]},
        {"value": TWO},
        {"values": ["1", "2"]},
        {"essential": True},
    ):
        assert "code" in answer_of(relying.ask(browser, claims=asked(id_token={"acr": acr}))), acr
    # One that can be reached and is not yet leads to the step, or says what is missing.
    for acr in ({"essential": True, "value": "phr"}, {"values": ["phr"]}):
        assert relying.ask(browser, claims=asked(id_token={"acr": acr})).status_code == 403
    never = asked(id_token={"acr": {"essential": True, "values": ["gold", 7]}})
    unmet = answer_of(relying.ask(browser, claims=never))
    assert unmet["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize("claims", ["[]", "7", "x", "{", '"name"', "null", "[" * 500])
def test_what_is_no_object_is_refused(owner, relying, claims):
    answer = answer_of(relying.ask(browser_of(owner), claims=claims))
    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    "claims",
    ["{}", '{"userinfo": 7}', '{"id_token": {"acr": 7, "sub": [], "amr": {"values": 3}}}',
     '{"userinfo": {"": null, "name": "x"}}', '{"id_token": {"acr": {"values": [[], {}]}}}'],
)  # fmt: skip
def test_what_is_no_claim_is_ignored(owner, relying, claims):
    assert "code" in answer_of(relying.ask(browser_of(owner), claims=claims))


def test_an_e_mail_is_verified_by_who_showed_it_and_a_phone_by_nobody(owner, relying):
    def known():
        token = relying.tokens(browser_of(owner), scope="openid email phone")["access_token"]
        return relying.userinfo(token).json()

    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(phone="+4930901820")
    # Added as active: nobody has shown that mail for it reaches them.
    assert known()["email_verified"] is False
    assert (known()["phone_number"], known()["phone_number_verified"]) == ("+4930901820", False)

    invited = people.invite(owner.customer, email="lena.fischer@harbourbakery.example")
    assert not invited.email_confirmed
    browser = Client()
    browser.get(people.path_of("invitation"))
    browser.post(
        "/invitation/", filled(browser, "/invitation/", "/invitation/") | {"password": PASSWORD}
    )
    assert people.again(invited).email_confirmed
    rows.update(phone="")
    assert not {"phone_number", "phone_number_verified"} & known().keys()
