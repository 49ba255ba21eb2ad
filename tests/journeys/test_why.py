"""'Why am I asked?': each step of signing in, and the reauthentication, say it in one line, and so do their events."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.events import DETAILS_CHANGED
from doorward.accounts.models import Administrator, PasswordDue
from doorward.credentials.events import (
    PASSWORD_CHANGED,
    PROOF_FAILED,
    REAUTHENTICATED,
    RECOVERY_CODE_USED,
    RECOVERY_CODES_SAVED,
    SECOND_STEP_FAILED,
    TWO_FACTOR_ENABLE_FAILED,
)
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.customers import cached
from doorward.policy.fields import Kinds
from doorward.sessions.events import SIGNED_IN
from doorward.sessions.models import Session
from doorward.signin.events import MAILBOX_PROOF_SENT
from tests.kit import browsers, people, policies
from tests.kit import codes as kit_codes


def why_on(answer: Any) -> str:
    """Return the line of a page; it stands there once."""
    html = answer.content.decode()
    found = re.findall(r'id="why">(.*?)</(?:p|span)>', html, re.DOTALL)
    assert len(found) == 1, html
    words = " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())
    return words.replace("&#39;", "'").removeprefix("Why am I asked? ")


def password(person: Administrator) -> Client:
    client = Client(HTTP_USER_AGENT=people.CHROME)
    client.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    return client


def require(person: Administrator, actor: str) -> None:
    match actor:
        case "colleague":
            Administrator.objects.of(person.customer_id).update(require_2fa=True)
        case "company":
            policies.require(person.customer_id)
        case "provider":
            policies.require_by_minimum(person.customer_id)
    cached.forget()


BY = [
    ("nobody", "You turned two-factor sign-in on.", "turned_on"),
    (
        "colleague",
        "Your account administrator requires two-factor sign-in.",
        "required_by_colleague",
    ),
    ("company", "Your company requires two-factor sign-in of everybody.", "required_by_company"),
    (
        "provider",
        "The provider of this portal requires two-factor sign-in of everybody.",
        "required_by_provider",
    ),
]


@pytest.mark.parametrize(("actor", "sentence", "reason"), BY)
def test_the_second_step_says_who_asks_and_that_the_browser_is_new(
    owner, clock, actor, sentence, reason
):
    secret = kit_codes.enable_app(owner)
    require(owner, actor)
    client = password(owner)
    for path in ("/sign-in/code/", "/sign-in/recovery/", "/sign-in/clock/"):
        assert why_on(client.get(path)) == f"{sentence} This browser is new."
    assert why_on(client.post("/sign-in/code/", {"code": "000000"})).startswith(sentence)
    failed = people.events(SECOND_STEP_FAILED)[0].details
    assert (failed["why"], failed["new_browser"]) == (reason, True)
    client.post("/sign-in/code/", {"code": kit_codes.code(secret)})
    client.get("/")
    assert people.events(SIGNED_IN)[0].details == {
        "with": "app",
        "new_browser": True,
        "why": reason,
    }


def test_a_browser_that_was_here_before_is_not_called_new(owner, clock):
    kit_codes.enable_app(owner)
    client = browsers.browser_of(owner)
    client.post("/sign-out/")
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    assert why_on(client.get("/sign-in/code/")) == "You turned two-factor sign-in on."


def test_before_through_no_reason_tells_a_name(owner):
    kit_codes.enable_app(owner)
    require(owner, "company")
    answer = password(owner).get("/sign-in/code/")
    assert owner.customer.name not in answer.content.decode()


def test_the_mailbox_and_the_forced_set_up_say_why_and_their_events_too(owner):
    require(owner, "colleague")
    client = password(owner)
    said = why_on(client.get("/sign-in/mailbox/"))
    assert said.startswith(
        "Two-factor sign-in is required, and so far only your password was verified"
    )
    assert people.events(MAILBOX_PROOF_SENT)[0].details["why"] == "only_password"
    Session.objects.update(mailbox_at=timezone.now())
    page = client.get("/sign-in/set-up/")
    assert why_on(page) == "Your account administrator requires two-factor sign-in."
    client.post("/sign-in/set-up/", {"code": "000000", "name": ""})
    failed = people.events(TWO_FACTOR_ENABLE_FAILED)[0].details
    assert failed["why"] == "required_by_colleague"


def test_a_device_that_was_disabled_is_the_reason_of_a_set_up(owner):
    kit_codes.enable_app(owner)
    require(owner, "colleague")
    codes = kit_codes.saved_codes(owner)
    Factor.objects.update(locked_at=timezone.now())
    client = password(owner)
    client.post("/sign-in/recovery/", {"code": codes[0]})
    assert people.events(RECOVERY_CODE_USED)[0].details["why"] == "required_by_colleague"
    assert why_on(client.get("/sign-in/set-up/")) == (
        "Two-factor sign-in is required, and your device was disabled by wrong attempts."
    )


def test_only_a_passkey_serves_any_more(owner, clock):
    secret = kit_codes.enable_app(owner)
    require(owner, "colleague")
    policies.ask(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    client = password(owner)
    client.post("/sign-in/code/", {"code": kit_codes.code(secret)})
    assert why_on(client.get("/sign-in/set-up/")) == (
        "Your account requires a passkey. What you have used is no longer enough."
    )


def test_recovery_codes_that_are_not_saved_are_a_reason(owner):
    kit_codes.enable_app(owner)
    recovery_codes.make(owner, now=timezone.now())
    client = browsers.browser_of_with_factor(owner)
    said = why_on(client.get("/sign-in/recovery-codes/"))
    assert said == "New recovery codes were made and are not saved yet."
    client.post("/sign-in/recovery-codes/", {"saved": "on"})
    assert people.events(RECOVERY_CODES_SAVED)[0].details["why"] == "codes_new"


@pytest.mark.parametrize(
    ("due", "sentence", "reason"),
    [
        (
            PasswordDue.BREACHED,
            "Your password is known from a break-in elsewhere.",
            "password_breached",
        ),
        (PasswordDue.NOT_ME, "Somebody else may know your password.", "password_known"),
        (None, "Without two-factor sign-in a password needs at least 15", "password_short"),
    ],
)
def test_a_password_that_is_due_says_why(owner, due, sentence, reason):
    short = {"password_long": False} if due is None else {"password_due": due}
    client = password(owner)
    Administrator.objects.of(owner.customer_id).update(**short)
    assert why_on(client.get("/sign-in/password/")).startswith(sentence)
    client.post("/sign-in/password/", {"password": people.OTHER_PASSWORD})
    assert people.events(PASSWORD_CHANGED)[0].details["why"] == reason


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        (14, "Last confirmed 14 minutes ago."),
        (1, "Last confirmed 1 minute ago."),
        (0, "Last confirmed less than a minute ago."),
    ],
)
def test_the_fresh_proof_says_how_old_the_last_one_is(owner, clock, minutes, sentence):
    secret = kit_codes.enable_app(owner)
    client = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=minutes))
    assert why_on(client.get("/prove/?next=/security/")) == sentence
    client.post("/prove/", {"code": "000000", "next": "/security/"})
    failed = people.events(PROOF_FAILED)[0].details
    assert (failed["why"], failed["minutes"]) == ("confirmed", minutes)
    clock.shift(timedelta(seconds=30))
    client.post("/prove/", {"code": kit_codes.code(secret), "next": "/security/"})
    proved = people.events(REAUTHENTICATED)[0].details
    assert proved == {"why": "confirmed", "minutes": minutes}


def test_without_a_factor_the_password_is_what_was_confirmed(owner, clock):
    client = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=6))
    assert why_on(client.get("/prove/")) == "Last confirmed 6 minutes ago."
    client.post("/prove/", {"password": people.PASSWORD, "next": "/security/"})
    (proved,) = people.events(REAUTHENTICATED)
    assert (proved.subject_id, proved.details) == (owner.id, {"why": "confirmed", "minutes": 6})


def test_a_recovery_code_does_not_serve_for_it(owner):
    kit_codes.enable_app(owner)
    codes = kit_codes.saved_codes(owner)
    client = password(owner)
    client.post("/sign-in/recovery/", {"code": codes[0]})
    said = why_on(client.get("/prove/"))
    assert said == "You signed in with a recovery code, which is not enough for this."


def test_to_remove_a_device_another_one_is_asked_for(owner, clock):
    kit_codes.enable_app(owner)
    kit_codes.enable_app(owner, name="Tablet")
    client = browsers.browser_of(owner)
    old = Factor.objects.get(name="Pixel 9").id
    assert why_on(client.get(f"/prove/?without={old}")) == (
        "Somebody who holds only one of your devices cannot remove the others."
    )


def test_a_page_that_asks_for_nothing_says_nothing(owner):
    client = browsers.browser_of(owner)
    assert b'id="why"' not in client.get("/").content
    assert b'id="why"' not in Client().get("/sign-in/").content
    client.post("/profile/", {"first_name": "Ines", "last_name": "M", "phone": ""})
    assert all("why" not in one.details for one in people.events(DETAILS_CHANGED))


def test_history_says_it_in_words(owner, clock):
    secret = kit_codes.enable_app(owner)
    require(owner, "colleague")
    client = password(owner)
    client.post("/sign-in/code/", {"code": kit_codes.code(secret)})
    client.get("/")
    clock.shift(timedelta(minutes=14))
    client.post("/prove/", {"code": kit_codes.code(secret), "next": "/"})
    html = client.get("/activity/").content.decode()
    assert "asked because an account administrator requires it" in html
    assert "last confirmed 14 minutes before" in html


def test_the_providers_own_people_are_told_of_no_provider_above_them(db, clock):
    person = people.make_administrator(people.provider(), email="first@provider.example")
    require(person, "provider")
    kit_codes.enable_app(person)
    client = password(person)
    said = why_on(client.get("/sign-in/code/"))
    assert said.startswith("Two-factor sign-in is required of everybody at the provider")
    page = browsers.browser_of_with_factor(person).get("/security/").content.decode()
    assert f"{person.customer.name} requires two-factor sign-in of everybody." in page
    assert "The provider of this portal requires" not in page
