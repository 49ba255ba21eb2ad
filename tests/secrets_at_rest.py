"""One of everything that an installation keeps secret, made by the real services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from doorward.administrators import forgotten, links, mailbox, parking, passwords, sessions
from doorward.administrators.models import LinkPurpose, MailedLink, Session
from doorward.audit.origin import Origin
from doorward.mfa import recovery, set_up
from tests import support

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client

    from doorward.administrators.models import Administrator
    from doorward.administrators.sessions import Started


@dataclass(frozen=True)
class Kept:
    """What the people and their browsers know of it.

    `owner` has an app, saved recovery codes, a browser in which a form waits for a proof, and a link
    to set a new password; `colleague` has an app and recovery codes that are still shown; `newcomer`
    has proved a password, is setting an app up and was sent a code by mail.
    """

    owner: Administrator
    colleague: Administrator
    newcomer: Administrator
    secret: bytes
    codes: list[str]
    unsaved_codes: list[str]
    browser: Client
    link: str
    started: Started
    set_up_secret: bytes
    mailed_code: str


def keep(owner: Administrator, colleague: Administrator, newcomer: Administrator) -> Kept:
    """Make one of everything."""
    now = timezone.now()
    secret = support.enable_app(owner)
    recovery.make(owner, now=now)
    codes = recovery.unsaved(owner.id)
    recovery.confirm_saved(administrator_id=owner.id, by=support.by(owner), now=now)
    support.enable_app(colleague)
    recovery.make(colleague, now=now)
    browser = support.browser_of(owner)
    parking.park(session_of(browser), path="/profile/", fields=[("phone", "1")], now=now)
    passwords.send_link(person=owner, by=support.by(owner), now=now)
    link = MailedLink.objects.get(administrator=owner, purpose=LinkPurpose.RESET)
    forgotten.ask(email="lena@harbourbakery.example", origin=Origin(), now=now)
    started = sessions.begin(newcomer, by=support.by(newcomer), now=now, password_at=now)
    proof = mailbox.send(session_id=started.session_id, by=support.by(newcomer), now=now)
    return Kept(
        owner=owner,
        colleague=colleague,
        newcomer=newcomer,
        secret=secret,
        codes=codes,
        unsaved_codes=recovery.unsaved(colleague.id),
        browser=browser,
        link=links.path(link),
        started=started,
        set_up_secret=set_up.begin(session_id=started.session_id, now=now),
        mailed_code=mailbox.code_of(proof),
    )


def session_of(browser: Client) -> UUID:
    """Give the id of the session that a browser is signed in with."""
    token = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return Session.objects.get(token_hash=sessions.token_hash(token)).id
