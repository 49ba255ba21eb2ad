"""Applications behind tabs, and what they send: real addresses, real keys, through Django's own test client."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets as random
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.applications import clients, secrets
from doorward.audit.actor import CONSOLE
from doorward.customers import cached, own_tabs

if TYPE_CHECKING:
    from doorward.applications.models import Application

CALLBACK = "https://phone.example/callback"
AFTER = "https://phone.example/bye"
TAB = "phone"


def make_tab(key: str = TAB):
    details = own_tabs.TabDetails(title=key.title(), url=f"https://{key}.example/")
    tab = own_tabs.add(key, details, actor=CONSOLE)
    cached.forget()
    return tab


def make_application(key: str = TAB, **details) -> Application:
    given = {"redirect_uris": CALLBACK, "logout_uris": AFTER} | details
    return clients.add(
        make_tab(key).id,
        clients.ApplicationDetails(**given),
        actor=CONSOLE,
        now=timezone.now(),
    )


def make_secret(application: Application) -> str:
    return secrets.make(application.id, actor=CONSOLE, now=timezone.now())


def give_tab(person: Administrator, key: str = TAB) -> None:
    """Give somebody the right to a tab, as their row has it."""
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    had = rows.values_list("tabs", flat=True).get().split()
    rows.update(tabs=f" {' '.join(sorted({*had, key}))} ")


def take_tab(person: Administrator, key: str = TAB) -> None:
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    kept = set(rows.values_list("tabs", flat=True).get().split()) - {key}
    rows.update(tabs=f" {' '.join(sorted(kept))} ")


class Relying:
    """An application as it is written by the book: PKCE, state, nonce.

    `mode`: how it wants its answers. `by_header`: it shows its secret there, and not in the form.
    """

    def __init__(
        self,
        application: Application,
        secret: str = "",
        *,
        mode: str | None = None,
        by_header: bool = False,
    ) -> None:
        self.application, self.secret = application, secret
        self.mode, self.by_header = mode, by_header
        self.verifier = random.token_urlsafe(32)
        self.state, self.nonce = random.token_hex(8), random.token_hex(8)
        self.server = Client()

    def wish(self, **changes) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "client_id": self.application.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile email",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "response_mode": self.mode,
        } | changes
        return {name: value for name, value in asked.items() if value is not None}

    def address(self, **changes) -> str:
        return f"/oidc/authorize/?{urlencode(self.wish(**changes))}"

    def ask(self, browser: Client, **changes):
        return browser.get(self.address(**changes))

    def code(self, browser: Client, **changes) -> str:
        return answer_of(self.ask(browser, **changes))["code"]

    def exchange(self, code: str, **changes):
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }
        return self.post("/oidc/token/", **(sent | changes))

    def refresh(self, token: str, **changes):
        return self.post("/oidc/token/", grant_type="refresh_token", refresh_token=token, **changes)

    def post(self, path: str, **sent):
        by = {"client_id": self.application.client_id, "client_secret": self.secret}
        headers = {}
        if self.by_header:
            pair = base64.b64encode(f"{by['client_id']}:{by.pop('client_secret')}".encode())
            headers = {"authorization": f"Basic {pair.decode()}"}
        sent = {name: value for name, value in (by | sent).items() if value}
        return self.server.post(path, sent, headers=headers)

    def tokens(self, browser: Client, **changes) -> dict[str, str]:
        answer = self.exchange(self.code(browser, **changes))
        assert answer.status_code == 200, answer.content
        given: dict[str, str] = answer.json()
        return given

    def userinfo(self, token: str):
        return self.server.get("/oidc/userinfo/", headers={"authorization": f"Bearer {token}"})

    def is_active(self, token: str) -> bool:
        return bool(self.post("/oidc/introspect/", token=token).json()["active"])


def answer_of(response) -> dict[str, str]:
    """Return what an application is answered, by a redirect, or by a page that leads on or sends itself."""
    if "data-sends-itself" in response.content.decode():
        return form_of(response)
    address = response.headers.get("Location") or response.headers["Refresh"].partition("url=")[2]
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def form_of(response) -> dict[str, str]:
    """Return the fields of a form that sends itself."""
    found = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode()
    )
    return {name: unescape(value) for name, value in found}


def said(token: str) -> dict[str, object]:
    """Return what a token says, whoever signed it."""
    return _part(token, 1)


def head(token: str) -> dict[str, object]:
    return _part(token, 0)


def _part(token: str, place: int) -> dict[str, object]:
    part = token.split(".")[place]
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read
