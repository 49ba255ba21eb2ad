"""Somebody who walks through the portal: every link that a page shows is opened, every form that it has is sent."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.urls import Resolver404, resolve

from tests.kit import people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.test import Client

# What ends the walk; whoever it is may do it.
ENDS = frozenset({"sign_out", "managing_leave"})


class Shown(HTMLParser):
    """What a page offers: the addresses of its links, and its forms, each with what a browser would send."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, str, dict[str, Any]]] = []
        self.pressed: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []
        self.ids: Counter[str] = Counter()
        self._page, self._inside = page, False
        self.feed(text)

    def forms_to(self, *begins: str) -> list[str]:
        """Return where forms are sent by POST, of the addresses that begin like these."""
        return [action for action, _ in self.sent if action.startswith(begins)]

    @property
    def sent(self) -> list[tuple[str, dict[str, Any]]]:
        """What a browser would send by POST: each form as it stands, and by each button that says something."""
        plain = [(action, fields) for method, action, fields in self.forms if method == "post"]
        pressed = [
            (to, fields | more) for method, to, fields, more in self.pressed if method == "post"
        ]
        return plain + pressed

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.update({given.get("id") or ""} - {""})
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self._page, given["href"] or ""))
        elif tag == "form":
            method = (given.get("method") or "get").lower()
            self.forms.append((method, urljoin(self._page, given.get("action") or ""), {}))
            self._inside = True
        elif self.forms and self._inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str | None]) -> None:
        method, action, fields = self.forms[-1]
        if tag == "button" and (given.get("formaction") or given.get("name")):
            named = given.get("name")
            pressed = {named: given.get("value") or ""} if named else {}
            to = urljoin(self._page, given.get("formaction") or action)
            self.pressed.append((method, to, fields, pressed))
        name, kind = given.get("name"), given.get("type")
        if not name or "disabled" in given:
            return
        if tag in {"select", "textarea"}:
            fields.setdefault(name, [""])
        elif tag == "input" and kind not in {"checkbox", "radio"}:
            fields.setdefault(name, []).append(given.get("value") or "")
        elif tag == "input" and "checked" in given:
            fields.setdefault(name, []).append(given.get("value") or "on")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


def read(answer: Any) -> None:
    """Read a file that is an answer, which closes it."""
    if answer.streaming:
        list(answer.streaming_content)


class Walk:
    """A walk of one person, from some addresses on; `refused`: what was shown to them and answered 403, and where.

    `twice`: what a page has two of, so that a label or a link finds the wrong one.
    `mute`: forms that were refused without a word, sent once or, as pressed twice, again.
    `each`: how many pages and forms of a kind are looked at; rows of a list have the same.
    """

    def __init__(self, client: Client, *, each: int = 2) -> None:
        self.client, self.each = client, each
        self.refused: set[str] = set()
        self.twice: set[str] = set()
        self.mute: set[str] = set()
        self.pages = self.sent = 0
        self._seen: set[str] = set()
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._due: list[tuple[str, str]] = []

    def through(self, begin: Iterable[str]) -> Walk:
        """Go through all that can be reached."""
        self._due = [(path, "") for path in begin]
        while self._due:
            self._open(*self._due.pop(0))
        return self

    def _open(self, address: str, shown_on: str) -> None:
        name = self._new("GET", address)
        if not name:
            return
        answer = self.client.get(address)
        read(answer)
        self._judge(answer, f"GET {name}", shown_on)
        if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
            return
        self.pages += 1
        page = Shown(address, answer.content.decode())
        self.twice |= {f"{one} on {name}" for one, found in page.ids.items() if found > 1}
        self._due += [(link, name) for link in page.links]
        self._due += [(action, name) for method, action, _ in page.forms if method == "get"]
        for action, fields in page.sent:
            self._send(action, fields, name)

    def _send(self, action: str, fields: dict[str, Any], shown_on: str) -> None:
        name = self._new("POST", action, repr(sorted(fields)) + repr(fields.get("status", "")))
        if not name or name in ENDS:
            return
        cookies = dict(self.client.cookies.items())
        kept = {key: morsel.value for key, morsel in cookies.items()}
        with transaction.atomic():
            answers = [self.client.post(action, fields) for _ in range(2)]
            for one in answers:
                read(one)
            transaction.set_rollback(True)
        people.forget_caches()
        self.client.cookies.clear()
        self.client.cookies.load(kept)
        self.sent += 1
        for one in answers:
            self._judge(one, f"POST {name}", shown_on)
            if one.status_code == 422 and b'role="alert"' not in one.content:
                self.mute.add(f"{name} on {shown_on}")

    def _new(self, method: str, address: str, sent: str = "") -> str:
        """Return the name of a route that was not tried often enough; nothing, if it was, or is none of ours."""
        parts = urlsplit(address)
        where = f"{method} {parts.path}?{parts.query}{sent}"
        if parts.netloc or parts.scheme or where in self._seen:
            return ""
        try:
            name = resolve(parts.path).url_name or ""
        except Resolver404:
            return ""
        self._seen.add(where)
        self._kinds[method, name] += 1
        return name if self._kinds[method, name] <= self.each else ""

    def _judge(self, answer: Any, what: str, shown_on: str) -> None:
        if answer.status_code == 403 and shown_on:
            self.refused.add(f"{what} on {shown_on}")
