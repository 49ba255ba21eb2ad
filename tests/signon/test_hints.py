"""Whom an application expects, and what they read: a help for who signs in, and nothing that decides or tells."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from doorward.applications.models import Grant
from tests.kit import people
from tests.kit.applications import (
    Relying,
    answer_of,
    form_of,
    give_tab,
    make_application,
    make_secret,
)
from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app
from tests.kit.pages import filled
from tests.kit.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


@pytest.mark.parametrize("email", ["ines.moreau@harbourbakery.example", "nobody@elsewhere.example"])
def test_the_e_mail_stands_in_the_form_whoever_has_it(relying, email):
    led = relying.ask(Client(), login_hint=email)
    page = Client().get(led["Location"]).content.decode()
    assert f'value="{email}"' in page


@pytest.mark.parametrize("hint", ["x", "+4930901820", "<b>", "a@b@c", "x" * 400, '"@x.example'])
def test_what_is_no_e_mail_is_left_out(owner, relying, hint):
    led = relying.ask(Client(), login_hint=hint)["Location"]
    assert "email=" not in led
    assert answer_of(relying.ask(browser_of(owner), login_hint=hint))["code"]
    page = Client().get("/sign-in/", {"email": hint}).content.decode()
    assert f'value="{hint}"' not in page


def test_who_is_expected_goes_on_however_it_is_written(owner, relying):
    for hint in (owner.email, owner.email.upper(), f" {owner.email} "):
        assert answer_of(relying.ask(browser_of(owner), login_hint=hint))["code"]


@pytest.mark.parametrize("there", [True, False])
def test_somebody_else_is_asked_and_told_nothing_of_the_other(owner, colleague, relying, there):
    browser = browser_of(owner)
    hint = colleague.email if there else "nobody@elsewhere.example"
    page = relying.ask(browser, login_hint=hint)
    text = page.content.decode()
    assert 'data-page="another"' in text
    assert text.replace(hint, "…").count(colleague.full_name) == 0
    assert not Grant.objects.exists()
    silent = answer_of(relying.ask(browser, login_hint=hint, prompt="none"))
    assert silent["error"] == "login_required"

    onward = _link(text, "Continue")
    assert answer_of(browser.get(onward))["code"]


def _link(text: str, name: str) -> str:
    part = text[: text.index(f">{name}</a>")]
    return part.rpartition('href="')[2].partition('"')[0]


def test_another_may_sign_in_and_goes_on(owner, colleague, relying):
    give_tab(colleague)
    browser = browser_of(owner)
    page = relying.ask(browser, login_hint=colleague.email)
    sent = {"continue": form_of(page)["continue"]}
    led = browser.post("/oidc/logout/confirm/", sent)["Location"]
    assert led.startswith("/sign-in/?next=%2Foidc%2Fauthorize%2F")
    assert browser.get("/security/").status_code == 303
    assert f'value="{colleague.email}"' in browser.get(led).content.decode()
    form = filled(browser, led, "") | {"email": colleague.email, "password": PASSWORD}
    answer = answer_of(browser.get(browser.post("/sign-in/", form)["Location"]))
    assert answer["state"] == relying.state
    assert Grant.objects.get().administrator_id == colleague.id


def test_a_word_that_is_none_of_ours_leads_nowhere(owner):
    browser = browser_of(owner)
    for word in ("https://evil.example/", "x", "AAAA"):
        done = browser.post("/oidc/logout/confirm/", {"continue": word})
        assert done["Location"] == "/sign-in/"


def test_before_all_steps_nobody_is_named(owner, relying):
    enable_app(owner)
    browser = Client(HTTP_USER_AGENT=people.CHROME)
    browser.post("/sign-in/", {"email": owner.email, "password": PASSWORD})
    led = relying.ask(browser, login_hint="nobody@elsewhere.example")
    assert led["Location"] == "/sign-in/code/"


@pytest.mark.parametrize(
    ("locales", "language"), [("fr de-AT en", "de"), ("en", "en"), ("se", None), ("../de", None)]
)
def test_the_sign_in_is_in_a_language_that_is_asked_for_where_none_was_chosen(
    relying, locales, language
):
    led = relying.ask(Client(), ui_locales=locales)
    name = settings.LANGUAGE_COOKIE_NAME
    assert (led.cookies[name].value if led.cookies else None) == language
    chosen = Client()
    chosen.cookies[name] = "en"
    assert not relying.ask(chosen, ui_locales=locales).cookies
