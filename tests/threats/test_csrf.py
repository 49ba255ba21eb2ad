"""Another site has a browser send our forms, or follow our addresses: nothing changes."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from doorward.audit.models import Event
from doorward.gate.requirement import Step
from doorward.sessions.models import Session
from tests.kit import browsers, codes, people
from tests.threats.changes import changes
from tests.whole.routes import OF_APPLICATIONS, OF_DEVICES, ROUTES
from tests.whole.rows import state

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


# Whatever is sent to these, nothing is different afterwards.
EVIL = "https://evil.example"
# An application that does not say who it is, and what only leads on to where the person is asked.
LEADS_ON = {303, 400, 401, 422}


@pytest.fixture
def forms(boss, clock):
    """Return forms that do something when they are sent from our own pages."""
    return changes(boss)


def same_as(browser: Client) -> Client:
    """Return the same browser, with the check that the test client leaves out by itself."""
    other = Client(enforce_csrf_checks=True, HTTP_HOST="localhost")
    other.cookies = browser.cookies
    return other


def test_no_address_takes_a_form_without_our_token(boss, forms):
    browser = same_as(browsers.browser_of(boss))
    before, events = state(), Event.objects.count()
    for route in ROUTES:
        path, form = forms.get(route.pattern, (route.path(), {}))
        for token in ({}, {"csrfmiddlewaretoken": "A" * 64}):
            answer = browser.post(path, form | token)
            if route.pattern in OF_APPLICATIONS:
                assert answer.status_code in LEADS_ON, route.pattern
                continue
            assert answer.status_code == 403, route.pattern
            assert b"data-page" in answer.content or route.pattern in OF_DEVICES
        plain = browser.generic("POST", path, b"name=x", "text/plain")
        assert plain.status_code == 403 or route.pattern in OF_APPLICATIONS, route.pattern
    assert (state(), Event.objects.count()) == (before, events)


def test_nor_one_that_comes_from_another_site(boss, forms):
    """Even with a token that is right: the browser says where the form stood."""
    browser = same_as(browsers.browser_of(boss))
    page = browser.get("/security/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    before = state()
    for route in ROUTES:
        path, form = forms.get(route.pattern, (route.path(), {}))
        form = form | {"csrfmiddlewaretoken": found.group(1)}
        for origin in (EVIL, "null"):
            answer = browser.post(path, form, headers={"Origin": origin})
            of_application = route.pattern in OF_APPLICATIONS
            expected = LEADS_ON if of_application else {403}
            assert answer.status_code in expected, (route.pattern, origin)
    assert state() == before
    ours = {"Origin": "http://localhost"}
    form = {"csrfmiddlewaretoken": found.group(1)}
    assert browser.post("/sign-out/", form, headers=ours).status_code == 303


def test_nor_one_with_the_token_of_another_browser(boss, forms, outsider):
    browser, other = same_as(browsers.browser_of(boss)), same_as(browsers.browser_of(outsider))
    page = other.get("/security/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    browser.get("/security/")
    form = {"csrfmiddlewaretoken": found.group(1)}
    assert browser.post("/sign-out/", form).status_code == 403


@pytest.mark.parametrize(
    ("step", "page", "token"),
    [
        (Step.SIGN_IN, "/sign-in/", {}),
        (Step.VERIFY_FACTOR, "/sign-in/code/", {"csrfmiddlewaretoken": "A" * 64}),
    ],
)
def test_before_a_step_any_form_leads_there_and_does_nothing(boss, forms, step, page, token):
    """Whoever is not through is sent on, whatever the method and with whatever token."""
    codes.enable_app(boss)
    browser = Client(enforce_csrf_checks=True, HTTP_HOST="localhost")
    if step is Step.VERIFY_FACTOR:
        first = Client(HTTP_HOST="localhost")
        first.post("/sign-in/", {"email": boss.email, "password": people.PASSWORD})
        browser.cookies = first.cookies
        browser.cookies[settings.CSRF_COOKIE_NAME] = "B" * 32
    before = state()
    for route in ROUTES:
        declaration = route.declaration
        if declaration is None or declaration.any_host or route.pattern in OF_APPLICATIONS:
            continue
        is_open = declaration.step is None and declaration.need_for("POST").open
        path, form = forms.get(route.pattern, (route.path(), {}))
        answer = browser.post(path, form | token)
        if is_open or declaration.step is step:
            assert answer.status_code == 403, route.pattern
        else:
            led = (answer.status_code, answer.headers.get("Location"))
            assert led == (303, page), route.pattern
    assert browser.post("/profile/", token, headers={"Origin": EVIL}).status_code == 403
    assert state() == before


def test_following_an_address_changes_nothing(boss, forms):
    """A picture, a link or a mail scanner asks with GET, with whatever a form would bring."""
    browser = browsers.browser_of(boss)
    browser.get("/")
    before, open_sessions = state(), Session.objects.filter(ended_at=None).count()
    for route in ROUTES:
        path, form = forms.get(route.pattern, (route.path(), {"others": "on", "remove": "on"}))
        answer = browser.get(path, form)
        answer.getvalue()  # what is sent in pieces holds its place until its end
        assert answer.status_code < 500 or route.pattern == "readyz"
    assert state() == before
    assert Session.objects.filter(ended_at=None).count() == open_sessions
    types = set(Event.objects.values_list("type", flat=True))
    assert "signed_out" not in types
    assert "history_exported" in types, "taking it along is written down, and changes nothing"
