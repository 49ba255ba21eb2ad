"""What browsers send to pages: to a person's page, to the profile, and whatever form a page has."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tests.kit import people
from tests.kit.passkeys import ORIGIN

HOST = ORIGIN.removeprefix("http://")


def browser() -> Client:
    """Return a browser at the relying party's own address."""
    return Client(HTTP_USER_AGENT=people.CHROME, HTTP_HOST=HOST)


def page(person, deed=""):
    return f"/administrators/{person.id}/{deed and deed + '/'}"


def form(person, **changes):
    """Return what the page's form would send; None leaves a field out."""
    fields = {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": person.phone,
        "tabs": sorted(person.tab_keys),
        "status": "active" if person.status == "invited" else person.status,
        "require_2fa": "on" if person.require_2fa else None,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


# --- another e-mail, asked for among other things -------------------------------------------------


def profile(person, **changes):
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": "",
        "email": person.email,
        "language": "en",
        "time_zone": "UTC",
    } | changes


# --- a form as its page has it --------------------------------------------------------------------


def filled(client: Client, path: str, target: str = "", /, **typed: Any) -> dict[str, Any]:
    """Return what the form that a page sends would send, with this typed; None leaves a field out.

    `target`: where it sends it; empty: to itself.
    """
    reader = _Form(target or path.partition("?")[0])
    reader.feed(client.get(path).content.decode())
    fields = reader.fields | typed
    return {name: value for name, value in fields.items() if value is not None}


class _Form(HTMLParser):
    """The inputs of one form, as a browser sends them; several of a name are a list."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside = action, False
        self.fields: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("action") == self.action and given.get("method") == "post"
        if tag != "input" or not self.inside or "disabled" in given:
            return
        name, kind = given.get("name"), given.get("type")
        if not name or name == "csrfmiddlewaretoken":
            return
        if kind == "checkbox" and "value" in given:
            chosen = self.fields.setdefault(name, [])
            chosen += [given["value"]] if "checked" in given else []
        elif kind not in {"checkbox", "radio"}:
            self.fields[name] = given.get("value") or ""
        elif "checked" in given:
            self.fields[name] = given.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"
