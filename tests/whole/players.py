"""The players of `test_machine.py`: their browsers on the real pages, and what each of them has."""

from __future__ import annotations

import re
from base64 import b32decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from doorward.credentials.totp import rules
from doorward.sessions import issuing
from doorward.sessions.models import Session as Row
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from doorward.web.http.cookies import TRUSTED as TRUST_COOKIE
from tests.kit import people
from tests.kit.softkey import SoftKey
from tests.whole.model import CODE, MAILBOX, PROVE, RECOVERY, SIGN_IN, THROUGH, Person, Session

if TYPE_CHECKING:
    from tests.whole.belongings import App, Key, Letter, Trust

_COOKIE = settings.SESSION_COOKIE_NAME


@dataclass(eq=False)
class Player:
    """Somebody with one browser, who is after one account."""

    name: str
    person: Person
    password: str
    client: Client
    session: Session | None = None
    # What the cookie of this browser stands for.
    trust: Trust | None = None
    codes: list[str] = field(default_factory=list)
    # The secret of an app that a set-up showed last.
    secret: bytes = b""
    # A passkey that is good for another account alone.
    stray: SoftKey = field(default_factory=SoftKey)

    @classmethod
    def of(cls, name: str, person: Person, *, address: str) -> Player:
        client = Client(HTTP_USER_AGENT=f"{people.CHROME} {name}", REMOTE_ADDR=address)
        return cls(name, person, person.password, client)

    def due(self) -> str:
        """Return the page that this browser must be sent to."""
        return self.session.due(now(), self.trust) if self.session else SIGN_IN

    def is_sent_to(self) -> str:
        """Ask the portal where this browser is sent when it wants in; `/`: it is through."""
        if _COOKIE not in self.client.cookies:
            return SIGN_IN
        answer = self.client.get("/prove/continue/")
        # A form that waits for its proof is shown, to who is through.
        return THROUGH if answer.status_code == 200 else path_of(answer)

    def proved_in_its_row(self) -> tuple[str, bool]:
        """Return what the portal wrote down: the kind of factor that was verified, and whether by a recovery code."""
        rows = Row.objects.filter(token_hash=self._token_hash())
        [(kind, recovered)] = rows.values_list("factor_kind", "recovery_at")
        return kind, recovered is not None

    def post(self, path: str, **fields: str) -> Any:
        self._opens(path)
        return self.client.post(path, fields)

    def get(self, path: str) -> Any:
        self._opens(path)
        return self.client.get(path)

    def _opens(self, path: str) -> None:
        """Note that a page is opened; only the one that is due is served."""
        # What makes a passkey's challenge for a proof is for who is through.
        step = CODE if path == RECOVERY else path.removesuffix("passkey/")
        if step != path and step == PROVE:
            return
        if self.session and step not in {SIGN_IN, THROUGH} and step == self.due():
            self.session.touch(now())

    def begins(self, *, link: bool = False, passkey: bool = False) -> Session:
        """Note that the portal began a session with this browser."""
        moment = now()
        self.session = Session(self.person, moment, moment, None if passkey else moment, link=link)
        self.person.sessions.append(self.session)
        return self.session

    @property
    def reads(self) -> bool:
        """Whether the account's mail reaches this player."""
        return self.may_read(self.person.email)

    def may_read(self, address: str) -> bool:
        return self.name in self.person.readers[address]

    def letters(self) -> list[Letter]:
        """Return the mailed links that reached this player, newest first."""
        return [one for one in reversed(self.person.letters) if self.may_read(one.to)]

    @property
    def apps(self) -> list[App]:
        """The apps of the account that are in this player's pocket."""
        return [app for app in self.person.apps if app.holder == self.name]

    @property
    def keys(self) -> list[Key]:
        """The passkeys of the account that are on this player's devices."""
        return [key for key in self.person.keys if self.name in key.devices]

    @property
    def trust_mark(self) -> str:
        """The cookie of a trusted browser; empty: there is none."""
        found = self.client.cookies.get(TRUST_COOKIE)
        return found.value if found else ""

    def sees_secret(self, path: str) -> bool | None:
        """Open the page of a set-up and keep its secret; False: no app is wanted, None: it is not shown."""
        page = self.get(path)
        if page.status_code != 200:
            return None
        found = re.search(r'id="manual-code">([^<]+)<', page.content.decode())
        if found:
            self.secret = b32decode(found[1].replace(" ", ""))
        return bool(found)

    def mailed_code(self) -> str:
        """Read the code that was mailed for this browser's session."""
        self.get(MAILBOX)
        proofs = MailboxProof.objects.filter(session__token_hash=self._token_hash())
        return mailbox.code_of(proofs.latest("created_at"))

    def open_link(self, path: str) -> None:
        """Open a mailed link as a click does."""
        self.client.get(self.client.get(path)["Location"])

    def _token_hash(self) -> bytes:
        return issuing.token_hash(self.client.cookies[_COOKIE].value)


def now() -> datetime:
    """Read the clock, which stands still until a rule moves it."""
    return datetime.now(tz=UTC)


def path_of(answer: Any) -> str:
    """Return the path that an answer leads to; empty: nowhere."""
    path: str = urlsplit(answer.headers.get("Location", "")).path
    return path


def code(app: App, step: int) -> str:
    shown: str = rules.code_at(app.secret, step)
    return shown
