"""A thief had the password for a while: what they left behind does nothing once the owner has set a new one."""

from __future__ import annotations

from django.utils import timezone

from doorward.credentials.totp import rules
from doorward.credentials.totp.enrol import begin
from doorward.sessions.models import Session
from tests.kit import people

THIEF = "thief@elsewhere.example"


def path_of(person, purpose):
    return people.path_of(purpose, administrator=person)


def follow(browser, path, fields):
    page = browser.get(path)["Location"]
    return browser.post(page, fields)


def ask_for_new_email(browser, person, email=THIEF):
    fields = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": "",
        "email": email,
        "language": "en",
        "time_zone": "UTC",
    }
    answer = browser.post("/profile/", fields)
    assert answer["Location"] == "/profile/"


def enable(browser):
    browser.get("/security/2fa/enable/")
    session = Session.objects.latest("created_at")
    secret = begin(session_id=session.id, now=timezone.now())
    typed = rules.code_at(secret, rules.step_at(timezone.now()))
    answer = browser.post("/security/2fa/enable/", {"code": typed, "name": ""})
    assert answer.status_code == 303
