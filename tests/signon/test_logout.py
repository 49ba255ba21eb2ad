"""Signing out, asked for by an application."""

from __future__ import annotations

import pytest
from django.test import Client

from doorward.sessions.models import Session
from tests.kit.applications import AFTER, Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app
from tests.kit.pages import filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def _is_signed_in(browser):
    return browser.get("/security/").status_code == 200


def test_with_a_token_of_this_session_it_is_done_at_once(owner, relying):
    browser, other = browser_of(owner), browser_of(owner)
    tokens = relying.tokens(browser)
    asked = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": AFTER,
        "state": "x y",
    }
    done = browser.get("/oidc/logout/", asked)
    assert done["Refresh"] == f"0; url={AFTER}?state=x+y"
    assert not _is_signed_in(browser)
    assert _is_signed_in(other)
    assert Session.objects.filter(ended_at__isnull=False).count() == 1
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    # Whoever is signed out already is led on as well.
    assert browser.get("/oidc/logout/", asked)["Refresh"] == f"0; url={AFTER}?state=x+y"


def test_without_one_the_person_is_asked(owner, relying):
    browser, other = browser_of(owner), browser_of(owner)
    hint = relying.tokens(other)["id_token"]
    for asked in (
        {},
        {"id_token_hint": hint},
        {"client_id": relying.application.client_id, "post_logout_redirect_uri": AFTER},
    ):
        page = browser.get("/oidc/logout/", asked)
        assert "Stay signed in" in page.content.decode()
        assert _is_signed_in(browser)
    path = (
        f"/oidc/logout/?client_id={relying.application.client_id}&post_logout_redirect_uri={AFTER}"
    )
    form = filled(browser, path, "/oidc/logout/confirm/")
    done = browser.post("/oidc/logout/confirm/", form)
    assert done["Refresh"] == f"0; url={AFTER}"
    assert not _is_signed_in(browser)


def test_another_site_s_form_signs_nobody_out(owner, relying):
    browser = browser_of(owner)
    led = browser.post("/oidc/logout/", {"client_id": relying.application.client_id})
    assert led["Location"].startswith("/oidc/logout/?client_id=")
    assert _is_signed_in(browser)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post("/oidc/logout/confirm/", {}).status_code == 403
    assert _is_signed_in(browser)


def test_a_hint_that_was_changed_or_is_none_of_ours_signs_nobody_out(owner, relying):
    browser = browser_of(owner)
    hint = relying.tokens(browser)["id_token"]
    head, body, mark = hint.split(".")
    changed = f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{mark}"
    for bad in (changed, "x.y.z", "x", f"{head}.{body}."):
        asked = {"id_token_hint": bad, "post_logout_redirect_uri": AFTER}
        refused = browser.get("/oidc/logout/", asked)
        assert (refused.status_code, refused.headers.get("Refresh")) == (422, None)
    assert _is_signed_in(browser)
    only_state = browser.get("/oidc/logout/", {"state": "x"})
    assert only_state.status_code == 200


def test_a_session_in_which_a_step_is_due_is_ended_like_any_other(owner, relying):
    browser = browser_of(owner)
    hint = relying.tokens(browser)["id_token"]
    enable_app(owner)
    assert browser.get("/")["Location"].startswith("/sign-in/code/")
    asked = {"client_id": relying.application.client_id, "post_logout_redirect_uri": AFTER}
    assert "Stay signed in" in browser.get("/oidc/logout/", asked).content.decode()
    assert browser.get("/")["Location"].startswith("/sign-in/code/")
    done = browser.get("/oidc/logout/", asked | {"id_token_hint": hint})
    assert done["Refresh"] == f"0; url={AFTER}"
    assert not Session.objects.filter(administrator=owner, ended_at__isnull=True).exists()
