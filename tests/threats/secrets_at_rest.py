"""One of everything that an installation keeps secret, made by the real services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.applications import secrets as client_secrets
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.credentials.password import change
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.credentials.totp import enrol
from doorward.importing import runs
from doorward.importing.rules import PersonLine
from doorward.recovery import set_up_pass
from doorward.recovery.models import RecoveryRequest, Way
from doorward.sessions import issuing, saved_requests
from doorward.sessions.models import Session
from doorward.signin import forgotten_password, mailbox
from tests.kit import browsers, people
from tests.kit import codes as kit_codes
from tests.kit.applications import make_application

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.test import Client

    from doorward.accounts.models import Administrator
    from doorward.sessions.issuing import Started


@dataclass(frozen=True)
class Kept:
    """What the people and their browsers know of it.

    `owner` has an app, saved recovery codes, a browser in which a form waits for a proof, and a link
    to set a new password; `colleague` has an app and recovery codes that are still shown; `newcomer`
    has verified a password, is setting an app up and was sent a code by mail.
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
    secret = kit_codes.enable_app(owner)
    recovery_codes.make(owner, now=now)
    codes = recovery_codes.unsaved(owner.id)
    recovery_codes.confirm_saved(administrator_id=owner.id, actor=people.actor(owner), now=now)
    kit_codes.enable_app(colleague)
    recovery_codes.make(colleague, now=now)
    browser = browsers.browser_of(owner)
    saved_requests.save(session_of(browser), path="/profile/", fields=[("phone", "1")], now=now)
    change.send_link(person=owner, actor=people.actor(owner), now=now)
    link = MailedLink.objects.get(administrator=owner, purpose=LinkPurpose.RESET)
    forgotten_password.ask(email="lena@harbourbakery.example", client=ClientInfo(), now=now)
    lines = [PersonLine(number=1, email="a@harbourbakery.example")]
    runs.receive_lines(lines, runs.About(kind="people"), digest="", actor=CONSOLE, now=now)
    started = issuing.begin(newcomer, actor=people.actor(newcomer), now=now, password_at=now)
    proof = mailbox.send(session_id=started.session_id, actor=people.actor(newcomer), now=now)
    waits = RecoveryRequest.objects.create(
        administrator=colleague, way=Way.WAITING, second=False, asked_at=now
    )
    set_up_pass.make(waits, now=now)
    _unseen_secret(now=now)
    return Kept(
        owner=owner,
        colleague=colleague,
        newcomer=newcomer,
        secret=secret,
        codes=codes,
        unsaved_codes=recovery_codes.unsaved(colleague.id),
        browser=browser,
        link=mailed_links.path(link),
        started=started,
        set_up_secret=enrol.begin(session_id=started.session_id, now=now),
        mailed_code=mailbox.code_of(proof),
    )


def _unseen_secret(*, now: datetime) -> None:
    """Make a client's secret that waits to be shown."""
    secret_id = uuid4()
    application = make_application(f"shown-{secret_id.hex[:8]}")
    client_secrets.make_to_show(application.id, secret_id, actor=CONSOLE, now=now)


def session_of(browser: Client) -> UUID:
    """Return the id of the session that a browser is signed in with."""
    token = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return Session.objects.get(token_hash=issuing.token_hash(token)).id
