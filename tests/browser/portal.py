"""A portal under test: its server, the process inside it, the people in it and the mail it sends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.browser.authenticator import Authenticator
from tests.kit import serving
from tests.kit.people import ALL_TABS, PASSWORD
from tests.kit.waiting import until
from tests.notifications.mails import part, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.notifications.servers import Box

_numbers = count(1)
_INSIDE = "import django; django.setup(); from tests.browser import inside; inside.main()"


class Inside:
    """The process of `tests.browser.inside`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _INSIDE],
            env=serving.environment(folder, **settings)
            | {"DJANGO_SETTINGS_MODULE": "doorward.settings.django"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, deed: str, **given: Any) -> Any:
        """Have one of its deeds done; return what it gives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([deed, given], default=list) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        return answer["done"]

    def stop(self) -> None:
        self._process.communicate(timeout=60)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the receiver has it."""

    to: str
    subject: str
    text: str
    html: str

    def link(self, path: str) -> str:
        """Return the one address of the portal below `path` that stands in it."""
        addresses = re.findall(r"https?://[^\s<>()]+(?<![.,:;])", self.text)
        found: set[str] = {address for address in addresses if path in address}
        (only,) = found
        return only

    def digits(self, how_many: int) -> str:
        """Return the one code of so many digits that stands in it, however it is grouped."""
        alone = re.findall(r"(?<![\d/.:-])\d[\d ]*\d(?![\d/.:-])", self.text)
        found: set[str] = {
            code for code in (one.replace(" ", "") for one in alone) if len(code) == how_many
        }
        (only,) = found
        return only


@dataclass
class Portal:
    """All of it. `box`: of the mail server that it sends to; None: its mail is in its folder."""

    server: serving.Server
    inside: Inside
    folder: Path
    address: str
    box: Box | None = None
    _companies: Iterator[int] = field(default_factory=lambda: _numbers)

    def ask(self, deed: str, **given: Any) -> Any:
        return self.inside.ask(deed, **given)

    def customer(self, name: str = "Harbour Bakery", **columns: Any) -> str:
        """Add a customer of this test's own; return its name."""
        made: str = self.ask("make_customer", name=f"{name} {next(self._companies)}", **columns)
        return made

    def person(
        self,
        name: str = "Ines Moreau",
        *,
        customer: str = "",
        tabs: Iterable[str] = ("home", "support"),
        **columns: Any,
    ) -> Somebody:
        """Add somebody of this test's own; of a customer of their own, if none is given."""
        customer = customer or self.customer()
        made = self.stranger(name, customer=customer)
        given = {"email": made.email, "name": name, "tabs": tabs}
        self.ask("make_person", customer=customer, **given, **columns)
        return made

    def stranger(self, name: str, *, customer: str = "") -> Somebody:
        """Return somebody whom the portal does not know yet, with an e-mail of this test's own."""
        email = f"{name.lower().replace(' ', '.')}.{next(self._companies)}@harbourbakery.example"
        return Somebody(portal=self, name=name, email=email, customer=customer)

    def boss(self, name: str = "Nora Lindqvist", **rest: Any) -> Somebody:
        """Add somebody with all built-in tabs."""
        return self.person(name, **({"tabs": ALL_TABS} | rest))

    def mails(self, to: str) -> list[Mail]:
        """Return the mails to somebody so far, oldest first."""
        read = [_read(content) for content in self._arrived()]
        return [mail for mail in read if mail.to == to]

    def _arrived(self) -> list[bytes]:
        if self.box is not None:
            return [envelope.content for envelope in list(self.box.envelopes)]
        files = (self.folder / "mail").glob("*.eml")
        return [file.read_bytes() for file in sorted(files, key=lambda one: one.stat().st_mtime_ns)]

    def mail(self, to: str, about: str) -> Mail:
        """Wait for the newest mail to somebody whose subject has `about` in it."""

        def found() -> list[Mail]:
            return [mail for mail in self.mails(to) if about in mail.subject]

        return until(found)[-1]


def _read(content: bytes) -> Mail:
    message = read(content)
    to = message["to"].addresses[0].addr_spec
    text, html = (part(message, kind) for kind in ("plain", "html"))
    return Mail(to=to, subject=str(message["subject"]), text=text, html=html)


@dataclass
class Somebody:
    """A person of the portal, with what they know and what is in their pocket."""

    portal: Portal
    name: str
    email: str
    customer: str
    password: str = PASSWORD
    phone: Authenticator | None = None

    def has_app(self) -> Somebody:
        """Give them a confirmed authenticator app."""
        self.phone = Authenticator.of_text(self.portal.ask("enable_app", email=self.email))
        return self

    def code(self) -> str:
        """Return a code that their app shows and that was not used yet."""
        assert self.phone is not None
        code = self.phone.code()
        if not code:  # all that are good now were used: as if a minute had gone by
            self.portal.ask("forget_used_codes", email=self.email)
            code = self.phone.forget().code()
        return code

    @property
    def state(self) -> Any:
        return self.portal.ask("state", email=self.email)

    @property
    def events(self) -> list[str]:
        found: list[str] = self.portal.ask("events", email=self.email)
        return found

    def mail(self, about: str) -> Mail:
        return self.portal.mail(self.email, about)


def path_of(address: str) -> str:
    """Return the path of an address."""
    return urlsplit(address).path
