"""Every address, asked for by everybody who has no business there."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from doorward.administrators import mailbox
from doorward.administrators.models import Administrator, MailboxProof
from doorward.core.steps import Need, Step
from doorward.mfa import recovery
from doorward.web.gate import PAGES
from doorward.web.needs import needs, serves
from tests import support
from tests.whole.routes import Route, walk

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Who says that they are open to everybody. A new name here is a decision, not an oversight.
OPEN = {
    "",
    ".well-known",
    "brand",
    "brand.css",
    "brand.svg",
    "demo",
    "e-mail",
    "favicon.ico",
    "healthz",
    "help",
    "invitation",
    "language",
    "metrics",
    "not-me",
    "password",
    "readyz",
    "robots.txt",
    "sign-out",
    "support",
}
ROUTES = walk()


def ids(route: Route) -> str:
    return route.pattern or "/"


def is_open(route: Route) -> bool:
    need = route.declaration.need if route.declaration else None
    return need is not None and need.open


CLOSED = [route for route in ROUTES if not is_open(route)]


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_every_view_says_what_it_is_for(route):
    assert route.declaration is not None


def test_those_that_are_open_to_everybody_are_known():
    found = {route.pattern.split("/")[0] for route in ROUTES if is_open(route)}
    assert found <= OPEN, found - OPEN


def test_every_step_that_a_page_can_serve_has_one():
    served = {route.declaration.step for route in ROUTES if route.declaration}
    assert served - {None} == set(Step) - {Step.THROUGH, Step.NO_RIGHT, Step.PROVE_AGAIN}
    paths = {route.path() for route in ROUTES}
    assert set(PAGES.values()) <= paths


def ask_everything(client: Client, due: Step, *, served: Step | None = None) -> None:
    """Ask for every closed address by every method: all lead to the page of the step that is due."""
    for route in CLOSED:
        for method in METHODS:
            answer = client.generic(method, route.path(), b"", "application/x-www-form-urlencoded")
            step = route.declaration.step if route.declaration else None
            if step is due:
                assert answer.status_code in {200, 405, 422, 303}, (route.pattern, method)
                continue
            assert answer.status_code == 303, (route.pattern, method, answer.status_code)
            assert answer["Location"].split("?")[0] == PAGES[due], (route.pattern, method)
            assert not answer.content


def test_a_stranger_reaches_nothing(customer):
    ask_everything(Client(), Step.SIGN_IN)


def test_a_made_up_session_reaches_nothing(customer):
    client = Client()
    for token in ("", "x", "A" * 43, "\x00", "é" * 40):
        client.cookies["session"] = token
        assert client.get("/security/").status_code == 303


def test_the_password_alone_reaches_nothing(owner):
    support.enable_app(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": support.PASSWORD, "next": ""})
    ask_everything(client, Step.PROVE_FACTOR)


def test_before_the_mailbox_is_proved_nothing_is_reached(owner):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": support.PASSWORD, "next": ""})
    ask_everything(client, Step.PROVE_MAILBOX)


def test_before_the_factor_is_set_up_nothing_is_reached(owner):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": support.PASSWORD, "next": ""})
    client.get("/sign-in/mailbox/")
    client.post("/sign-in/mailbox/", {"code": mailbox.code_of(MailboxProof.objects.get())})
    ask_everything(client, Step.SET_UP_FACTOR)


def test_before_the_codes_are_saved_nothing_is_reached(owner):
    support.enable_app(owner)
    client = support.browser_of(owner)
    recovery.make(owner, now=timezone.now())
    ask_everything(client, Step.SAVE_RECOVERY_CODES)


def test_before_the_password_is_set_nothing_is_reached(owner):
    client = support.browser_of(owner)
    Administrator.objects.of(owner.customer_id).update(password_due="not_me")
    ask_everything(client, Step.SET_PASSWORD)


def test_before_through_no_page_tells_the_customers_name(owner):
    support.enable_app(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": support.PASSWORD, "next": ""})
    for route in ROUTES:
        answer = client.get(route.path())
        if answer.status_code == 200 and not answer.streaming:
            assert owner.customer.name not in answer.content.decode(errors="replace"), route.pattern


def test_a_tab_that_a_person_has_no_right_to_is_closed_by_every_method(colleague):
    client = support.browser_of(colleague)
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
    person = support.make_administrator(customer, tabs={"support"})
    client = Client()
    form = {"email": person.email, "password": support.PASSWORD, "next": ""}
    answer = client.post("/sign-in/", form, follow=True)
    assert answer.redirect_chain[-1] == ("/support/", 303)
    refused = client.get("/")
    assert refused.status_code == 403
    assert 'href="/support/"' in refused.content.decode()


def test_what_belongs_to_another_customer_is_not_there(owner, outsider):
    support.enable_app(owner)
    client = support.browser_of(outsider)
    owned = {
        "person_id": str(owner.id),
        "administrator_id": str(owner.id),
        "factor_id": str(owner.factors.get().id),
        "customer_id": str(owner.customer_id),
        "brand_id": str(owner.customer.brand_id),
        "tab_id": str(owner.id),
    }
    for route in CLOSED:
        if not set(route.arguments) & set(owned):
            continue
        for method in ("GET", "POST"):
            answer = client.generic(
                method, route.path(**owned), b"", "application/x-www-form-urlencoded"
            )
            # A provider's tab is closed to a customer's people before anything is looked up.
            assert answer.status_code in {404, 403, 405}, (route.pattern, method)


@pytest.mark.parametrize(
    "trick",
    [
        "//security/",
        "/security//",
        "/SECURITY/",
        "/security/.",
        "/%73ecurity/",
        "/security%2f",
        "/sign-in/..%2fsecurity/",
        "/security/;x",
        "/.//security/",
    ],
)
def test_tricks_with_the_path_open_nothing(customer, trick):
    answer = Client().get(trick)
    assert answer.status_code in {301, 303, 404, 400}
    assert b'data-page="security"' not in answer.content


# --- the net under the gate -----------------------------------------------------------------------


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a secret")


@needs(Need.THROUGH)
def declared_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.administrator))  # type: ignore[attr-defined]


urlpatterns = [path("undeclared/", undeclared), path("declared/", declared_view)]


@override_settings(ROOT_URLCONF=__name__)
def test_a_view_without_a_declaration_lets_nobody_in(owner):
    client = support.browser_signed_in_by_service(owner)
    answer = client.get("/undeclared/")
    assert answer.status_code == 403
    assert b"a secret" not in answer.content
    assert client.get("/declared/").status_code == 200


def test_a_view_cannot_declare_twice():
    with pytest.raises(TypeError):
        serves(Step.SIGN_IN)(declared_view)
