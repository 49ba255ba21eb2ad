"""Two providers, or two brands, mixed up: an answer says whose it is, and nothing of one is of use at the other."""

from __future__ import annotations

import pytest
from django.test import Client

from doorward.customers import cached
from doorward.customers.models import Brand, Customer
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret, said
from tests.kit.browsers import sign_in

pytestmark = pytest.mark.django_db
HERE = "portal.harbour.example"
THERE = "portal.brightwave.example"


@pytest.fixture
def relying(owner, outsider):
    for person, name, host in ((owner, "Harbour", HERE), (outsider, "Brightwave", THERE)):
        brand = Brand.objects.create(name=name, issuer=name, hosts=[host])
        Customer.objects.filter(id=person.customer_id).update(brand=brand)
        give_tab(person)
    cached.forget()
    application = make_application()
    made = Relying(application, make_secret(application))
    made.server = Client(HTTP_HOST=HERE)
    return made


def _issuer(host: str) -> str:
    said_of = Client(HTTP_HOST=host).get("/.well-known/openid-configuration").json()
    return str(said_of["issuer"])


def test_each_brand_is_an_issuer_and_says_so_in_each_answer(owner, outsider, relying):
    assert _issuer(HERE) != _issuer(THERE)
    for person, host in ((owner, HERE), (outsider, THERE)):
        browser = sign_in(Client(HTTP_HOST=host), person)
        answer = answer_of(relying.ask(browser))
        assert answer["iss"] == _issuer(host)
        denied = answer_of(relying.ask(browser, scope="email"))
        assert denied["iss"] == _issuer(host)
        relying.server = Client(HTTP_HOST=host)
        assert said(relying.exchange(answer["code"]).json()["id_token"])["iss"] == _issuer(host)


def test_what_one_brand_gave_is_nothing_at_the_other(owner, relying):
    browser = sign_in(Client(HTTP_HOST=HERE), owner)
    tokens, code = relying.tokens(browser), relying.code(browser)
    relying.server = Client(HTTP_HOST=THERE)
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    assert not relying.is_active(tokens["access_token"])
    assert relying.exchange(code).json()["error"] == "invalid_grant"
    assert relying.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_somebody_of_another_brand_is_not_signed_in_there(owner, relying):
    browser = sign_in(Client(HTTP_HOST=HERE), owner)
    there = relying.ask(_with_cookies(browser, THERE))
    assert there["Location"].startswith("/sign-in/")


def _with_cookies(browser, host):
    other = Client(HTTP_HOST=host)
    other.cookies.update(browser.cookies)
    return other
