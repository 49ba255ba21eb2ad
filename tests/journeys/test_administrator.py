"""One person's page over HTTP: seen and changed by the owner, a colleague, an outsider, a stranger."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink, Status
from doorward.audit.models import Event
from doorward.credentials.events import PASSWORD_LINK_SENT
from doorward.customers import cached
from doorward.customers.events import ACCESS_REFUSED
from doorward.customers.models import Tab
from doorward.customers.tabs import ADMINISTRATORS
from doorward.notifications.mailboxes import deliveries_of
from doorward.sessions.events import OTHER_SESSIONS_ENDED
from doorward.sessions.models import Session
from tests.kit import codes, people, policies
from tests.kit.browsers import browser_of
from tests.kit.pages import form, page

RIGHT = frozenset({"home", ADMINISTRATORS})
DEEDS = ("password-link", "resend-invitation", "revoke-invitation", "end-sessions")


def row(person):
    return Administrator.objects.everywhere().filter(id=person.id).values().get()


def text_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def box_of(answer, name, value=""):
    """Return the tag of a checkbox."""
    inputs = re.findall(r"<input[^>]+>", answer.content.decode())
    found = [
        one
        for one in inputs
        if 'type="checkbox"' in one
        and f'name="{name}"' in one
        and (not value or f'value="{value}"' in one)
    ]
    assert len(found) == 1, found
    return found[0]


def error_at(answer, field):
    found = re.search(rf'id="{field}-error"[^>]*>(.*?)</p>', answer.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split()) if found else ""


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["", "history"])
def test_only_a_colleague_with_the_right_sees_a_person(owner, colleague, outsider, deed):
    path = page(colleague, deed)
    assert browser_of(owner).get(path).status_code == 200
    for who, status in ((colleague, 403), (outsider, 404)):
        answer = browser_of(who).get(path)
        assert answer.status_code == status
        if who is outsider:
            assert colleague.last_name not in answer.content.decode()
    assert Client().get(path)["Location"].startswith("/sign-in/")


def test_only_a_colleague_with_the_right_changes_a_person(owner, colleague, outsider):
    before = row(owner)
    wanted = form(owner, first_name="Changed", require_2fa="on", email="x@x.example")
    assert browser_of(colleague).post(page(owner), wanted).status_code == 403
    assert browser_of(outsider).post(page(owner), wanted).status_code == 404
    assert Client().post(page(owner), wanted).status_code == 303
    assert row(owner)["first_name"] == before["first_name"]
    assert not people.again(owner).require_2fa
    assert not EmailChange.objects.exists()


@pytest.mark.parametrize("deed", DEEDS)
def test_only_a_colleague_with_the_right_does_the_rest(owner, colleague, outsider, deed):
    person = owner if deed in {"password-link", "end-sessions"} else people.invite(owner.customer)
    events, made = Event.objects.count(), MailedLink.objects.count()
    for who, status in ((colleague, 403), (outsider, 404)):
        assert browser_of(who).post(page(person, deed)).status_code == status
    assert Client().post(page(person, deed)).status_code == 303
    assert MailedLink.objects.count() == made
    types = set(Event.objects.order_by("id")[events:].values_list("type", flat=True))
    assert types <= {"signed_in", "access_refused"}


def test_who_is_not_there_is_not_found(owner):
    gone = people.make_administrator(owner.customer, email="gone@x.example", status=Status.REMOVED)
    browser = browser_of(owner)
    for path in (
        page(gone),
        page(gone, "history"),
        f"/administrators/{uuid4()}/",
        "/administrators/1/",
        "/administrators/x/",
    ):
        assert browser.get(path).status_code == 404
    for deed in DEEDS:
        answer = browser.post(page(gone, deed), form(gone, status="active"))
        assert answer["Location"] == "/administrators/", deed
    again = browser.post(page(gone), form(gone, status="active"))
    assert again["Location"] == "/administrators/"
    assert people.again(gone).status == Status.REMOVED


def test_the_event_of_a_refused_look_says_who_and_where(owner, colleague):
    browser_of(colleague).get(page(owner))
    event = people.events(ACCESS_REFUSED)[0]
    assert (event.actor_id, event.details) == (colleague.id, {"tab": ADMINISTRATORS})


# --- what the page says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "locked", "required", "sentence"),
    [
        (False, False, False, "Samuel Osei signs in with a password alone."),
        (
            False,
            False,
            True,
            "Samuel Osei has not set it up yet and will be asked to at the next click.",
        ),
        (True, False, False, "Samuel Osei uses two-factor sign-in and can turn it off."),
        (True, False, True, "Samuel Osei uses two-factor sign-in and cannot turn it off."),
        (True, True, True, "can still sign in with a recovery code"),
    ],
)
def test_the_tick_says_in_a_sentence_how_they_stand(
    owner, colleague, app, locked, required, sentence
):
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(require_2fa=required)
    if app:
        codes.enable_app(colleague)
    if locked:
        people.disable_apps(colleague)
    answer = browser_of(owner).get(page(colleague))
    assert sentence in text_of(answer)
    assert (" checked" in box_of(answer, "require_2fa")) is required
    assert " disabled" not in box_of(answer, "require_2fa")


def test_the_providers_own_people_are_not_told_of_a_provider_of_theirs(owner):
    provider = people.provider()
    staff, other = (
        people.make_administrator(provider, email=f"{name}@provider.example", tabs=RIGHT)
        for name in ("nora", "theo")
    )
    codes.enable_app(staff)
    policies.require_by_brand(provider.brand_id)
    shown = text_of(browser_of(staff).get(page(other)))
    assert "It is required of everybody at the provider, so it cannot be unticked." in shown
    assert "Your provider" not in shown


@pytest.mark.parametrize(
    ("require", "sentence"),
    [
        (
            lambda customer: policies.require(customer.id),
            "The account's policy requires it of everybody",
        ),
        (
            lambda customer: policies.require_by_minimum(customer.id),
            "The provider requires it of everybody here",
        ),
        (
            lambda customer: policies.require_by_brand(customer.brand_id),
            "The provider requires it of everybody here",
        ),
    ],
    ids=["policy", "minimum of the customer", "minimum of the brand"],
)
def test_where_policy_or_minimum_hold_it_the_tick_stands_and_says_why(
    owner, colleague, require, sentence
):
    codes.enable_app(owner)
    require(owner.customer)
    browser = browser_of(owner)
    answer = browser.get(page(colleague))
    box = box_of(answer, "require_2fa")
    assert " checked" in box
    assert " disabled" in box
    assert sentence in text_of(answer)
    # A disabled box is not sent: that must neither tick nor untick.
    for ticked in (True, False):
        rows = Administrator.objects.of(owner.customer_id).filter(id=colleague.id)
        rows.update(require_2fa=ticked)
        sent = form(people.again(colleague), first_name="Sam", require_2fa=None)
        assert browser.post(page(colleague), sent).status_code == 303
        assert people.again(colleague).require_2fa is ticked


def test_the_tabs_are_boxes_also_the_provider_s_own(owner, colleague):
    Tab.objects.create(key="pbx", title="Phone system", url="https://pbx.example/")
    cached.forget()
    browser = browser_of(owner)
    answer = browser.get(page(colleague))
    assert " checked" in box_of(answer, "tabs", "home")
    assert " checked" not in box_of(answer, "tabs", "pbx")
    assert "Can add people and require 2FA" in text_of(answer)
    assert "customers" not in re.findall(r'name="tabs" value="([^"]+)"', answer.content.decode())
    browser.post(page(colleague), form(colleague, tabs=["home", "pbx"]))
    assert people.again(colleague).tab_keys == {"home", "pbx"}


def test_one_s_own_page_explains_what_one_cannot_do(owner):
    answer = browser_of(owner).get(page(owner))
    box = box_of(answer, "tabs", ADMINISTRATORS)
    assert " checked" in box
    assert " disabled" in box
    assert "You cannot take the Administrators tab from yourself." in text_of(answer)
    assert "You cannot suspend or remove yourself." in text_of(answer)
    assert 'value="suspended"' not in answer.content.decode()
    assert f'<input type="hidden" name="tabs" value="{ADMINISTRATORS}">' in answer.content.decode()


def test_names_are_shown_as_text(owner):
    odd = people.make_administrator(
        owner.customer,
        email="odd@x.example",
        name="<b>Bobby</b> O'Tables & Co",
        phone="+4930901820",
    )
    page_ = browser_of(owner).get(page(odd)).content.decode()
    assert "<b>Bobby" not in page_
    assert "+49 30 901820" in page_


def test_a_page_takes_few_queries(owner, colleague):
    browser = browser_of(owner)
    browser.get(page(colleague))
    cached.forget()
    with CaptureQueriesContext(connection) as captured:
        browser.get(page(colleague))
    assert len(captured) <= 8, [query["sql"] for query in captured.captured_queries]


# --- changing -------------------------------------------------------------------------------------


def test_one_post_changes_all_that_was_sent(owner, colleague):
    sent = form(
        colleague,
        first_name="Sam",
        last_name="O'Sei",
        phone="+44 20 7946 0018",
        require_2fa="on",
        tabs=["home", "activity"],
    )
    browser = browser_of(owner)
    answer = browser.post(page(colleague), sent)
    assert (answer.status_code, answer["Location"]) == (303, page(colleague))
    now = people.again(colleague)
    assert (now.first_name, now.last_name, now.phone) == ("Sam", "O'Sei", "+442079460018")
    assert now.require_2fa
    assert now.tab_keys == {"home", "activity"}
    shown = browser.get(page(colleague))
    assert 'role="status"' in shown.content.decode()
    assert "Saved." in text_of(shown)


def test_saving_what_is_shown_changes_nothing(owner, colleague):
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(
        phone="+4930901820;ext=12", require_2fa=True
    )
    browser = browser_of(owner)
    shown = browser.get(page(colleague)).content.decode()
    box = re.search(r'<input[^>]*name="phone"[^>]*>', shown)
    assert box
    phone = re.search(r'value="([^"]*)"', box.group())
    assert phone
    before, events = row(colleague), Event.objects.count()
    browser.post(page(colleague), form(people.again(colleague), phone=unescape(phone.group(1))))
    assert row(colleague) == before
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "", "Type an e-mail like name@example.com."),
        ("email", "sam\x00@example.com", "Type an e-mail like name@example.com."),
        ("email", "mallory@cedarclinic.example", "Another account has this e-mail."),
        ("email", "INES.MOREAU@harbourbakery.example", "Another account has this e-mail."),
        ("first_name", "x" * 61, "Use at most 60 characters."),
        ("last_name", "Os\tei", "This contains characters that are not allowed."),
        ("last_name", "\u200b", "This contains characters that are not allowed."),
        ("phone", "1", "Type the number with its country code"),
        ("tabs", ["home", "fax"], "There is no such tab."),
        ("tabs", ["tabs"], "There is no such tab."),
    ],
)
def test_one_bad_field_changes_nothing_and_is_told_at_its_place(
    owner, colleague, outsider, field, value, sentence
):
    before = row(colleague)
    sent = form(
        colleague, require_2fa="on", **({"first_name": "Sammy"} if field != "first_name" else {})
    )
    answer = browser_of(owner).post(page(colleague), sent | {field: value})
    assert answer.status_code == 422
    assert sentence in (error_at(answer, field) or text_of(answer))
    assert row(colleague) == before
    assert " checked" in box_of(answer, "require_2fa"), "what was ticked stays ticked"
    if field != "first_name":
        assert 'value="Sammy"' in answer.content.decode()


@pytest.mark.parametrize("value", ["", "invited", "gone", "ACTIVE", "active "])
def test_a_status_that_there_is_not_is_refused(owner, colleague, value):
    before = row(colleague)
    answer = browser_of(owner).post(page(colleague), form(colleague, status=value, first_name="S"))
    assert answer.status_code == 422
    assert row(colleague) == before


def test_the_page_names_the_day_by_which_it_is_to_be_set_up(owner, colleague):
    codes.enable_app(owner)
    day = (timezone.now() + timedelta(days=20)).date()
    policies.require(owner.customer_id, from_day=day)
    said = text_of(browser_of(owner).get(page(colleague)))
    assert f"Samuel Osei has not set it up yet and has to by {day.day} " in said
    assert "next click" not in said
    # A tick has no grace.
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(require_2fa=True)
    assert "will be asked to at the next click" in text_of(browser_of(owner).get(page(colleague)))


@pytest.mark.parametrize("field", ["email", "first_name", "last_name", "phone", "status"])
@pytest.mark.parametrize("how", ["missing", "twice"])
def test_a_field_that_is_missing_or_there_twice_is_no_form_of_ours(owner, colleague, field, how):
    before = row(colleague)
    sent = form(colleague, require_2fa="on")
    sent[field] = ["active", "suspended"] if how == "twice" else None
    sent = {name: value for name, value in sent.items() if value is not None}
    answer = browser_of(owner).post(page(colleague), sent)
    assert answer.status_code == 422
    assert row(colleague) == before


# --- required, at the next click ------------------------------------------------------------------


def test_one_s_own_tick_can_be_set_and_taken_while_nothing_else_holds_it(owner):
    codes.enable_app(owner)
    browser = browser_of(owner)
    assert browser.post(page(owner), form(owner, require_2fa="on")).status_code == 303
    assert browser.post(page(owner), form(people.again(owner), require_2fa=None)).status_code == 303
    assert not people.again(owner).require_2fa


# --- status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            "suspended",
            (
                "Suspend Samuel Osei?",
                "signed out everywhere at once",
                "you can restore the account",
            ),
        ),
        ("removed", ("Remove Samuel Osei?", "loses all access", "This cannot be undone")),
    ],
)
def test_a_dangerous_change_asks_once_and_loses_nothing_typed(owner, colleague, status, words):
    before = row(colleague)
    browser = browser_of(owner)
    sent = form(
        colleague, status=status, first_name="Sammy", tabs=["home", "activity"], require_2fa="on"
    )
    asked = browser.post(page(colleague), sent)
    assert asked.status_code == 422
    assert all(word in text_of(asked) for word in words)
    assert row(colleague) == before
    html = asked.content.decode()
    assert 'value="Sammy"' in html
    assert " checked" in box_of(asked, "tabs", "activity")
    assert " checked" in box_of(asked, "require_2fa")
    assert f'<input type="hidden" name="status" value="{status}">' in html
    assert re.search(r'<button[^>]*name="confirm" value="on"', html)
    # Enter in a field presses the first button of the form: it must not be the one that confirms.
    assert 'value=""' in re.findall(r"<button[^>]*>", html[html.index('id="person"') :])[0]
    done = browser.post(page(colleague), sent | {"confirm": "on"})
    assert done.status_code == 303
    assert people.again(colleague).status == status


@pytest.mark.parametrize("confirm", ["", "off", "yes", "true"])
def test_only_on_confirms(owner, colleague, confirm):
    sent = form(colleague, status="suspended", confirm=confirm)
    assert browser_of(owner).post(page(colleague), sent).status_code == 422
    assert people.is_active(colleague)


def test_who_is_suspended_is_out_at_the_next_click_and_in_again_when_restored(owner, colleague):
    theirs, mine = browser_of(colleague), browser_of(owner)
    mine.post(page(colleague), form(colleague, status="suspended", confirm="on"))
    assert theirs.get("/security/")["Location"].startswith("/sign-in/")
    assert (
        Client()
        .post("/sign-in/", {"email": colleague.email, "password": people.PASSWORD, "next": ""})
        .status_code
        == 422
    )
    shown = mine.get(page(colleague))
    assert re.search(
        r'name="status" value="active"[^>]*>.{0,20}Restore', shown.content.decode(), re.DOTALL
    )
    suspended = people.again(colleague)
    assert mine.post(page(colleague), form(suspended, first_name="Sam")).status_code == 303
    assert people.again(colleague).status == Status.SUSPENDED, "saving is not restoring"
    assert mine.post(page(colleague), form(suspended, status="active")).status_code == 303
    assert theirs.get("/security/")["Location"].startswith("/sign-in/"), (
        "the old session stays ended"
    )
    assert browser_of(colleague).get("/security/").status_code == 200


def test_who_is_removed_is_gone_from_the_list(owner, colleague):
    browser = browser_of(owner)
    answer = browser.post(page(colleague), form(colleague, status="removed", confirm="on"))
    assert answer["Location"] == "/administrators/"
    shown = browser.get("/administrators/")
    assert "Samuel Osei is removed" in text_of(shown)
    assert str(colleague.id) not in shown.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"status": "suspended"}, "You cannot suspend or remove yourself."),
        ({"status": "removed"}, "You cannot suspend or remove yourself."),
        ({"tabs": ["home"]}, "You cannot take the Administrators tab from yourself."),
        ({"tabs": []}, "You cannot take the Administrators tab from yourself."),
    ],
)
def test_nobody_does_it_to_themselves_whatever_is_sent(owner, colleague, changes, sentence):
    rows = Administrator.objects.of(owner.customer_id).filter(id=colleague.id)
    rows.update(tabs=" administrators home ")
    browser = browser_of(owner)
    browser.get("/")
    before = row(owner)
    answer = browser.post(page(owner), form(owner, confirm="on", first_name="I", **changes))
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert row(owner) == before


def test_a_colleague_with_the_right_does_it_to_another_with_the_right(owner, colleague):
    rows = Administrator.objects.of(owner.customer_id).filter(id=colleague.id)
    rows.update(tabs=" administrators home ")
    theirs = browser_of(owner)
    answer = browser_of(colleague).post(page(owner), form(owner, tabs=["home"]))
    assert answer.status_code == 303
    assert theirs.get("/administrators/").status_code == 403


# --- the e-mail -----------------------------------------------------------------------------------


def test_a_new_email_is_asked_for_shown_as_pending_and_holds_later(owner, colleague):
    browser = browser_of(owner)
    answer = browser.post(
        page(colleague), form(colleague, email="Sam@NEW.example", first_name="Sam")
    )
    assert answer.status_code == 303
    now = people.again(colleague)
    assert (now.email, now.first_name) == (colleague.email, "Sam")
    shown = text_of(browser.get(page(colleague)))
    assert "The e-mail is being changed to Sam@new.example." in shown
    assert "It takes effect when the link sent there is opened." in shown
    assert "current address agrees" in shown
    assert MailedLink.objects.filter(purpose=LinkPurpose.EMAIL_NEW).count() == 1


def test_an_invited_person_s_email_changes_at_once(owner):
    lena = people.invite(owner.customer)
    browser_of(owner).post(page(lena), form(lena, email="lena@new.example"))
    assert people.again(lena).email == "lena@new.example"
    assert MailedLink.objects.filter(administrator=lena, revoked_at=None).count() == 1


# --- password link, invitation, sessions ----------------------------------------------------------


def test_a_password_link_is_sent(owner, colleague):
    browser = browser_of(owner)
    answer = browser.post(page(colleague, "password-link"))
    assert (answer.status_code, answer["Location"]) == (303, page(colleague))
    shown = browser.get(page(colleague))
    assert f"on its way to {colleague.email}" in text_of(shown)
    link = MailedLink.objects.get(administrator=colleague, purpose=LinkPurpose.RESET)
    assert mailed_links.path(link) not in shown.content.decode()
    assert people.events(PASSWORD_LINK_SENT)[0].subject_id == colleague.id


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.INVITED])
def test_who_is_not_active_gets_no_password_link(owner, colleague, status):
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(status=status)
    answer = browser_of(owner).post(page(colleague, "password-link"))
    assert answer.status_code == 422
    assert "not possible with the person's current status" in text_of(answer)


def test_an_invitation_is_sent_again_and_taken_back(owner):
    lena = people.invite(owner.customer)
    browser = browser_of(owner)
    assert "not yet accepted" in text_of(browser.get(page(lena)))
    assert browser.post(page(lena, "resend-invitation"))["Location"] == page(lena)
    assert MailedLink.objects.filter(administrator=lena, revoked_at=None).count() == 1
    assert browser.post(page(lena, "revoke-invitation"))["Location"] == "/administrators/"
    assert MailedLink.objects.filter(administrator=lena, revoked_at=None).count() == 0
    assert browser.get(page(lena)).status_code == 404


@pytest.mark.parametrize("deed", ["resend-invitation", "revoke-invitation"])
def test_who_has_accepted_has_no_invitation(owner, colleague, deed):
    answer = browser_of(owner).post(page(colleague, deed))
    assert answer.status_code == 422
    assert "There is no open invitation for this person." in text_of(answer)
    assert people.is_active(colleague)


def test_all_browsers_of_a_colleague_are_signed_out(owner, colleague):
    theirs, mine = browser_of(colleague), browser_of(owner)
    theirs.get("/security/")
    assert "signed in with 1 browser" in text_of(mine.get(page(colleague)))
    mine.post(page(colleague, "end-sessions"))
    assert theirs.get("/security/")["Location"].startswith("/sign-in/")
    assert mine.get("/administrators/").status_code == 200
    [event] = people.events(OTHER_SESSIONS_ENDED)
    [told] = deliveries_of(event, now=timezone.now())
    assert (told.template, told.address) == ("sessions_ended", colleague.email)
    assert not Session.objects.filter(administrator=colleague, ended_at=None).exists()


# --- history --------------------------------------------------------------------------------------


def test_the_history_has_what_was_done_to_them_and_by_them_alone(owner, colleague, outsider):
    browser = browser_of(owner)
    browser.post(page(colleague), form(colleague, require_2fa="on"))
    browser_of(outsider)
    shown = text_of(browser.get(page(colleague, "history")))
    assert "History of Samuel Osei" in shown
    assert "Ines Moreau" in shown
    assert "Mallory" not in shown
    assert "Cedar" not in shown
