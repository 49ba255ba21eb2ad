"""Threats to signing in: what lets nobody in, and what works once."""

from __future__ import annotations

import re
import secrets
from base64 import b32decode
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, LinkPurpose
from doorward.credentials.models import Factor
from doorward.credentials.totp import rules
from doorward.operations.selftest.stage import (
    CODE,
    EVERY_TAB,
    PAGES,
    SESSION,
    SIGN_IN,
    expect,
    expect_led,
    give_password,
    let_in,
)

if TYPE_CHECKING:
    from doorward.operations.selftest.stage import Stage

REDIRECTED, FORBIDDEN, REFUSED, WAIT = 303, 403, 422, 429
MAILBOX, SET_UP, RECOVERY = "/sign-in/mailbox/", "/sign-in/set-up/", "/sign-in/recovery/"
_FREE: Final = 5
_SECRET: Final = re.compile(r'id="manual-code"[^>]*>([A-Z2-7 ]+)<')


def no_page_without_sign_in(stage: Stage) -> None:
    """Ask for pages, and send a form, as a stranger."""
    browser = stage.browser()
    for page in (*PAGES, "/customers/"):
        expect_led(browser.get(page), SIGN_IN, of=f"{page} of a stranger")
    expect_led(browser.post("/administrators/add/"), SIGN_IN, of="a stranger's form")


def password_alone(stage: Stage) -> None:
    """Know the password of somebody with an app, and nothing else."""
    browser = stage.with_password(stage.person(tabs=EVERY_TAB, app=True))
    for page in PAGES:
        expect_led(browser.get(page), CODE, of=f"{page} with the password alone")
    expect_led(browser.post("/security/2fa/disable/", code="000000"), CODE, of="Disable 2FA")


def code_used_twice(stage: Stage) -> None:
    """Look over somebody's shoulder, and type the same code in another browser."""
    person = stage.person(app=True)
    code = person.code()
    first, second = stage.with_password(person), stage.with_password(person)
    expect(first.post(CODE, code=code).status == REDIRECTED, "a right code is not accepted")
    status = second.post(CODE, code=code).status
    expect(status == REFUSED, f"a code that was used is answered with {status}")
    expect_led(second.get("/profile/"), CODE, of="the portal after a code that was used")


def code_of_another_time(stage: Stage) -> None:
    """Type codes of the right app that are too old, and too early."""
    person = stage.person(app=True)
    browser = stage.with_password(person)
    for steps in (-3, 3):
        status = browser.post(CODE, code=person.code(steps=steps)).status
        expect(status == REFUSED, f"a code {steps} steps of 30 s away is answered with {status}")


def code_of_another_app(stage: Stage) -> None:
    """Type the code of somebody else's app."""
    browser = stage.with_password(stage.person(app=True))
    status = browser.post(CODE, code=stage.person(app=True).code()).status
    expect(status == REFUSED, f"somebody else's code is answered with {status}")


def guessing(stage: Stage) -> None:
    """Type wrong codes, one after the other."""
    person = stage.person(app=True)
    browser = stage.with_password(person)
    right = {person.code(steps=steps) for steps in (-2, -1, 0, 1, 2)}
    wrong = (code for code in map("{:06}".format, range(99)) if code not in right)
    for _ in range(_FREE):
        status = browser.post(CODE, code=next(wrong)).status
        expect(status == REFUSED, f"a wrong code is answered with {status}")
    browser.post(CODE, code=next(wrong))
    answer = browser.post(CODE, code=person.code())
    expect(
        answer.status == WAIT, f"after six wrong codes the next is answered with {answer.status}"
    )
    expect("Retry-After" in answer.headers, "who has to wait is not told how long")


def recovery_code_twice(stage: Stage) -> None:
    """Use one recovery code in two browsers."""
    person = stage.person(app=True)
    code = stage.recovery_codes(person)[0]
    first, second = stage.with_password(person), stage.with_password(person)
    expect(first.post(RECOVERY, code=code).status == REDIRECTED, "a recovery code is not accepted")
    status = second.post(RECOVERY, code=code).status
    expect(status == REFUSED, f"a recovery code that was used is answered with {status}")


def enabling_ends_sessions(stage: Stage) -> None:
    """Stay signed in with the password while the owner enables 2FA elsewhere."""
    person = stage.person()
    thief, owner = stage.signed_in(person), stage.signed_in(person)
    found = _SECRET.search(owner.get("/security/2fa/enable/").body)
    expect(found is not None, "Enable 2FA shows no code to type")
    secret = b32decode(found[1].replace(" ", "")) if found else b""
    code = rules.code_at(secret, rules.step_at(timezone.now()))
    expect(owner.post("/security/2fa/enable/", code=code, name="").status == REDIRECTED, "no 2FA")
    expect_led(thief.get("/profile/"), SIGN_IN, of="a session from before 2FA was enabled")


def signed_out(stage: Stage) -> None:
    """Keep the cookie of somebody who has signed out."""
    browser = stage.signed_in(stage.person(app=True))
    kept = dict(browser.cookies)
    browser.post("/sign-out/")
    browser.cookies = kept
    expect_led(browser.get("/profile/"), SIGN_IN, of="a session that was signed out")


def required_and_not_set_up(stage: Stage) -> None:
    """Have 2FA required of oneself, and go on without it."""
    browser = stage.with_password(stage.person(tabs=EVERY_TAB, required=True))
    steps = (MAILBOX, SET_UP)
    for page in PAGES:
        expect_led(browser.get(page), *steps, of=f"{page} without the 2FA that is required")
    form = {"current": "x", "password": "y"}
    expect_led(browser.post("/profile/password/", **form), *steps, of="a form without it")


def disabling_while_required(stage: Stage) -> None:
    """Disable 2FA with a right code, though it is required."""
    person = stage.person(app=True, required=True)
    browser = stage.with_password(person)
    browser.post(CODE, code=person.code(steps=-1))
    let_in(browser, person)
    status = browser.post("/security/2fa/disable/", code=person.code()).status
    expect(status == REFUSED, f"disabling what is required is answered with {status}")
    there = Factor.objects.filter(administrator_id=person.row.id).exists()
    expect(there, "the app is gone, though it is required")


def mailed_link(stage: Stage) -> None:
    """Open a link as a mail scanner does; then use it twice."""
    person = stage.person()
    with transaction.atomic():
        link = mailed_links.make(
            LinkPurpose.RESET, administrator_id=person.row.id, now=timezone.now()
        )
    path, form = mailed_links.path(link), "/password/reset/"
    for _ in range(2):
        expect_led(stage.browser().get(path), form, of="a mailed link")
    owner, late = stage.browser(), stage.browser()
    for browser in (owner, late):
        browser.get(path)
        expect(path.split("/")[-2] not in browser.get(form).body, "the form has the token in it")
    chosen = secrets.token_urlsafe(24)
    expect(owner.post(form, password=chosen).status == REDIRECTED, "GET has used the link up")
    status = late.post(form, password=f"{chosen} again").status
    expect(status == REFUSED, f"a link that was used is answered with {status}")


def planted_session(stage: Stage) -> None:
    """Plant a session's identifier in somebody's browser before they sign in."""
    person = stage.person(app=True)
    browser = stage.browser()
    browser.cookies[SESSION] = planted = "A" * 43
    expect(give_password(browser, person).status == REDIRECTED, "a right password is not accepted")
    before = browser.cookies.get(SESSION)
    expect(before != planted, "a planted identifier is taken over")
    expect(browser.post(CODE, code=person.code()).status == REDIRECTED, "a right code is refused")
    expect(
        browser.cookies.get(SESSION) != before, "the identifier stays the same at the second step"
    )
    old = stage.browser()
    old.cookies[SESSION] = before or ""
    expect_led(old.get("/profile/"), SIGN_IN, of="the identifier of before the second step")


def elsewhere_after_sign_in(stage: Stage) -> None:
    """Lead somebody to another site by the address of the sign-in page."""
    for place in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        browser = stage.browser()
        answer = give_password(browser, stage.person(), next=place)
        location = answer.headers.get("Location", "")
        expect("evil.example" not in location.partition("?")[0], f"it leads on to {location}")


def suspended(stage: Stage) -> None:
    """Go on with an open session after one's account was suspended."""
    person = stage.person(app=True)
    browser = stage.signed_in(person)
    rows = Administrator.objects.of(person.row.customer_id).filter(id=person.row.id)
    rows.update(status="suspended")
    expect_led(browser.get("/profile/"), SIGN_IN, of="a session of somebody suspended")
