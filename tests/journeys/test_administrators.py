"""The Administrators tab over HTTP: the list, what is done to several, adding somebody."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.accounts import second_press
from doorward.accounts.events import ADMINISTRATOR_ADDED, INVITATION_SENT
from doorward.accounts.models import Administrator, MailedLink, Standing, Status
from doorward.credentials.models import Factor
from doorward.customers import cached
from doorward.customers.models import Tab
from doorward.kernel.text import names
from tests.kit import codes, policies
from tests.kit import people as kit_people
from tests.kit.browsers import browser_of

ONCE = (ADMINISTRATOR_ADDED, INVITATION_SENT)
LIST, ADD = "/administrators/", "/administrators/add/"
NEW: dict[str, Any] = {
    "email": "lena@harbourbakery.example",
    "first_name": "Lena",
    "last_name": "Fischer",
    "phone": "",
    "tabs": ["home", "support"],
}


def text_of(answer):
    return unescape(re.sub(r"<[^>]+>|\s+", " ", answer.content.decode()))


def names_in(answer):
    """Return the names of the list, in its order."""
    return [
        unescape(re.sub(r"<[^>]+>", "", name)).strip()
        for name in re.findall(
            r'class="person">.*?<strong>(.*?)(?: \(you\))?\s*</strong>',
            answer.content.decode(),
            re.DOTALL,
        )
    ]


def box_of(answer):
    return re.findall(r'<input[^>]+name="require_2fa"[^>]*>', answer.content.decode())[0]


def row_of(answer, name):
    rows = re.findall(r"<tr>(.*?)</tr>", answer.content.decode(), re.DOTALL)
    found = [row for row in rows if name in unescape(row)]
    assert len(found) == 1, name
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def error_at(answer, field):
    found = re.search(rf'id="{field}-error"[^>]*>(.*?)</p>', answer.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split()) if found else ""


def alert_in(answer):
    found = re.search(
        r'class="note bad" role="alert"[^>]*>(.*?)</div></div>', answer.content.decode(), re.DOTALL
    )
    found = found or re.search(r'role="alert"[^>]*>(.*?)</div>', answer.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split()) if found else ""


@pytest.fixture
def people(owner):
    """Return nine people in every state, besides the owner."""

    def make(name, **columns):
        email = f"{names.fold(name).replace(' ', '.')}@harbourbakery.example"
        return kit_people.make_administrator(owner.customer, email=email, name=name, **columns)

    made = {
        "Tomasz Król": make("Tomasz Król"),
        "Aiko Tanaka": make("Aiko Tanaka", require_2fa=True),
        "Samuel Osei": make("Samuel Osei", require_2fa=True),
        "Ada Byron": make("Ada Byron"),
        "Владимир Петров": kit_people.make_administrator(
            owner.customer, email="vladimir@harbourbakery.example", name="Владимир Петров"
        ),
        "Zoë Straße": make("Zoë Straße", status=Status.SUSPENDED),
        "Gone Away": make("Gone Away", status=Status.REMOVED),
        "Lena Fischer": kit_people.invite(owner.customer),
    }
    for name in ("Tomasz Król", "Aiko Tanaka", "Ada Byron"):
        codes.enable_app(made[name])
    kit_people.disable_apps(made["Ada Byron"])
    return made


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [LIST, ADD, f"{LIST}?q=ines&page=2"])
def test_only_who_has_the_tab_sees_list_and_form(owner, colleague, outsider, path):
    assert browser_of(owner).get(path).status_code == 200
    refused = browser_of(colleague).get(path)
    assert refused.status_code == 403
    assert owner.email not in refused.content.decode()
    other = browser_of(outsider).get(path)
    assert other.status_code == 200
    assert "harbourbakery" not in other.content.decode()
    assert Client().get(path)["Location"].startswith("/sign-in/?next=")


def test_only_who_has_the_tab_adds_or_requires(owner, colleague, outsider):
    for who, status in ((colleague, 403), (None, 303)):
        browser = browser_of(who) if who else Client()
        assert browser.post(ADD, NEW).status_code == status
        answer = browser.post(LIST, {"action": "require_2fa", "selected": [str(owner.id)]})
        assert answer.status_code == status
    assert browser_of(outsider).post(ADD, NEW).status_code == 303
    assert Administrator.objects.of(owner.customer_id).count() == 2
    assert not kit_people.again(owner).require_2fa


def test_who_is_owed_a_step_sees_and_changes_nothing(owner):
    codes.enable_app(owner)
    browser = Client()
    browser.post("/sign-in/", {"email": owner.email, "password": kit_people.PASSWORD})
    assert browser.get(LIST)["Location"] == "/sign-in/code/"
    assert browser.post(ADD, NEW)["Location"] == "/sign-in/code/"
    assert Administrator.objects.of(owner.customer_id).count() == 1


# --- the list -------------------------------------------------------------------------------------


def test_each_line_says_who_how_protected_which_tabs_when_and_status(owner, people):
    Tab.objects.create(key="pbx", title="Phone system", url="https://pbx.example/")
    cached.forget()
    answer = browser_of(owner).get(LIST)
    line = "TK Tomasz Król tomasz.krol@harbourbakery.example On · app Home, Support Active –"
    assert row_of(answer, "Tomasz Król") == line
    assert "On · app Required Home, Support" in row_of(answer, "Aiko Tanaka")
    assert "Required, not set up" in row_of(answer, "Samuel Osei")
    assert "Device disabled" in row_of(answer, "Ada Byron")
    assert "Invited" in row_of(answer, "Lena Fischer")
    assert "Suspended" in row_of(answer, "Zoë Straße")
    assert re.search(
        r"Off .*Home, Account, Administrators, Activity, Support Active now",
        row_of(answer, "Ines Moreau"),
    )
    assert "Gone Away" not in text_of(answer)
    assert "7 people, 2 of them with two factors." in text_of(answer)
    assert "1–8 of 8" in text_of(answer)


def test_all_tabs_are_said_in_two_words(owner):
    assert "All tabs" in row_of(browser_of(owner).get(LIST), "Ines Moreau")


def test_people_of_another_customer_are_in_no_list_and_no_number(owner, outsider, people):
    browser = browser_of(owner)
    for query in ("", "?status=all", "?q=mallory", "?q=cedar", "?factor=off"):
        assert "Mallory" not in text_of(browser.get(LIST + query))
    assert "7 people, 2 of them" in text_of(browser.get(LIST))
    assert "1–8 of 8" in text_of(browser.get(LIST))
    assert "1–9 of 9" in text_of(browser.get(f"{LIST}?status=all"))
    assert "1–4 of 4" in text_of(browser.get(f"{LIST}?factor=off&status="))


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("osei", ["Samuel Osei"]),
        ("OSEI sam", ["Samuel Osei"]),
        ("krol", ["Tomasz Król"]),
        ("KRÓL", ["Tomasz Król"]),
        ("zoe strasse", ["Zoë Straße"]),
        ("ПЕТРОВ", ["Владимир Петров"]),
        ("vladimir@", ["Владимир Петров"]),
        ("  ", None),
        ("nobody-at-all", []),
        ("%", []),
        ("_", []),
        ("'; --", []),
        ("\0osei", ["Samuel Osei"]),
        ("x" * 5000, []),
    ],
)
def test_search_finds_name_or_email_in_any_script_and_letter_case(owner, people, q, found):
    answer = browser_of(owner).get(LIST, {"q": q})
    assert answer.status_code == 200
    names = names_in(answer)
    assert names == found if found is not None else len(names) == 8


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (
            "status=active",
            {
                "Ines Moreau",
                "Tomasz Król",
                "Aiko Tanaka",
                "Samuel Osei",
                "Ada Byron",
                "Владимир Петров",
            },
        ),
        ("status=invited", {"Lena Fischer"}),
        ("status=suspended", {"Zoë Straße"}),
        ("status=removed", {"Gone Away"}),
        ("factor=on", {"Tomasz Król", "Aiko Tanaka"}),
        ("factor=off&status=active", {"Ines Moreau", "Samuel Osei", "Владимир Петров"}),
        ("factor=required", {"Aiko Tanaka", "Samuel Osei"}),
        ("factor=required-missing", {"Samuel Osei"}),
        ("factor=locked", {"Ada Byron"}),
        ("factor=on&q=aiko", {"Aiko Tanaka"}),
    ],
)
def test_filters_stand_in_the_address(owner, people, query, found):
    assert set(names_in(browser_of(owner).get(f"{LIST}?{query}"))) == found


def test_all_shows_the_removed_too_without_a_way_to_them(owner, people):
    answer = browser_of(owner).get(f"{LIST}?status=all")
    assert len(names_in(answer)) == 9
    assert str(people["Gone Away"].id) not in answer.content.decode()


def test_a_policy_makes_all_required(owner, people):
    policies.require(owner.customer_id, from_day=timezone.now().date() + timedelta(days=30))
    browser = browser_of(owner)
    browser.get("/sign-in/set-up/")
    browser.post("/sign-in/set-up/", {"later": "on"})
    answer = browser.get(f"{LIST}?factor=required-missing&status=active")
    assert set(names_in(answer)) == {"Ines Moreau", "Samuel Osei", "Ada Byron", "Владимир Петров"}
    assert "Required from" in row_of(answer, "Ines Moreau")


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "factor=x",
        "sort=x",
        "sort=--name",
        "page=0",
        "page=-1",
        "page=x",
        "page=²",
        "page=" + "9" * 400,
        "q=a&q=osei",
        "sort=",
        "x=y",
    ],
)
def test_an_odd_address_shows_the_list_all_the_same(owner, people, query):
    answer = browser_of(owner).get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert "Samuel Osei" in names_in(answer)


def test_it_sorts_both_ways_and_who_never_signed_in_stands_last(owner, people):
    browser = browser_of(owner)

    def names(sort):
        return names_in(browser.get(f"{LIST}?sort={sort}"))

    by_name = [
        "Ada Byron",
        "Lena Fischer",
        "Tomasz Król",
        "Ines Moreau",
        "Samuel Osei",
        "Zoë Straße",
        "Aiko Tanaka",
        "Владимир Петров",
    ]
    assert names("name") == by_name
    assert names("-name") == by_name[::-1]
    assert names("email") == sorted(
        names("name"),
        key=lambda name: (
            Administrator.objects.of(owner.customer_id).get(first_name=name.split()[0]).email
        ),
    )
    now = timezone.now()
    for name, days in (("Ada Byron", 2), ("Samuel Osei", 1)):
        kit_people.was_signed_in(people[name], now - timedelta(days=days))
    assert names("-last_sign_in")[:3] == ["Ines Moreau", "Samuel Osei", "Ada Byron"]
    assert names("last_sign_in")[:3] == ["Ada Byron", "Samuel Osei", "Ines Moreau"]
    ranked = names("2fa")
    assert ranked[0] == "Samuel Osei"
    assert ranked[-3:] == ["Ada Byron", "Tomasz Król", "Aiko Tanaka"]
    assert names("-2fa")[-1] == "Samuel Osei"


def test_the_head_of_a_column_says_how_it_is_sorted_and_turns_round(owner):
    page = browser_of(owner).get(f"{LIST}?sort=-last_sign_in&factor=off").content.decode()
    assert 'aria-sort="descending"' in page
    assert "/administrators/?factor=off&amp;sort=last_sign_in" in page


@pytest.fixture
def crowd(owner):
    """Add 60 people with a few sign-ins and apps."""
    now = timezone.now()
    rows = [
        Administrator(
            customer=owner.customer,
            email=f"p{number}@x.example",
            email_folded=f"p{number}@x.example",
            **Administrator.name_columns(first_name="P", last_name=f"{number:03}"),
            status=Status.ACTIVE,
            added_at=now,
            password="!",
            tabs=" home ",
            standing=Standing.NONE if number % 2 else Standing.APP,
        )
        for number in range(60)
    ]
    Administrator.objects.everywhere().bulk_create(rows)
    Factor.objects.bulk_create(
        Factor(administrator=row, kind="app", name="x", sealed=b"", confirmed_at=now)
        for row in rows[::2]
    )
    return rows


def test_pages_do_not_overlap_and_end(owner, crowd):
    browser, seen, path = browser_of(owner), [], f"{LIST}?q=x.example&sort=2fa"
    for shown in (25, 25, 10):
        answer = browser.get(path)
        seen += names_in(answer)
        assert len(names_in(answer)) == shown
        further = re.search(r'rel="next"\s+href="([^"]+)"', answer.content.decode())
        path = unescape(further.group(1)) if further else ""
    assert (path, len(set(seen))) == ("", 60)
    assert "51–60 of 60" in text_of(browser.get(f"{LIST}?q=x.example&page=99"))


@pytest.mark.parametrize(
    "query", ["", "?q=p", "?q=p&factor=on&status=active&sort=2fa&page=2", "?sort=-last_sign_in"]
)
def test_the_number_of_queries_is_small_and_does_not_grow(owner, crowd, query):
    browser = browser_of(owner)
    browser.get(LIST)
    cached.forget()
    with CaptureQueriesContext(connection) as many:
        browser.get(LIST + query)
    Administrator.objects.everywhere().filter(email__endswith="@x.example").exclude(
        last_name="000"
    ).delete()
    cached.forget()
    with CaptureQueriesContext(connection) as few:
        browser.get(LIST + query)
    assert len(few) <= len(many) <= 8


def test_an_empty_list_says_what_to_do(owner):
    browser = browser_of(owner)
    answer = browser.get(f"{LIST}?q=<b>zzz</b>")
    assert "Nobody found" in text_of(answer)
    assert "Show everybody" in text_of(answer)
    assert "<b>zzz</b>" not in answer.content.decode()
    assert "has set them up" in text_of(browser.get(f"{LIST}?factor=required-missing"))


# --- several at once ------------------------------------------------------------------------------


def test_those_who_are_marked_have_to_use_two_factors_from_now_on(owner, people):
    chosen = [people["Tomasz Król"], people["Ada Byron"], people["Samuel Osei"]]
    browser = browser_of(owner)
    path = f"{LIST}?q=a&sort=-name"
    answer = browser.post(
        path, {"action": "require_2fa", "selected": [str(one.id) for one in chosen]}
    )
    assert (answer.status_code, answer["Location"]) == (303, path)
    assert all(kit_people.again(one).require_2fa for one in chosen)
    assert not kit_people.again(people["Владимир Петров"]).require_2fa
    assert "now required of 2 people" in text_of(browser.get(path))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"action": "require_2fa"}, "Select at least one person."),
        ({"action": "remove", "selected": "me"}, "There is no such action."),
        ({"action": "", "selected": "me"}, "There is no such action."),
        ({"selected": "me"}, "There is no such action."),
        ({"action": "require_2fa", "selected": "x"}, "This no longer exists."),
        ({"action": "require_2fa", "selected": "nobody"}, "This no longer exists."),
        (
            {"action": "require_2fa", "selected": "outsider"},
            "This no longer exists.",
        ),
    ],
)
def test_what_cannot_be_done_to_several_is_said_on_the_list(
    owner, colleague, outsider, form, sentence
):
    ids = {"me": owner.id, "outsider": outsider.id, "nobody": uuid4()}
    if "selected" in form:
        form = form | {"selected": [str(colleague.id), str(ids.get(form["selected"], "x"))]}
    answer = browser_of(owner).post(LIST, form)
    assert answer.status_code == 422
    assert 'data-page="administrators"' in answer.content.decode()
    assert sentence in alert_in(answer)
    assert "Samuel Osei" in names_in(answer)
    for person in (owner, colleague, outsider):
        assert not kit_people.again(person).require_2fa


# --- adding ---------------------------------------------------------------------------------------


def test_somebody_is_added_and_invited(owner):
    browser = browser_of(owner)
    answer = browser.post(ADD, NEW | {"require_2fa": "on", "phone": "+49 30 901820"})
    assert (answer.status_code, answer["Location"]) == (303, LIST)
    lena = Administrator.objects.of(owner.customer_id).get(email=NEW["email"])
    assert (lena.status, lena.require_2fa, lena.phone) == (Status.INVITED, True, "+4930901820")
    assert lena.tab_keys == {"home", "support"}
    assert kit_people.events(INVITATION_SENT)[0].actor_id == owner.id
    listed = browser.get(LIST)
    assert "Lena Fischer is invited" in text_of(listed)
    assert "Required, not set up" in row_of(listed, NEW["email"].split("@")[0])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "so it cannot be unticked. Asked for at the first sign-in"),
        ({"newcomer_days": 9}, "so it cannot be unticked. They have to set it up by"),
    ],
)
def test_where_it_is_asked_of_everybody_the_box_of_somebody_new_is_ticked_and_locked(
    owner, values, sentence
):
    browser = browser_of(owner)
    assert " disabled" not in box_of(browser.get(ADD))
    codes.enable_app(owner)
    policies.require(owner.customer_id, **values)
    shown = browser_of(owner).get(ADD)
    assert re.search(r" checked\b.* disabled\b|disabled\b.* checked\b", box_of(shown))
    assert sentence in text_of(shown)


def test_pressed_twice_somebody_is_added_once_and_the_second_says_the_same(owner, colleague):
    browser, form = browser_of(owner), NEW | {"require_2fa": "on", "tabs": ["home", "activity"]}
    for _press in range(2):
        answer = browser.post(ADD, form)
        assert (answer.status_code, answer["Location"]) == (303, LIST)
        assert "Lena Fischer is invited" in text_of(browser.get(LIST))
    events = {one: kit_people.events(one, subject_email=NEW["email"]) for one in ONCE}
    assert {event_type: len(found) for event_type, found in events.items()} == dict.fromkeys(
        ONCE, 1
    )
    # What is not the very same, of the same session, a moment later, is somebody else's e-mail.
    rows = Administrator.objects.of(owner.customer_id).filter(id=colleague.id)
    rows.update(tabs=kit_people.again(owner).tabs)
    for one, sent in ((browser, form | {"tabs": ["home"]}), (browser_of(colleague), form)):
        answer = one.post(ADD, sent)
        assert answer.status_code == 422
        assert "Another account has this e-mail." in text_of(answer)
    with time_machine.travel(timezone.now() + second_press.TWICE, tick=True):
        assert browser.post(ADD, form).status_code == 422


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "", "Type an e-mail like name@example.com."),
        ("email", "lena", "Type an e-mail like name@example.com."),
        (
            "email",
            "lena@example.com\r\nBcc: all@example.com",
            "Type an e-mail like name@example.com.",
        ),
        ("email", "лена@example.com", "Type an e-mail like name@example.com."),
        ("email", "l@" + "x" * 300 + ".example", "Type an e-mail like name@example.com."),
        ("email", "INES.moreau@harbourbakery.example", "Another account has this e-mail."),
        ("email", "mallory@cedarclinic.example", "Another account has this e-mail."),
        ("first_name", "x" * 61, "Use at most 60 characters."),
        ("first_name", "Le\x00na", "This contains characters that are not allowed."),
        ("last_name", "Fi\u202escher", "This contains characters that are not allowed."),
        ("phone", "12", "Type the number with its country code"),
        ("phone", "call me", "Type the number with its country code"),
        ("phone", "+4930901820" * 9, "Use at most 50 characters."),
        ("tabs", ["home", "fax"], "There is no such tab."),
        ("tabs", ["customers"], "There is no such tab."),
        ("tabs", ["home administrators"], "There is no such tab."),
        ("tabs", [""], "There is no such tab."),
    ],
)
def test_a_bad_field_is_told_at_its_place_and_what_was_typed_stays(
    owner, outsider, field, value, sentence
):
    answer = browser_of(owner).post(ADD, NEW | {"last_name": "O'Neill", field: value})
    assert answer.status_code == 422
    place = error_at(answer, field) or alert_in(answer)
    assert sentence in place
    page = answer.content.decode()
    if field != "last_name":
        assert "O&#39;Neill" in page
    assert Administrator.objects.of(owner.customer_id).count() == 1
    assert not MailedLink.objects.exists()


def test_all_bad_fields_are_told_at_once(owner):
    bad = {"email": "x", "first_name": "", "last_name": "", "phone": "1", "tabs": []}
    answer = browser_of(owner).post(ADD, bad)
    assert all(error_at(answer, name) for name in ("email", "first_name", "last_name", "phone"))


@pytest.mark.parametrize(("first", "last"), [("", "Sukarno"), ("Sukarno", ""), (" ", "Ὅμηρος")])
def test_who_has_one_name_is_added_with_it(owner, first, last):
    form = NEW | {"first_name": first, "last_name": last}
    browser = browser_of(owner)
    assert browser.post(ADD, form).status_code == 303
    name = (first + last).strip()
    person = Administrator.objects.of(owner.customer_id).get(email=NEW["email"])
    assert person.full_name == name
    address = f"/administrators/{person.id}/"
    assert name in browser.get(address).content.decode()
    assert name in names_in(browser.get("/administrators/"))
    # And keeps it through the form of the person's page and through their own profile.
    form |= {"phone": "0049 30 901820", "status": "active"}
    assert browser.post(address, form).status_code == 303
    person = kit_people.again(person)
    assert (person.full_name, person.phone) == (name, "+4930901820")
    # As somebody who has a password.
    kept = {"status": Status.ACTIVE, "password": owner.password, "password_long": True}
    Administrator.objects.everywhere().filter(id=person.id).update(**kept)
    own = {"first_name": last, "last_name": first, "phone": "", "email": person.email}
    answer = browser_of(kit_people.again(person)).post(
        "/profile/", own | {"language": "en", "time_zone": "UTC"}
    )
    assert answer.status_code == 303
    assert kit_people.again(person).full_name == name


@pytest.mark.parametrize("names", [("", ""), (" ", "\u2003")])
def test_who_has_no_name_is_asked_for_one(owner, names):
    answer = browser_of(owner).post(ADD, NEW | {"first_name": names[0], "last_name": names[1]})
    assert answer.status_code == 422
    assert "Type a name." in error_at(answer, "first_name")


@pytest.mark.parametrize("field", ["email", "first_name", "last_name", "phone"])
@pytest.mark.parametrize("how", ["missing", "twice"])
def test_a_field_that_is_missing_or_there_twice_is_no_form_of_ours(owner, field, how):
    form = {name: value for name, value in NEW.items() if name != field}
    if how == "twice":
        form[field] = ["a@b.example", "c@d.example"]
    answer = browser_of(owner).post(ADD, form)
    assert answer.status_code == 422
    assert "Something is missing from this form" in text_of(answer)
    assert Administrator.objects.of(owner.customer_id).count() == 1


def test_no_tab_ticked_is_no_tab(owner):
    browser_of(owner).post(ADD, NEW | {"tabs": []})
    assert (
        Administrator.objects.of(owner.customer_id).get(email=NEW["email"]).tab_keys == frozenset()
    )


@pytest.mark.parametrize("value", ["off", "true", "1", "ON"])
def test_a_box_is_ticked_by_on_alone(owner, value):
    browser_of(owner).post(ADD, NEW | {"require_2fa": value})
    assert not Administrator.objects.of(owner.customer_id).get(email=NEW["email"]).require_2fa


def test_the_staff_of_the_provider_can_have_the_staff_s_tabs(db):
    boss = kit_people.make_administrator(
        kit_people.provider(),
        email="boss@northline.example",
        name="Robin Boss",
        tabs={"administrators"},
    )
    browser = browser_of(boss)
    assert 'value="customers"' in browser.get(ADD).content.decode()
    assert browser.post(ADD, NEW | {"tabs": ["customers", "brands"]}).status_code == 303


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(owner, method):
    browser = browser_of(owner)
    for path in (LIST, ADD, f"{LIST}{owner.id}/"):
        assert getattr(browser, method)(path).status_code == 405
