"""The journeys of people in browsers, in plain HTTP: each step says what it changes.

A journey ends where its server does: `OSError` or `HTTPException`, or `Over` when the round is.
"""

from __future__ import annotations

import re
import time
from base64 import b32decode
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

from doorward.accounts.events import (
    ADMINISTRATOR_SUSPENDED,
    EMAIL_CHANGE_AGREED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGED,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import Status
from doorward.credentials.events import (
    PASSWORD_CHANGED,
    PASSWORD_RESET,
    RECOVERY_CODE_USED,
    RECOVERY_CODES_SAVED,
    TWO_FACTOR_DISABLED,
    TWO_FACTOR_ENABLED,
)
from doorward.sessions.events import SIGNED_IN
from doorward.signin.events import (
    INVITATION_ACCEPTED,
    MAILBOX_PROOF_SENT,
    MAILBOX_VERIFIED,
    PASSWORD_LINK_ASKED,
)
from tests.browser.authenticator import Authenticator
from tests.kit.people import OTHER_PASSWORD
from tests.kit.wire import Answer, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.ledger import Somebody
    from tests.faults.postman import Postman


class Over(Exception):
    """The round is over: whoever was about to ask for more does not."""


class Bell:
    """Rings once so many more requests were begun; `over` ends the round."""

    def __init__(self) -> None:
        self.over = Event()
        self._rings = Event()
        self._left = 0

    def wait(self, requests: int, *, seconds: float) -> None:
        """Wait for so many requests, at most so long."""
        self._rings.clear()
        self._left = requests
        self._rings.wait(timeout=seconds)

    def count(self) -> None:
        """Count a request; raise `Over` where there is to be none."""
        if self.over.is_set():
            raise Over
        self._left -= 1  # two at the same moment may count as one
        if self._left <= 0:
            self._rings.set()


@dataclass
class Visitor(Wire):
    """A browser of its own address (behind a proxy that is believed), until the round is over."""

    address: str = "192.0.2.1"
    bell: Bell | None = None
    postman: Postman = field(kw_only=True)

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        if self.bell is not None:
            self.bell.count()
        return super().send(method, path, body, X_Forwarded_For=self.address, **headers)

    def went(self, path: str, **fields: str) -> Answer:
        """Send a form that is accepted."""
        answer = self.post(path, **fields)
        assert answer.status == 303, (path, answer.status, answer.text)
        return answer

    def shown(self, path: str) -> Answer:
        """Open a page that is shown."""
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status, answer.header("Location"))
        return answer

    def mailed(self, pattern: str, *, to: str) -> str:
        """Wait for a mail, for as long as the round goes on."""
        while True:
            found = self.postman.find(pattern, to=to)
            if found:
                return found
            if self.bell is None or self.bell.over.is_set():
                raise Over
            time.sleep(0.02)

    def link(self, path: str, *, to: str) -> str:
        """Wait for a mailed link below `path`; return its path."""
        return self.mailed(rf"https?://[^/\s]+({path}\S+)", to=to)


def sign_in(visitor: Visitor, who: Somebody) -> None:
    with who.asks(SIGNED_IN):
        visitor.went("/sign-in/", email=who.known.email, password=who.known.password, next="")
        if who.known.secret:
            visitor.went("/sign-in/code/", code=code_of(who))
        visitor.shown("/")


def code_of(who: Somebody) -> str:
    assert who.app is not None
    return who.app.code()


def enable(visitor: Visitor, who: Somebody) -> None:
    sign_in(visitor, who)
    _set_up(visitor, who, "/security/2fa/enable/")


def _set_up(visitor: Visitor, who: Somebody, path: str) -> None:
    shown = visitor.shown(path).between('id="manual-code">', "<").replace(" ", "")
    who.app = Authenticator(b32decode(shown))
    with who.asks(TWO_FACTOR_ENABLED, secret=who.app.secret):
        visitor.went(path, code=code_of(who), name="Pixel 9")
    page = visitor.shown("/sign-in/recovery-codes/").text
    codes = tuple(re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}", page))
    assert len(set(codes)) == 10, page
    with who.asks(RECOVERY_CODES_SAVED, saved=True, codes=codes):
        visitor.went("/sign-in/recovery-codes/", saved="on")


def disable(visitor: Visitor, who: Somebody) -> None:
    sign_in(visitor, who)
    with who.asks(TWO_FACTOR_DISABLED, secret=b"", saved=False, codes=()):
        visitor.went("/security/2fa/disable/", code=code_of(who))


def forced_set_up(visitor: Visitor, who: Somebody) -> None:
    visitor.went("/sign-in/", email=who.known.email, password=who.known.password, next="")
    with who.asks(MAILBOX_PROOF_SENT):
        visitor.shown("/sign-in/mailbox/")
    code = visitor.mailed(r"(?m)^\s*(\d{4} \d{4})\s*$", to=who.known.email)
    with who.asks(MAILBOX_VERIFIED):
        visitor.went("/sign-in/mailbox/", code=code)
    _set_up(visitor, who, "/sign-in/set-up/")
    with who.asks(SIGNED_IN):
        visitor.shown("/")


def recover(visitor: Visitor, who: Somebody) -> None:
    visitor.went("/sign-in/", email=who.known.email, password=who.known.password, next="")
    code = next(one for one in who.known.codes if one not in who.known.used)
    with who.asks(RECOVERY_CODE_USED, used=(*who.known.used, code)):
        visitor.went("/sign-in/recovery/", code=code)
    with who.asks(SIGNED_IN):
        visitor.shown("/")


def change_password(visitor: Visitor, who: Somebody) -> None:
    sign_in(visitor, who)
    with who.asks(PASSWORD_CHANGED, password=OTHER_PASSWORD):
        visitor.went("/profile/password/", current=who.known.password, password=OTHER_PASSWORD)


def reset_password(visitor: Visitor, who: Somebody) -> None:
    with who.asks(PASSWORD_LINK_ASKED):
        visitor.went("/password/forgot/", email=who.known.email)
    visitor.follow(visitor.get(visitor.link("/password/reset/", to=who.known.email)))
    with who.asks(PASSWORD_RESET, password=OTHER_PASSWORD):
        visitor.went("/password/reset/", password=OTHER_PASSWORD)
    with who.asks(SIGNED_IN):
        visitor.shown("/")


def accept(visitor: Visitor, who: Somebody) -> None:
    visitor.follow(visitor.get(visitor.link("/invitation/", to=who.known.email)))
    with who.asks(INVITATION_ACCEPTED, status=Status.ACTIVE, password=OTHER_PASSWORD):
        visitor.went("/invitation/", password=OTHER_PASSWORD)
    with who.asks(SIGNED_IN):
        visitor.shown("/")


def change_email(visitor: Visitor, who: Somebody) -> None:
    sign_in(visitor, who)
    new = f"new.{who.known.email}"
    with who.asks(EMAIL_CHANGE_ASKED):
        visitor.went("/profile/", **_NAMES, language="en", time_zone="UTC", email=new)
    visitor.follow(visitor.get(visitor.link("/e-mail/confirm/", to=new)))
    with who.asks(EMAIL_CHANGE_AGREED, EMAIL_CHANGED, email=new):
        visitor.went("/e-mail/confirm/")


def require(visitor: Visitor, who: Somebody, colleague: Somebody) -> None:
    sign_in(visitor, colleague)
    with who.asks(TWO_FACTOR_REQUIRED, required=True):
        _save(visitor, who, status="active", require_2fa="on")


def suspend(visitor: Visitor, who: Somebody, colleague: Somebody) -> None:
    sign_in(visitor, colleague)
    with who.asks(ADMINISTRATOR_SUSPENDED, status=Status.SUSPENDED):
        _save(visitor, who, status="suspended", confirm="on")


def _save(visitor: Visitor, who: Somebody, **fields: str) -> None:
    email = who.known.email
    visitor.went(f"/administrators/{who.id}/", **_NAMES, email=email, tabs="home", **fields)


_NAMES = {"first_name": "Ines", "last_name": "Moreau", "phone": ""}

# What a person must be for a journey: with an app, required, invited, helped by a colleague.
WITH_APP: tuple[Callable[..., Any], ...] = (sign_in, disable, recover)
WITH_COLLEAGUE: tuple[Callable[..., Any], ...] = (require, suspend)
JOURNEYS: tuple[Callable[..., Any], ...] = (
    sign_in,
    enable,
    disable,
    forced_set_up,
    recover,
    change_password,
    reset_password,
    accept,
    change_email,
    require,
    suspend,
)
