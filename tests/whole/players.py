"""The players of `test_machine.py`: their browsers on the real pages, and what each of them has."""

from __future__ import annotations

import re
from base64 import b32decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from doorward.administrators import links, mailbox, sessions
from doorward.administrators.models import LinkPurpose, MailboxProof, MailedLink
from doorward.core import totp
from tests import support
from tests.whole.model import SIGN_IN, THROUGH, App, Person, Session

if TYPE_CHECKING:
    from datetime import datetime

_COOKIE = settings.SESSION_COOKIE_NAME


@dataclass(eq=False)
class Player:
    """Somebody with one browser, who is after one account. `reads`: they get its mail."""

    name: str
    person: Person
    reads: bool
    password: str
    client: Client
    session: Session | None = None
    codes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, person: Person, *, reads: bool, address: str) -> Player:
        client = Client(HTTP_USER_AGENT=f"{support.CHROME} {name}", REMOTE_ADDR=address)
        return cls(name, person, reads, person.password, client)

    def due(self, now: datetime) -> str:
        return self.session.due(now) if self.session else SIGN_IN

    def is_sent_to(self) -> str:
        """Ask the portal where this browser is sent when it wants in; `/`: it is through."""
        if _COOKIE not in self.client.cookies:
            return SIGN_IN
        answer = self.client.get("/prove/continue/")
        # A form that waits for its proof is shown, to who is through.
        return THROUGH if answer.status_code == 200 else path_of(answer)

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(path, fields)

    def begins(self, now: datetime, *, link: bool = False) -> Session:
        """Note that the portal began a session with this browser."""
        self.session = Session(self.person, begun=now, seen=now, password_at=now, link=link)
        self.person.sessions.append(self.session)
        return self.session

    @property
    def apps(self) -> list[App]:
        """The apps of the account that are in this player's pocket."""
        return [app for app in self.person.apps.values() if app.holder == self.name]

    def shown_secret(self, path: str) -> bytes | None:
        """Open the page of a set-up; give its secret, None: it is not shown."""
        page = self.client.get(path)
        if page.status_code != 200:
            return None
        found = re.search(r'id="manual-code">([^<]+)<', page.content.decode())
        assert found
        return b32decode(found[1].replace(" ", ""))

    def mailed_code(self) -> str:
        """Read the code that was mailed for this browser's session."""
        self.client.get("/sign-in/mailbox/")
        hashed = sessions.token_hash(self.client.cookies[_COOKIE].value)
        proofs = MailboxProof.objects.filter(session__token_hash=hashed)
        return mailbox.code_of(proofs.latest("created_at"))

    def open_link(self, path: str) -> None:
        """Open a mailed link as a click does."""
        self.client.get(self.client.get(path)["Location"])


def path_of(answer: Any) -> str:
    """Give the path that an answer leads to; empty: nowhere."""
    path: str = urlsplit(answer.headers.get("Location", "")).path
    return path


def reset_links(person: Person) -> list[str]:
    """Give the addresses of all links that were mailed to set a new password, newest first."""
    rows = MailedLink.objects.filter(administrator_id=person.id, purpose=LinkPurpose.RESET)
    return [links.path(row) for row in rows.order_by("-created_at", "-id")]


def code(app: App, step: int) -> str:
    shown: str = totp.code_at(app.secret, step)
    return shown
