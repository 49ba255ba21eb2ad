"""A session that was left open: nothing that touches security is done with a proof that has grown old.

Every form whose view wants reauthentication is found by walking the site map, sent too late, and goes on
after the proof exactly as it was typed. What must want one is product's list; what wants none is known.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doorward.accounts.models import Administrator, EmailChange
from doorward.audit.events import HISTORY_EXPORTED
from doorward.audit.models import Event
from doorward.customers.events import BRAND_CHANGED
from doorward.sessions.reauthentication import OTHERS, OWN_FACTORS, OWN_SECURITY, Reauthentication
from doorward.web.http import gate, old_form
from doorward.web.profile import views as profile_views
from tests.kit import browsers, codes, people, rows
from tests.kit.pages import profile
from tests.threats.changes import changes
from tests.threats.conftest import make_boss
from tests.whole.callgraph import name_of, users_of
from tests.whole.routes import Route, walk
from tests.whole.rows import state

pytestmark = pytest.mark.django_db

CONTINUE = "/prove/continue/"
# What each of these addresses is, and how old a proof may be for it (gate/requirement.py).
WANTED: dict[str, Reauthentication] = {
    "account/": OTHERS,
    "account/policy/rehearsal/<uuid:rehearsal_id>/": OTHERS,
    "account/policy/rehearsal/<uuid:rehearsal_id>/export.csv": OTHERS,
    "account/policy/withdraw/": OTHERS,
    "account/evidence/": OTHERS,
    "account/waves/": OTHERS,
    "activity/export.csv": OTHERS,
    "activity/export/": OTHERS,
    "administrators/": OTHERS,
    "administrators/<uuid:person_id>/": OTHERS,
    "administrators/<uuid:person_id>/end-sessions/": OTHERS,
    "administrators/<uuid:person_id>/exception/": OTHERS,
    "administrators/<uuid:person_id>/exception/end/": OTHERS,
    "administrators/<uuid:person_id>/help/": OWN_SECURITY,
    "requests/<uuid:request_id>/": OTHERS,
    "requests/<uuid:request_id>/agree/": OWN_SECURITY,
    "requests/<uuid:request_id>/pass/": OWN_SECURITY,
    "requests/<uuid:request_id>/who/": OTHERS,
    "administrators/<uuid:person_id>/password-link/": OWN_SECURITY,
    "administrators/<uuid:person_id>/resend-invitation/": OTHERS,
    "administrators/<uuid:person_id>/revoke-invitation/": OTHERS,
    "administrators/add/": OTHERS,
    "administrators/require/<uuid:rehearsal_id>/": OTHERS,
    "administrators/require/<uuid:rehearsal_id>/export.csv": OTHERS,
    "administrators/require/runs/<uuid:run_id>/stop/": OTHERS,
    "administrators/require/runs/<uuid:run_id>/go-on/": OTHERS,
    "administrators/require/runs/<uuid:run_id>/export.csv": OTHERS,
    "brands/<uuid:brand_id>/": OTHERS,
    "brands/<uuid:brand_id>/check/": OTHERS,
    "brands/<uuid:brand_id>/contact/<slug:slug>/": OTHERS,
    "tabs/<uuid:tab_id>/move/": OTHERS,
    "tabs/<uuid:tab_id>/words/<slug:slug>/": OTHERS,
    "brands/<uuid:brand_id>/logo/": OTHERS,
    "brands/<uuid:brand_id>/minimum/": OTHERS,
    "brands/<uuid:brand_id>/minimum/rehearsal/<uuid:rehearsal_id>/": OTHERS,
    "brands/<uuid:brand_id>/minimum/withdraw/": OTHERS,
    "brands/<uuid:brand_id>/minimum/waves/": OTHERS,
    "customers/<uuid:customer_id>/minimum/waves/": OTHERS,
    "brands/add/": OTHERS,
    "account/adoption.csv": OTHERS,
    "customers/<uuid:customer_id>/caller-check/": OTHERS,
    "customers/<uuid:customer_id>/help/<uuid:person_id>/": OWN_SECURITY,
    "customers/<uuid:customer_id>/requests/<uuid:request_id>/": OWN_SECURITY,
    "customers/adoption.csv": OTHERS,
    "customers/<uuid:customer_id>/": OTHERS,
    "customers/<uuid:customer_id>/delete/": OWN_SECURITY,
    "customers/<uuid:customer_id>/undelete/": OTHERS,
    "customers/<uuid:customer_id>/invite/": OTHERS,
    "customers/<uuid:customer_id>/minimum/": OTHERS,
    "customers/<uuid:customer_id>/minimum/rehearsal/<uuid:rehearsal_id>/": OTHERS,
    "customers/<uuid:customer_id>/minimum/withdraw/": OTHERS,
    "customers/<uuid:customer_id>/resend-invitation/<uuid:person_id>/": OTHERS,
    "customers/add/": OTHERS,
    "customers/import/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/begin/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/stop/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/go-on/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/invite/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/discard/": OWN_SECURITY,
    "customers/import/<uuid:import_id>/export.csv": OWN_SECURITY,
    "profile/password/": OWN_SECURITY,
    "profile/second-address/": OWN_SECURITY,
    "security/2fa/add/": OWN_FACTORS,
    "security/2fa/enable/": OWN_FACTORS,
    "security/2fa/passkey/": OWN_FACTORS,
    "security/factors/<uuid:factor_id>/": OWN_FACTORS,
    "security/new-phone/add/": OWN_FACTORS,
    "security/recovery-codes/": OWN_SECURITY,
    "security/sessions/end/": OTHERS,
    "security/trusted-browsers/end/": OTHERS,
    "tabs/<uuid:tab_id>/": OTHERS,
    "tabs/<uuid:tab_id>/remove/": OTHERS,
    "tabs/<uuid:tab_id>/application/": OWN_SECURITY,
    "tabs/<uuid:tab_id>/application/try/": OTHERS,
    "tabs/<uuid:tab_id>/site/try/": OTHERS,
    "tabs/<uuid:tab_id>/application/remove/": OWN_SECURITY,
    "tabs/<uuid:tab_id>/application/secret/": OWN_SECURITY,
    "tabs/<uuid:tab_id>/application/secret/<uuid:secret_id>/": OWN_SECURITY,
    "tabs/<uuid:tab_id>/application/secret/<uuid:secret_id>/remove/": OWN_SECURITY,
    "tabs/<uuid:tab_id>/site/": OWN_SECURITY,
    "tabs/<uuid:tab_id>/site/remove/": OWN_SECURITY,
    "tabs/add/": OTHERS,
    "customers/<uuid:customer_id>/manage/": OWN_SECURITY,
    "customers/<uuid:customer_id>/manage/begin/": OWN_SECURITY,
    "customers/<uuid:customer_id>/manage/take-back/": OWN_SECURITY,
    "managing/<uuid:managing_id>/agree/": OWN_SECURITY,
    "managing/changes/": OWN_SECURITY,
}
BY_ITSELF = "an application says itself who it is, and no cookie counts"
REHEARSED = "changes nothing: what is rehearsed is applied with a proof"
# What somebody signed in may send without one, and why.
UNASKED = {
    "account/adoption/mail/": "chooses a mail to oneself, of what one sees without a proof",
    "customers/adoption/mail/": "chooses a mail to oneself, of what one sees without a proof",
    "account/policy/rehearsal/": REHEARSED,
    "administrators/require/": REHEARSED,
    "brands/<uuid:brand_id>/minimum/rehearsal/": REHEARSED,
    "customers/<uuid:customer_id>/minimum/rehearsal/": REHEARSED,
    "brands/<uuid:brand_id>/findings/": "looks, and keeps what it found",
    "e-mail/confirm/": "the link is the proof",
    "first/": "the link is the proof",
    "rescue/": "the link is the proof",
    "invitation/": "the link is the proof",
    "language/": "changes no more than a language",
    "not-me/": "the link is the proof",
    "password/forgot/": "open to all: mails a link to the account's own address",
    "password/reset/": "the link is the proof",
    "profile/": "asks by itself where the e-mail or the phone changes",
    "prove/clock/": "says how far a clock is off, and accepts nothing",
    "prove/passkey/": "a challenge for the proof",
    "second-address/confirm/": "the link is the proof",
    "customers/<uuid:customer_id>/caller-check/<uuid:check_id>/": "begun after a proof, and over in two minutes",
    "customers/<uuid:customer_id>/notes/": "a note for colleagues, which changes nothing",
    "customers/<uuid:customer_id>/notes/<uuid:note_id>/remove/": "removes a note of one's own",
    "customers/<uuid:customer_id>/help/": "it leads to a page, and changes nothing",
    "support/caller-check/": "the code that was heard is what it is about",
    "security/lost/": "its password is the proof, and does no more than sign out",
    "security/lost/device/": "the link is the proof",
    "security/2fa/disable/": "its code or passkey is the proof",
    "security/2fa/disable/passkey/": "a challenge for it",
    "security/new-phone/": "a code or passkey of the new device is the proof",
    "security/new-phone/passkey/": "a challenge for it",
    "session/stay/": "changes nothing",
    "sign-out/": "ends a session",
    "veto/": "the link is the proof",
    "managing/<uuid:managing_id>/end/": "sends somebody away",
    "managing/<uuid:managing_id>/no-changes/": "lets somebody do less",
    "oidc/authorize/": "the gate is asked inside, with what the application wants",
    "oidc/introspect/": BY_ITSELF,
    "oidc/logout/": "leads to where the person is asked",
    "oidc/logout/confirm/": "ends a session",
    "oidc/par/": BY_ITSELF,
    "oidc/revoke/": BY_ITSELF,
    "oidc/token/": BY_ITSELF,
    "oidc/userinfo/": "the token is the proof",
    "forward-auth/": "answers, and changes nothing",
    "session/device/": "binds a session that was begun just now",
    "session/device/renew/": "wants a proof by the device",
    "managing/leave/": "leaves a customer's portal",
}
READ_ONLY = {
    "tabs/<uuid:tab_id>/application/secret/<uuid:secret_id>/",
    "account/policy/rehearsal/<uuid:rehearsal_id>/export.csv",
    "activity/export/",
    "activity/export.csv",
    "administrators/require/<uuid:rehearsal_id>/export.csv",
    "administrators/require/runs/<uuid:run_id>/export.csv",
    "customers/import/<uuid:import_id>/export.csv",
    *("account/adoption.csv", "customers/adoption.csv"),
}
ROUTES = walk()


def fresh_of(route: Route) -> Reauthentication | None:
    return route.declaration.need_for("POST").fresh if route.declaration else None


def test_what_product_lists_wants_a_fresh_proof():
    assert {route.pattern: fresh_of(route) for route in ROUTES if fresh_of(route)} == WANTED
    assert (OWN_SECURITY.seconds, OWN_FACTORS.seconds, OTHERS.seconds) == (300, 300, 600)
    assert [one for one in (OWN_SECURITY, OWN_FACTORS, OTHERS) if one.recovery_serves] == [
        OWN_FACTORS
    ]


def test_what_asks_in_the_middle_of_a_view_is_known():
    assert users_of(name_of(gate.is_recent)) == {
        "doorward.web.administrators.person.edit",
        "doorward.web.profile.views.profile",
        name_of(profile_views._password),
        name_of(old_form._verified_by_now),
    }
    assert users_of("doorward.web.http.gate.ReauthenticationWanted") == {
        "doorward.web.http.gate.Gate",
        "doorward.web.security.views.factor",
    }


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    with rows.of_the_file(django_db_blocker, staff_and_forms) as both:
        yield both


def staff_and_forms() -> tuple[Administrator, dict[str, tuple[str, dict[str, Any]]]]:
    boss = make_boss()
    return boss, changes(boss)


@pytest.fixture
def boss(db, made) -> Administrator:
    return people.again(made[0])


@pytest.fixture
def forms(made, clock):
    return made[1]


SECRET = {"code", "current", "password"}
# What goes on without its secrets asks for them again; a file cannot wait; a script's challenge is none.
UNFINISHED = {
    # Nobody has the e-mail.
    "tabs/<uuid:tab_id>/application/try/": 422,
    "tabs/<uuid:tab_id>/site/try/": 422,
    "profile/password/": 422,
    "security/2fa/add/": 422,
    "security/new-phone/add/": 422,
    "security/2fa/enable/": 303,  # it is on already
    "brands/<uuid:brand_id>/check/": 303,  # on one machine it is used already
    "brands/<uuid:brand_id>/logo/": 422,
    "security/2fa/passkey/": 200,
    # Nobody there could agree; and what the rest is about belongs to a session of its own (`tests/managing`).
    "customers/<uuid:customer_id>/manage/": 422,
    "customers/<uuid:customer_id>/manage/begin/": 404,
    "customers/<uuid:customer_id>/manage/take-back/": 404,
    "managing/<uuid:managing_id>/agree/": 404,
    "managing/changes/": 404,
    # On one machine another run of the same customer is under way.
    "administrators/require/runs/<uuid:run_id>/go-on/": 303,
    # A file cannot wait; a dry run changes nothing, and of what is forgotten there is no event.
    "customers/import/": 422,
    "customers/import/<uuid:import_id>/": 303,
    "customers/import/<uuid:import_id>/discard/": 303,
    # The pack is sent.
    "account/evidence/": 200,
}


def saved_request(page: str) -> tuple[str, list[tuple[str, str]]]:
    """Read the form that goes on: where to, and its fields."""
    form = re.search(
        r'<form[^>]*action="([^"]+)"[^>]*data-sends-itself>(.*?)</form>', page, re.DOTALL
    )
    assert form, page
    fields = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.group(2), re.DOTALL
    )
    return unescape(form.group(1)), [
        (unescape(name), unescape(value)) for name, value in fields if name != "csrfmiddlewaretoken"
    ]


def as_sent(form: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, one)
        for name, value in form.items()
        for one in (value if isinstance(value, list) else [value])
        if name not in SECRET
    ]


def verify_code(browser, person, to):
    answer = browser.post("/prove/", {"code": codes.next_code(person), "next": to})
    assert (answer.status_code, answer["Location"]) == (303, to)


@pytest.mark.parametrize("pattern", sorted(set(WANTED) - READ_ONLY))
def test_a_form_that_comes_too_late_does_nothing_and_goes_on_after_the_proof(
    boss, forms, clock, pattern
):
    path, form = forms[pattern]
    browser = browsers.browser_of(boss)
    browser.get("/security/")
    clock.shift(timedelta(seconds=WANTED[pattern].seconds))
    before, events = state(), Event.objects.count()

    answer = browser.post(path, form)

    assert (answer.status_code, answer["Location"]) == (303, "/prove/?next=%2Fprove%2Fcontinue%2F")
    assert (state(), Event.objects.count()) == (before, events)
    wrong = {"code": "000000", "next": CONTINUE}
    assert browser.post("/prove/", wrong).status_code == 422
    verify_code(browser, boss, CONTINUE)
    action, fields = saved_request(browser.get(CONTINUE).content.decode())
    assert (action, fields) == (path, as_sent(form))

    events = Event.objects.count()
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    answer = browser.post(action, sent)
    answer.getvalue()
    assert answer.status_code == UNFINISHED.get(pattern, 303), answer.getvalue().decode()
    if pattern not in UNFINISHED:
        assert Event.objects.count() > events
    assert browser.get(CONTINUE).status_code == 303, "it goes on once"


@pytest.mark.parametrize("pattern", sorted(set(WANTED) - READ_ONLY))
def test_a_second_earlier_nothing_is_asked(boss, forms, clock, pattern):
    path, form = forms[pattern]
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(seconds=WANTED[pattern].seconds - 1))
    answer = browser.post(path, form)
    answer.getvalue()
    assert not answer.headers.get("Location", "").startswith("/prove/")


@pytest.mark.parametrize("path", ["/activity/export/", "/activity/export.csv?group=password"])
def test_what_is_taken_along_waits_for_the_proof_too(boss, clock, path):
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(seconds=OTHERS.seconds))
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/prove/?next=%2Factivity%2Fexport")
    assert not people.events(HISTORY_EXPORTED)
    verify_code(browser, boss, path)
    assert browser.get(path).status_code == 200


def test_the_page_of_a_logo_wants_it_before_a_file_is_chosen(boss, forms, clock):
    """A file cannot wait for a proof."""
    path, _ = forms["brands/<uuid:brand_id>/logo/"]
    browser = browsers.browser_of(boss)
    before = len(people.events(BRAND_CHANGED))
    clock.shift(timedelta(seconds=OTHERS.seconds))
    assert browser.get(path)["Location"].startswith("/prove/")
    logo = SimpleUploadedFile("logo.png", b"\x89PNG", content_type="image/png")
    assert browser.post(path, {"kind": "logo", "logo": logo})["Location"].startswith("/prove/")
    assert len(people.events(BRAND_CHANGED)) == before


def test_what_may_be_sent_without_one_is_known(boss, clock):
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(minutes=11))
    unasked = set()
    for route in ROUTES:
        serves = route.declaration is None or route.declaration.step is not None
        if serves or fresh_of(route) or route.pattern.startswith("demo/"):
            continue
        if (
            route.pattern in {"sign-out/", "oidc/logout/confirm/"}
            or browser.post(route.path()).status_code != 405
        ):
            unasked.add(route.pattern)
    assert unasked == set(UNASKED)


def test_another_e_mail_of_one_s_own_wants_one_and_nothing_is_lost(boss, clock):
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(minutes=5))
    wanted = profile(boss, first_name="Else", email="nora@new.example")
    answer = browser.post("/profile/", wanted)
    assert (answer.status_code, answer["Location"]) == (303, "/prove/?next=%2Fprove%2Fcontinue%2F")
    assert people.again(boss).first_name == "Nora"
    assert not EmailChange.objects.exists()
    verify_code(browser, boss, CONTINUE)
    assert saved_request(browser.get(CONTINUE).content.decode()) == ("/profile/", as_sent(wanted))
    assert browser.post("/profile/", wanted).status_code == 303
    assert EmailChange.objects.exists()


@pytest.mark.parametrize("number", ["+49 30 901820", ""])
def test_nor_does_a_stale_one_change_where_one_is_called_back(boss, clock, number):
    """Whoever helps after a loss calls the number on file (OWASP ASVS 5, 7.5.1)."""
    own = "+442079460018"
    Administrator.objects.of(boss.customer_id).filter(id=boss.id).update(phone=own)
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(minutes=5))
    wanted = profile(boss, phone=number)
    answer = browser.post("/profile/", wanted)
    assert (answer.status_code, answer["Location"]) == (303, "/prove/?next=%2Fprove%2Fcontinue%2F")
    assert people.again(boss).phone == own
    verify_code(browser, boss, CONTINUE)
    assert browser.post("/profile/", wanted).status_code == 303
    assert people.again(boss).phone == number.replace(" ", "")


def test_the_rest_of_a_profile_wants_none(boss, clock):
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(minutes=6))
    assert browser.post("/profile/", profile(boss, first_name="Else")).status_code == 303
    assert people.again(boss).first_name == "Else"


def test_another_e_mail_of_a_colleague_wants_one_of_five_minutes(boss, forms, clock):
    path, form = forms["administrators/<uuid:person_id>/"]
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(minutes=5))
    assert browser.post(path, form).status_code == 303
    answer = browser.post(path, form | {"first_name": "Su", "email": "x@x.example"})
    assert answer["Location"].startswith("/prove/")
    assert not EmailChange.objects.exists()
    colleagues = Administrator.objects.of(boss.customer_id)
    assert not colleagues.filter(first_name="Su").exists()


# --- what serves as one ---------------------------------------------------------------------------


def test_the_password_is_none_where_there_is_a_factor(boss, clock):
    browser = browsers.browser_of(boss)
    clock.shift(timedelta(minutes=11))
    answer = browser.post("/prove/", {"password": people.PASSWORD, "next": "/"})
    assert answer.status_code == 422
    answer = browser.post("/security/recovery-codes/")
    assert answer["Location"].startswith("/prove/")


def test_where_there_is_no_factor_the_password_is_one(outsider, clock):
    browser = browsers.browser_of(outsider)
    clock.shift(timedelta(minutes=11))
    form = {"name": "Phone", "code": "123456"}
    assert browser.post("/security/2fa/enable/", form)["Location"].startswith("/prove/")
    answer = browser.post("/prove/", {"password": "wrong", "next": CONTINUE})
    assert answer.status_code == 422
    answer = browser.post("/prove/", {"password": people.PASSWORD, "next": CONTINUE})
    assert answer["Location"] == CONTINUE
    action, fields = saved_request(browser.get(CONTINUE).content.decode())
    assert (action, fields) == ("/security/2fa/enable/", [("name", "Phone")])
    again = browser.post(action, dict(fields))
    assert again.status_code == 422
    assert "Please type the code that your app shows now" in again.content.decode()
    assert 'value="Phone"' in again.content.decode()
