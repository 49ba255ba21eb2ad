"""Threats to what is in the portal, and to every answer: rights, forms, headers, the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings

from doorward.audit.models import Event
from doorward.audit.verifying import verify
from doorward.kernel.host_spelling import is_loopback
from doorward.operations.selftest.stage import (
    EVERY_TAB,
    SESSION,
    SIGN_IN,
    NotHere,
    expect,
    give_password,
)

if TYPE_CHECKING:
    from doorward.operations.selftest.stage import Stage

NOT_FOUND, FORBIDDEN, MISDIRECTED = 404, 403, 421
# Of the block for documentation (RFC 5737): nobody comes from there.
FORGED: Final = "192.0.2.77"


def another_customer(stage: Stage) -> None:
    """Ask for people of another customer by their ids, with every right in one's own."""
    browser = stage.signed_in(stage.person(tabs=EVERY_TAB, app=True))
    other = stage.person(of=stage.theirs)
    for path in (other.path, f"{other.path}history/", f"{other.path}help/"):
        status = browser.get(path).status
        expect(status == NOT_FOUND, f"{path} of another customer is answered with {status}")
    browser.get("/administrators/")
    status = browser.post(f"{other.path}end-sessions/").status
    expect(status == NOT_FOUND, f"a form about another customer's person: {status}")
    for page in ("/administrators/", "/activity/"):
        expect(
            other.row.email not in browser.get(page).body, f"{page} has another customer's person"
        )


def no_right_to_a_tab(stage: Stage) -> None:
    """Ask for tabs that one has no right to."""
    browser = stage.signed_in(stage.person(app=True))
    for page in (
        "/administrators/",
        "/activity/",
        "/account/",
        "/customers/",
        "/administrators/add/",
    ):
        status = browser.get(page).status
        expect(status == FORBIDDEN, f"{page} without the right is answered with {status}")
    browser.get("/profile/")
    status = browser.post("/administrators/add/", email="x@selftest.invalid").status
    expect(status == FORBIDDEN, f"a form of a tab without the right: {status}")


def form_of_another_site(stage: Stage) -> None:
    """Send forms without a token, with a made-up one, and from another origin."""
    browser = stage.signed_in(stage.person(app=True))
    for token in ("", "A" * 64):
        status = browser.send("/sign-out/", {"csrfmiddlewaretoken": token}).status
        expect(status == FORBIDDEN, f"a form without our token is answered with {status}")
    form = {"csrfmiddlewaretoken": browser.token("/profile/")}
    status = browser.send("/sign-out/", form, Origin="https://evil.example").status
    expect(status == FORBIDDEN, f"a form of another site is answered with {status}")
    expect(browser.get("/profile/").status == 200, "the form of another site has signed out")  # noqa: PLR2004


def foreign_host(stage: Stage) -> None:
    """Ask for the portal under a name that is none of its own."""
    answer = stage.browser().get(SIGN_IN, Host="evil.example")
    expect(answer.status == MISDIRECTED, f"it is answered with {answer.status}")


def forged_address(stage: Stage) -> None:
    """Say in a header that one comes from somewhere else."""
    proxies, peer = settings.DOORWARD.trusted_proxies, urlsplit(stage.target.address).hostname
    if proxies and peer and is_loopback(peer):
        raise NotHere("it asks from a trusted proxy's own address: ask without --address")
    browser, person = stage.browser(), stage.person()
    browser.get(SIGN_IN)
    form = {
        "email": person.row.email,
        "password": "wrong",
        "csrfmiddlewaretoken": browser.token(SIGN_IN),
    }
    browser.send(SIGN_IN, form, X_Forwarded_For=FORGED)
    event = Event.objects.filter(subject_id=person.row.id).order_by("-id").first()
    expect(event is not None and event.type == "sign_in_failed", "the attempt is not in history")
    expect(event is None or event.address != FORGED, "history has the forged address")


def cookies(stage: Stage) -> None:
    """Read a session from a script, or from the wire."""
    browser = stage.browser()
    answer = give_password(browser, stage.person())
    mine = [line for line in answer.set_cookies if line.startswith(f"{SESSION}=")]
    expect(len(mine) == 1, "signing in sets no session")
    flags = {part.strip().casefold() for part in mine[0].split(";")[1:]}
    expect("httponly" in flags, "the session's cookie is not HttpOnly")
    expect("samesite=lax" in flags, "the session's cookie is not SameSite=Lax")
    if settings.DOORWARD.https:
        expect("secure" in flags, "the session's cookie is not Secure")
        expect(SESSION.startswith("__Host-"), "the session's cookie has no __Host- before its name")


def headers(stage: Stage) -> None:
    """Put the portal into a frame, run a script of one's own, or read it from a cache."""
    for answer in (
        stage.browser().get(SIGN_IN),
        stage.signed_in(stage.person(app=True)).get("/security/"),
    ):
        policy = answer.headers.get("Content-Security-Policy", "")
        directives = {part.split()[0]: part for part in policy.split(";") if part.strip()}
        scripts = directives.get("script-src", directives.get("default-src", "'unsafe-inline'"))
        expect("'unsafe-" not in scripts, "the content security policy lets any script run")
        frames = directives.get("frame-ancestors", "")
        expect("'none'" in frames, "the portal can be put into a frame")
        kept = answer.headers.get("Cache-Control", "")
        expect("no-store" in kept, "a page may be kept by a cache")
        for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
        ):
            expect(answer.headers.get(name) == value, f"{name} is not {value}")
        if settings.DOORWARD.https:
            expect("Strict-Transport-Security" in answer.headers, "HSTS is missing")


def metrics(stage: Stage) -> None:
    """Read the numbers of the installation without their token."""
    for given in ({}, {"Authorization": "Bearer wrong"}):
        answer = stage.browser().get("/metrics", **given)
        expect(answer.status in {401, 403, NOT_FOUND}, f"/metrics is answered with {answer.status}")
        expect("# TYPE" not in answer.body, "/metrics says its numbers to everybody")


def history(stage: Stage) -> None:  # noqa: ARG001 - it is asked of the database
    """Change what was recorded."""
    found = verify([]).findings
    expect(not found, found[0].text if found else "")
