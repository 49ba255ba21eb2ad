"""Signing in over HTTP, step by step, by the owner, a thief with the password, and a stranger."""

from __future__ import annotations

import re
from base64 import b32decode
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.credentials.models import Factor, RecoverySet
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.sessions import ending
from doorward.sessions.events import SIGN_IN_ABANDONED, SIGNED_IN, SIGNED_OUT
from doorward.sessions.models import Session
from doorward.signin import mailbox
from doorward.signin.events import INVITATION_ACCEPTED
from doorward.signin.models import MailboxProof
from doorward.web.http import cookies
from tests.kit import browsers, people, policies
from tests.kit import codes as kit_codes
from tests.kit.people import path_of

COOKIE = settings.SESSION_COOKIE_NAME


def page_of(answer: Any) -> str:
    found = re.search(r'data-page="([^"]+)"', answer.content.decode())
    return found.group(1) if found else ""


def alert_of(answer: Any) -> str:
    found = re.search(
        r'role="alert".*?<(?:p|span)>(.*?)</(?:p|span)>', answer.content.decode(), re.DOTALL
    )
    return found.group(1) if found else ""


def password(client: Client, person: Administrator, word: str = people.PASSWORD, **more: str):
    return client.post("/sign-in/", {"email": person.email, "password": word, "next": ""} | more)


def require(person: Administrator) -> None:
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(require_2fa=True)


def manual_code(answer: Any) -> bytes:
    found = re.search(r'id="manual-code">([^<]+)<', answer.content.decode())
    assert found, answer.content.decode()
    return b32decode(found.group(1).replace(" ", ""))


# --- e-mail and password --------------------------------------------------------------------------


def test_password_alone_signs_in_where_no_second_factor_is_on(client, owner):
    answer = password(client, owner)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert client.get("/prove/").status_code == 200
    assert people.events(SIGNED_IN)[0].details == {"with": "password", "new_browser": True}


def test_the_letter_case_of_the_email_does_not_matter(client, owner):
    answer = client.post(
        "/sign-in/", {"email": f" {owner.email.upper()} ", "password": people.PASSWORD}
    )
    assert answer.status_code == 303


def test_next_is_kept_through_the_second_step(client, owner):
    kit_codes.enable_app(owner)
    answer = client.get("/prove/?next=/profile/")
    assert answer["Location"] == "/sign-in/?next=/prove/%3Fnext%3D/profile/".replace(
        "/prove/", "%2Fprove%2F"
    ).replace("/profile/", "%2Fprofile%2F")
    answer = password(client, owner, next="/prove/?next=/profile/")
    assert client.get(answer["Location"])["Location"] == "/sign-in/code/"
    answer = client.post("/sign-in/code/", {"code": kit_codes.next_code(owner)})
    assert answer["Location"] == "/prove/?next=/profile/"


@pytest.mark.parametrize("missing", ["email", "password"])
def test_a_form_with_something_missing_or_twice_is_refused(client, owner, missing):
    form: dict[str, object] = {"email": owner.email, "password": people.PASSWORD}
    twice = form | {missing: [form[missing], form[missing]]}
    del form[missing]
    assert client.post("/sign-in/", form).status_code == 422
    assert client.post("/sign-in/", twice).status_code == 422


# --- the second step ------------------------------------------------------------------------------


def test_the_right_password_alone_opens_nothing_once_an_app_is_there(client, owner):
    kit_codes.enable_app(owner)
    password(client, owner)
    for path in ("/", "/prove/", "/security/", "/administrators/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (303, "/sign-in/code/"), path
    assert not people.events(SIGNED_IN)


def test_a_code_signs_in_under_a_new_identifier_and_the_old_one_is_dead(client, owner):
    kit_codes.enable_app(owner)
    password(client, owner)
    before = client.cookies[COOKIE].value
    answer = client.post("/sign-in/code/", {"code": kit_codes.next_code(owner)})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert client.cookies[COOKIE].value != before
    assert client.get("/prove/").status_code == 200
    thief = Client()
    thief.cookies[COOKIE] = before
    assert thief.get("/prove/")["Location"].startswith("/sign-in/")
    assert people.events(SIGNED_IN)[0].details["with"] == "app"


def test_a_wrong_code_says_what_helps_and_is_not_shown_again(client, owner):
    kit_codes.enable_app(owner)
    password(client, owner)
    answer = client.post("/sign-in/code/", {"code": "12 34 56"})
    assert answer.status_code == 422
    assert "Codes change every 30 seconds" in alert_of(answer)
    assert "12 34 56" not in answer.content.decode()


def test_after_the_third_wrong_code_the_page_says_how_to_recover_and_whom_to_call(client, owner):
    kit_codes.enable_app(owner)
    password(client, owner)
    answers = [client.post("/sign-in/code/", {"code": "000000"}) for _ in range(3)]
    assert ["Still not working?" in answer.content.decode() for answer in answers] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("has_codes", [True, False])
def test_with_nothing_that_works_the_page_leads_to_what_is_left(client, owner, has_codes):
    """To recovery codes where there are any, and else to who helps: nobody is sent into a dead end."""
    kit_codes.enable_app(owner)
    if has_codes:
        recovery_codes.make(owner, now=timezone.now())
        recovery_codes.confirm_saved(
            administrator_id=owner.id, actor=people.actor(owner), now=timezone.now()
        )
    people.disable_apps(owner)
    password(client, owner)
    page = client.get("/sign-in/code/").content.decode()
    leads_to = [
        re.findall(r'href="([^"]+)"', link)[0]
        for link in re.findall(r"<a [^>]*primary[^>]*>", page)
    ]
    assert leads_to == ["/sign-in/recovery/" if has_codes else "/sign-in/help/"]
    assert ("and you have no recovery codes" in page) is not has_codes
    assert "Enter your code" not in page


def test_a_step_already_passed_leads_onward_and_is_not_counted(client, owner):
    kit_codes.enable_app(owner)
    password(client, owner)
    client.post("/sign-in/code/", {"code": kit_codes.next_code(owner)})
    answer = client.post("/sign-in/code/", {"code": "000000"})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert Factor.objects.get().failures_in_a_row == 0


def test_a_recovery_code_signs_in_once(client, owner):
    kit_codes.enable_app(owner)
    recovery_codes.make(owner, now=timezone.now())
    codes = recovery_codes.unsaved(owner.id)
    recovery_codes.confirm_saved(
        administrator_id=owner.id, actor=people.actor(owner), now=timezone.now()
    )
    password(client, owner)
    assert client.post("/sign-in/recovery/", {"code": "nonsense"}).status_code == 422
    assert client.post("/sign-in/recovery/", {"code": codes[0]}).status_code == 303
    assert client.get("/prove/").status_code == 200
    again = Client()
    password(again, owner)
    assert again.post("/sign-in/recovery/", {"code": codes[0]}).status_code == 422


# --- forced set-up --------------------------------------------------------------------------------


def test_required_without_a_factor_leads_by_the_mailbox_into_set_up_and_on(client, owner):
    require(owner)
    password(client, owner, next="/prove/")
    assert client.get("/prove/")["Location"] == "/sign-in/mailbox/"
    assert page_of(client.get("/sign-in/mailbox/")) == "sign-in-mailbox"
    assert client.get("/sign-in/set-up/")["Location"] == "/sign-in/mailbox/"
    code = mailbox.code_of(MailboxProof.objects.get())
    assert len(code) == 8
    wrong = client.post("/sign-in/mailbox/", {"code": f"{(int(code) + 1) % 10**8:08d}"})
    assert wrong.status_code == 422
    text = wrong.content.decode()
    assert "Type the eight digits of the newest mail." in text
    assert "30 seconds" not in text, "that is said of an authenticator app"
    assert client.post("/sign-in/mailbox/", {"code": code}).status_code == 303
    shown = client.get("/sign-in/set-up/")
    assert manual_code(shown) == manual_code(client.get("/sign-in/set-up/"))
    secret = manual_code(shown)
    assert client.post("/sign-in/set-up/", {"code": "000000", "name": ""}).status_code == 422
    client.post("/sign-in/set-up/", {"code": kit_codes.code(secret), "name": ""})
    assert client.get("/prove/")["Location"] == "/sign-in/recovery-codes/"
    codes = re.findall(
        r"<li>([A-Z2-7-]{29})</li>", client.get("/sign-in/recovery-codes/").content.decode()
    )
    assert len(codes) == 10
    assert client.post("/sign-in/recovery-codes/", {}).status_code == 422
    answer = client.post("/sign-in/recovery-codes/", {"saved": "on"})
    assert answer["Location"] == "/prove/"
    assert client.get("/prove/").status_code == 200
    assert client.get("/sign-in/recovery-codes/")["Location"] == "/prove/"


def test_reloading_the_mailbox_page_sends_no_second_mail_and_resending_waits(client, owner, clock):
    require(owner)
    password(client, owner)
    client.get("/sign-in/mailbox/")
    client.get("/sign-in/mailbox/")
    assert MailboxProof.objects.count() == 1
    assert client.post("/sign-in/mailbox/", {"resend": "on"}).status_code == 429
    clock.shift(mailbox.RESEND_AFTER)
    assert client.post("/sign-in/mailbox/", {"resend": "on"}).status_code == 303
    assert MailboxProof.objects.count() == 2
    words = f"A code is on its way to {owner.email}."
    assert words in client.get("/sign-in/mailbox/").content.decode()
    assert words not in client.get("/sign-in/mailbox/").content.decode()


def test_grace_may_be_put_off_for_this_session_until_it_ends(client, owner, customer, clock):
    policies.require(customer.id, from_day=timezone.now().date() + timedelta(days=3))
    password(client, owner)
    assert client.get("/profile/")["Location"] == "/sign-in/set-up/"
    assert 'name="later"' in client.get("/sign-in/set-up/").content.decode()
    assert client.post("/sign-in/set-up/", {"later": "on"})["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200
    clock.shift(timedelta(days=3))
    again = Client()
    password(again, owner)
    assert again.get("/profile/")["Location"] == "/sign-in/mailbox/"


# --- passwords that are due, mailed links ---------------------------------------------------------


def test_a_short_password_is_due_when_no_second_factor_guards_it_any_more(client, owner):
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(password_long=False)
    password(client, owner)
    assert client.get("/prove/")["Location"] == "/sign-in/password/"
    assert client.post("/sign-in/password/", {"password": "fourteen chars"}).status_code == 422
    assert client.post("/sign-in/password/", {"password": people.PASSWORD}).status_code == 422
    answer = client.post("/sign-in/password/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert "Your new password is set." in client.get("/prove/").content.decode()


def test_an_invitation_sets_the_password_and_signs_in_through_the_gate(client, customer):
    person = people.invite(customer, require_2fa=True)
    client.get(path_of("invitation"))
    assert person.full_name in client.get("/invitation/").content.decode()
    answer = client.post("/invitation/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    # No mailbox proof: the link came by mail.
    assert client.get("/prove/")["Location"] == "/sign-in/set-up/"
    assert people.is_active(person)
    assert people.events(INVITATION_ACCEPTED)


def test_this_was_not_me_takes_the_account_back_from_a_thief(client, owner):
    thief = browsers.browser_of(owner)
    shown = thief.get("/security/2fa/enable/")
    thief.post("/security/2fa/enable/", {"code": kit_codes.code(manual_code(shown)), "name": ""})
    assert Factor.objects.count() == 1
    client.get(path_of("not_me"))
    answer = client.post("/not-me/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert Factor.objects.count() == 0
    assert RecoverySet.objects.count() == 0
    assert thief.get("/prove/")["Location"].startswith("/sign-in/")
    assert "Your account is yours again" in client.get("/prove/").content.decode()
    assert password(Client(), owner).status_code == 422


# --- reauthentication, sign out, the end of sessions -----------------------------------------------------


def test_signing_out_ends_the_session_and_keeps_the_browser_known(client, owner):
    password(client, owner)
    token = client.cookies[COOKIE].value
    assert client.get("/sign-out/").status_code == 405
    answer = client.post("/sign-out/")
    assert answer["Location"] == "/sign-in/"
    assert answer["Clear-Site-Data"] == '"storage"'
    assert client.cookies[cookies.BROWSER].value
    client.cookies[COOKIE] = token
    assert client.get("/prove/").status_code == 303
    assert client.post("/sign-out/").status_code == 303
    assert len(people.events(SIGNED_OUT)) == 1


@pytest.mark.parametrize("minutes", [30, 12 * 60])
def test_a_session_ends_idle_and_in_all(client, owner, clock, minutes):
    password(client, owner)
    for _ in range(minutes // 20):
        assert client.get("/prove/").status_code == 200
        clock.shift(timedelta(minutes=20 if minutes > 30 else 29))
    if minutes == 30:
        assert client.get("/prove/").status_code == 200
        clock.shift(timedelta(minutes=30))
    assert client.get("/prove/")["Location"].startswith("/sign-in/")


def test_a_suspended_person_is_out_at_the_next_click(client, owner):
    password(client, owner)
    Administrator.objects.of(owner.customer_id).update(status=Status.SUSPENDED)
    assert client.get("/prove/")["Location"].startswith("/sign-in/")


def test_a_sign_in_that_stops_after_the_right_password_is_told(client, owner, clock):
    kit_codes.enable_app(owner)
    password(client, owner)
    clock.shift(timedelta(minutes=31))
    assert ending.close_abandoned(now=timezone.now()) == 1
    assert len(people.events(SIGN_IN_ABANDONED)) == 1
    assert ending.close_abandoned(now=timezone.now()) == 0
    assert Session.objects.get().ended_at is not None


def test_two_people_signing_in_from_one_browser_do_not_mix(client, owner, colleague):
    password(client, owner)
    client.post("/sign-out/")
    password(client, colleague)
    assert colleague.email in client.get("/prove/").content.decode()


def test_another_of_ones_devices_is_offered_to_who_has_another_one(client, owner):
    kit_codes.enable_app(owner)
    password(client, owner)
    assert "Another of your own devices" not in client.get("/sign-in/help/").content.decode()
    kit_codes.enable_app(owner, name="Old phone")
    assert "Another of your own devices" in client.get("/sign-in/help/").content.decode()


@pytest.mark.django_db
def test_of_one_way_it_is_not_said_that_there_are_several(client):
    alone = people.make_administrator(people.provider(), email="a@p.example", tabs=people.ALL_TABS)
    kit_codes.enable_app(alone)
    password(client, alone)
    assert "several ways" not in client.get("/sign-in/help/").content.decode()
    kit_codes.enable_app(alone, name="Old phone")
    people.make_administrator(people.provider(), email="b@p.example", tabs=people.ALL_TABS)
    assert "several ways" in client.get("/sign-in/help/").content.decode()
