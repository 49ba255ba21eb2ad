"""A thief had the password for a while: what they left behind does nothing once the owner has set a new one."""

from __future__ import annotations

from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import MailedLink
from doorward.credentials.totp import rules
from doorward.credentials.totp.enrol import begin
from doorward.sessions.models import Session

THIEF = "thief@elsewhere.example"


def path_of(person, purpose):
    link = MailedLink.objects.filter(administrator=person, purpose=purpose).latest("created_at")
    return mailed_links.path(link)


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
