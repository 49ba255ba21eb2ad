"""Every address, asked for by everybody who has no business there."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from doorward.gate.requirement import Need, Step
from doorward.web.http.gate import PAGES
from doorward.web.http.needs import needs, serves
from tests.kit import browsers, people
from tests.whole.routes import METHODS, ROUTES, Route, is_open

# Who says that they are open to everybody. A new name here is a decision, not an oversight.
OPEN = {
    "",
    ".doorward",
    "forward-auth",
    ".well-known",
    "brand",
    "brand.css",
    "brand.svg",
    "demo",
    "e-mail",
    "favicon.ico",
    "healthz",
    "help",
    "first",
    "rescue",
    "invitation",
    "language",
    "metrics",
    "oidc",
    "not-me",
    "password",
    "readyz",
    "robots.txt",
    "second-address",
    "session",
    "sign-in",
    "sign-out",
    "support",
    "veto",
}


def ids(route: Route) -> str:
    return route.pattern or "/"


CLOSED = [route for route in ROUTES if not is_open(route)]


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_every_view_says_what_it_is_for(route):
    assert route.declaration is not None


def test_those_that_are_open_to_everybody_are_known():
    # Of the security page the lost device alone: who reports one is signed in nowhere.
    found = {
        route.pattern.split("/")[0]
        for route in ROUTES
        if is_open(route) and not route.pattern.startswith("security/lost/")
    }
    assert found <= OPEN, found - OPEN


def test_every_step_that_a_page_can_serve_has_one():
    served = {route.declaration.step for route in ROUTES if route.declaration}
    # What is no page of a step: answers, and the page of who is through and was in another portal.
    answers = {Step.THROUGH, Step.NO_RIGHT, Step.REAUTHENTICATE}
    answers |= {Step.NOT_WHILE_MANAGING, Step.MANAGING_OVER, Step.ANOTHER_FACTOR}
    assert served - {None} == set(Step) - answers
    paths = {route.path() for route in ROUTES}
    assert set(PAGES.values()) <= paths


def test_a_tab_that_a_person_has_no_right_to_is_closed_by_every_method(colleague):
    client = browsers.browser_of(colleague)
    for route in CLOSED:
        tab = route.declaration.need.tab if route.declaration and route.declaration.need else None
        if tab is None or tab in colleague.tab_keys:
            continue
        for method in METHODS:
            answer = client.generic(method, route.path(), b"", "application/x-www-form-urlencoded")
            assert answer.status_code == 403, (route.pattern, method)
    shown = client.get("/").content.decode()
    assert "/administrators/" not in shown
    assert "/activity/" not in shown


def test_who_has_no_home_is_led_on_to_a_tab_they_have(customer):
    person = people.make_administrator(customer, tabs={"support"})
    client = Client()
    form = {"email": person.email, "password": people.PASSWORD, "next": ""}
    answer = client.post("/sign-in/", form, follow=True)
    assert answer.redirect_chain[-1] == ("/support/", 303)
    refused = client.get("/")
    assert refused.status_code == 403
    assert 'href="/support/"' in refused.content.decode()


# --- the net under the gate -----------------------------------------------------------------------


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a secret")


@needs(Need.THROUGH)
def declared_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.administrator))  # type: ignore[attr-defined]


urlpatterns = [path("undeclared/", undeclared), path("declared/", declared_view)]


@override_settings(ROOT_URLCONF=__name__)
def test_a_view_without_a_declaration_lets_nobody_in(owner):
    client = browsers.browser_signed_in_by_service(owner)
    answer = client.get("/undeclared/")
    assert answer.status_code == 403
    assert b"a secret" not in answer.content
    assert client.get("/declared/").status_code == 200


def test_a_view_cannot_declare_twice():
    with pytest.raises(TypeError):
        serves(Step.SIGN_IN)(declared_view)
