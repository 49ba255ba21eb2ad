"""One's own profile and password."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password

from doorward.accounts.events import DETAILS_CHANGED, LANGUAGE_CHANGED
from doorward.accounts.models import Administrator, EmailChange
from doorward.credentials.events import PASSWORD_CHANGED, PROOF_FAILED
from doorward.sessions.models import Session
from doorward.web.profile.zones import zone_options
from tests.kit import browsers, codes, people

CONTROL = "\x07"


def fields(**changes):
    return {
        "first_name": "Ines",
        "last_name": "Moreau",
        "phone": "",
        "email": "ines.moreau@harbourbakery.example",
        "language": "en",
        "time_zone": "UTC",
    } | changes


@pytest.fixture
def browser(owner):
    return browsers.browser_of(owner)


def test_the_page_shows_what_is_stored(owner, browser):
    Administrator.objects.of(owner.customer_id).update(
        phone="+442079460018", time_zone="Europe/Lisbon"
    )
    answer = browser.get("/profile/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-page="profile"' in page
    assert 'value="+44 20 7946 0018"' in page
    assert '<option value="Europe/Lisbon" selected>Lisbon</option>' in page
    assert '<optgroup label="Europe">' in page


@pytest.mark.parametrize(("shown", "chosen"), [("en", "en"), ("de", "de")])
def test_a_language_that_the_page_had_by_itself_is_no_choice(owner, browser, shown, chosen):
    assert people.again(owner).language == ""
    browser.post(
        "/profile/",
        fields(language=chosen, phone="+44 20 7946 0018"),
        headers={"Accept-Language": shown},
    )
    assert people.events(LANGUAGE_CHANGED) == []
    assert people.again(owner).language == ""


def test_everything_but_the_email_is_changed_at_once(owner, browser):
    answer = browser.post(
        "/profile/",
        fields(
            first_name=" Inès ",
            last_name="Moreau-Bélanger",
            phone="+44 20 7946 0018",
            language="de",
            time_zone="Asia/Tokyo",
        ),
    )
    assert (answer.status_code, answer["Location"]) == (303, "/profile/")
    person = people.again(owner)
    assert person.full_name == "Inès Moreau-Bélanger"
    assert person.phone == "+442079460018"
    assert (person.language, person.time_zone) == ("de", "Asia/Tokyo")
    assert person.name_sort == "moreau belanger\x1fines"
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"
    [event] = people.events(DETAILS_CHANGED)
    assert event.details == {"changed": ["first_name", "last_name", "phone", "time_zone"]}
    assert event.typed == {
        "before": {
            "first_name": owner.first_name,
            "last_name": owner.last_name,
            "phone": "",
            "time_zone": "UTC",
        },
        "after": {
            "first_name": "Inès",
            "last_name": "Moreau-Bélanger",
            "phone": "+442079460018",
            "time_zone": "Asia/Tokyo",
        },
    }
    assert len(people.events(LANGUAGE_CHANGED)) == 1
    assert 'lang="de"' in browser.get("/profile/").content.decode()


def test_what_stays_as_it_is_is_no_event(owner, browser):
    browser.post("/profile/", fields())
    browser.post("/profile/", fields())
    assert not people.events(DETAILS_CHANGED)
    assert people.events(LANGUAGE_CHANGED) == []


@pytest.mark.parametrize("missing", fields())
def test_a_missing_field_changes_nothing(owner, browser, missing):
    sent = fields(first_name="Else", last_name="Else")
    del sent[missing]
    assert browser.post("/profile/", sent).status_code == 422
    assert people.again(owner).full_name == "Ines Moreau"


@pytest.mark.parametrize("twice", fields())
def test_a_list_where_one_value_belongs_changes_nothing(owner, browser, twice):
    sent = [*fields(first_name="Else").items(), (twice, "x")]
    answer = browser.post(
        "/profile/", urlencode(sent), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 422
    assert people.again(owner).first_name == "Ines"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("last_name", "x" * 61, "Use at most 60 characters."),
        ("last_name", f"Mor{CONTROL}eau", "This contains characters that are not allowed."),
        ("first_name", "a\u202eb", "This contains characters that are not allowed."),
        ("phone", "123", "country code"),
        ("phone", f"+44 20{CONTROL}", "not allowed"),
        ("phone", "+44 " + "9" * 60, "Use at most"),
        ("email", "", "Type an e-mail like"),
        ("email", "nobody", "Type an e-mail like"),
        ("email", f"a{CONTROL}@b.example", "Type an e-mail like"),
        ("language", "xx", "Choose one from the list."),
        ("language", "", "Choose one from the list."),
        ("time_zone", "Mars/Olympus", "Choose one from the list."),
        ("time_zone", "../../etc/passwd", "Choose one from the list."),
    ],
)
def test_bad_input_is_said_at_its_field_and_changes_nothing(owner, browser, name, value, said):
    answer = browser.post("/profile/", fields(first_name="Else") | {name: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'id="{name}-error"' in page
    assert people.again(owner).first_name == "Ines"
    if name != "first_name":
        assert 'value="Else"' in page  # what was typed is kept


def test_every_wrong_field_is_said_at_once(browser):
    page = browser.post(
        "/profile/", fields(first_name="", last_name="", email="x", time_zone="x")
    ).content
    assert all(f'id="{one}-error"'.encode() in page for one in ("first_name", "email", "time_zone"))


@pytest.mark.parametrize("name", ["Ἀθηνᾶ", "محمد", "陳大文", "O’Brien", "Zoë <b>"])
def test_names_of_all_scripts_are_kept_as_they_are(owner, browser, name):
    assert browser.post("/profile/", fields(first_name=name)).status_code == 303
    assert people.again(owner).first_name == name
    assert "<b>" not in browser.get("/profile/").content.decode().partition("<form")[2][:6000]


# --- the e-mail -----------------------------------------------------------------------------------


def test_another_email_waits_for_its_confirmation(owner, browser):
    answer = browser.post("/profile/", fields(email="ines@new.example", phone="+442079460018"))
    assert answer.status_code == 303
    person = people.again(owner)
    assert person.email == "ines.moreau@harbourbakery.example"
    assert person.phone == "+442079460018"
    assert EmailChange.objects.get().email == "ines@new.example"
    page = browser.get("/profile/").content.decode()
    assert "Open it to confirm the new e-mail" in page
    assert "ines@new.example is waiting to be confirmed" in page


def test_an_email_that_somebody_has_changes_nothing(owner, colleague, browser):
    answer = browser.post("/profile/", fields(first_name="Else", email=colleague.email.upper()))
    assert answer.status_code == 422
    assert "Another account has this e-mail." in answer.content.decode()
    assert people.again(owner).first_name == "Ines"


def test_the_time_zones_hold_whatever_is_stored(db):
    chosen = [option.value for option in zone_options("Etc/GMT+3") if option.selected]
    assert chosen == ["Etc/GMT+3"]
    values = [option.value for option in zone_options("UTC")]
    assert len(values) == len(set(values))
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= set(values)


def test_the_page_costs_three_queries(browser, django_assert_num_queries):
    browser.get("/profile/")
    with django_assert_num_queries(3):
        browser.get("/profile/")


# --- the password ---------------------------------------------------------------------------------

PASSWORDS = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}


def test_the_password_is_changed_and_other_browsers_are_out(owner, browser):
    other = browsers.browser_of(owner)
    other.get("/")
    answer = browser.post("/profile/password/", PASSWORDS)
    assert (answer.status_code, answer["Location"]) == (303, "/security/")
    assert check_password(people.OTHER_PASSWORD, people.again(owner).password)
    assert "Your password is changed." in browser.get("/profile/").content.decode()
    assert other.get("/").headers["Location"].startswith("/sign-in/")
    assert len(people.events(PASSWORD_CHANGED)) == 1


def test_a_wrong_current_password_is_said_and_recorded(owner, browser):
    answer = browser.post("/profile/password/", PASSWORDS | {"current": "another one, wrong"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This is not your current password." in page
    assert "another one" not in page
    assert people.OTHER_PASSWORD not in page
    assert people.events(PROOF_FAILED)[0].details == {"reason": "wrong_password"}


def test_guessing_the_current_password_has_to_wait(owner, browser):
    for _ in range(5):
        browser.post("/profile/password/", PASSWORDS | {"current": "another one, wrong"})
    answer = browser.post("/profile/password/", PASSWORDS)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "data-waits" in answer.content.decode()


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("", "Type a password."),
        ("too short", "Use at least 15 characters."),
        ("x" * 300, "Use at most 128 characters."),
        ("passwordpassword", "Many people use this password"),
        ("my harbour bakery pass", "Choose a password that does not contain"),
        (people.PASSWORD, "This is your current password."),
    ],
)
def test_a_password_that_breaks_a_rule_is_not_taken(owner, browser, chosen, said):
    answer = browser.post("/profile/password/", PASSWORDS | {"password": chosen})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert check_password(people.PASSWORD, people.again(owner).password)


def test_with_two_factors_twelve_characters_do(owner):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    assert "At least 12 characters" in browser.get("/profile/password/").content.decode()
    answer = browser.post("/profile/password/", PASSWORDS | {"password": "kettle-rain9"})
    assert answer.status_code == 303


def test_an_old_session_has_to_prove_first(owner, clock):
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=6))
    page = browser.get("/profile/password/").content.decode()
    assert 'href="/prove/?next=/profile/password/"' in page
    assert 'name="current"' not in page
    answer = browser.post("/profile/password/", PASSWORDS)
    assert answer["Location"] == "/prove/?next=%2Fprove%2Fcontinue%2F"
    assert check_password(people.PASSWORD, people.again(owner).password)
    assert b"seven bridges" not in bytes(Session.objects.get().saved_request or b"")
    browser.post("/prove/", {"password": people.PASSWORD, "next": "/prove/continue/"})
    answer = browser.post("/profile/password/", {})  # the form goes on, without its secrets
    assert answer.status_code == 422
    assert "please type both again" in answer.content.decode()
    assert browser.post("/profile/password/", PASSWORDS).status_code == 303


def test_each_box_about_oneself_says_what_belongs_into_it(browser):
    """WCAG 2.2, 1.3.5: a browser fills it in, and a reader's help can show what it is for."""
    page = browser.get("/profile/").content.decode()
    page += browser.get("/profile/second-address/").content.decode()
    boxes = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* autocomplete="([^"]*)"', page))
    assert {name: word for name, word in boxes.items() if name != "q"} == {
        "first_name": "given-name",
        "last_name": "family-name",
        "phone": "tel",
        "email": "email",
        "second_email": "email",
    }


@pytest.mark.parametrize("missing", PASSWORDS)
def test_a_missing_password_changes_nothing(owner, browser, missing):
    sent = {name: value for name, value in PASSWORDS.items() if name != missing}
    assert browser.post("/profile/password/", sent).status_code == 422
    assert check_password(people.PASSWORD, people.again(owner).password)


def test_password_managers_know_the_boxes(browser):
    page = browser.get("/profile/password/").content.decode()
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert 'autocomplete="username"' in page


# --- language, and staying signed in --------------------------------------------------------------


def test_a_stranger_chooses_a_language_for_the_browser(customer, client):
    answer = client.post("/language/", {"language": "de", "next": "/sign-in/?next=/profile/"})
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=/profile/")
    assert 'lang="de"' in client.get("/sign-in/").content.decode()


def test_the_language_of_somebody_signed_in_is_theirs_everywhere(owner, browser):
    browser.post("/language/", {"language": "de", "next": "/profile/"})
    assert people.again(owner).language == "de"
    assert 'lang="de"' in browsers.browser_of(owner).get("/").content.decode()


@pytest.mark.parametrize("sent", [{}, {"language": "xx"}, {"language": ["de", "en"]}])
def test_no_language_is_no_choice(customer, client, sent):
    answer = client.post("/language/", sent)
    assert answer.status_code == 422
    assert "language" not in answer.cookies


def test_staying_signed_in_moves_the_end(owner, clock):
    browser = browsers.browser_of(owner)
    browser.get("/")
    clock.shift(timedelta(minutes=29))
    assert browser.post("/session/stay/", {"next": "/profile/"})["Location"] == "/profile/"
    clock.shift(timedelta(minutes=29))
    assert browser.get("/").status_code == 200
    clock.shift(timedelta(minutes=31))
    assert browser.post("/session/stay/")["Location"] == "/sign-in/"


@pytest.mark.parametrize("path", ["/profile/", "/profile/password/"])
def test_nobody_else_sees_it(path, customer, client):
    assert client.get(path)["Location"].startswith("/sign-in/?next=")
    assert client.post(path, fields() | PASSWORDS)["Location"] == "/sign-in/"
