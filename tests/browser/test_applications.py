"""From the tab into an application that signs people in here, before and after two factors are required.

The application is a real one, with Authlib's client.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from authlib.integrations.requests_client import OAuth2Session
from playwright.sync_api import expect

from doorward.customers.cached import KEPT_SECONDS
from tests.browser.keyboard import Keyboard
from tests.kit import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.portal import Portal

_VERIFIER = "v" * 48


class Little:
    """An application of one page, which greets whoever signed in with what it was told."""

    def __init__(self, portal: Portal) -> None:
        self.port = serving.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.key = f"phones-{uuid4().hex[:6]}"
        made = portal.ask(
            "make_application",
            key=self.key,
            url=f"{self.address}/",
            redirect_uris=f"{self.address}/callback",
        )
        self.client = OAuth2Session(
            made["client_id"],
            made["secret"],
            scope="openid profile",
            redirect_uri=f"{self.address}/callback",
            code_challenge_method="S256",
        )
        found = self.client.get(
            f"{portal.address}/.well-known/openid-configuration", withhold_token=True
        )
        self.provider: dict[str, Any] = found.json()

    def asks(self) -> str:
        """Return where to sign in."""
        address: str
        address, self.state = self.client.create_authorization_url(
            self.provider["authorization_endpoint"], code_verifier=_VERIFIER
        )
        return address

    def greets(self, path: str) -> str:
        """Return what is said to whoever comes back with a code."""
        token = self.client.fetch_token(
            self.provider["token_endpoint"],
            authorization_response=f"{self.address}{path}",
            state=self.state,
            code_verifier=_VERIFIER,
        )
        told = self.client.get(self.provider["userinfo_endpoint"]).json()
        shown = self.client.introspect_token(
            self.provider["introspection_endpoint"], token["access_token"]
        )
        return f"Hello {told['name']}, by {shown.json()['acr']}"


@contextmanager
def _open(little: Little) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/":
                self.send_response(303)
                self.send_header("Location", little.asks())
                self.end_headers()
                return
            body = little.greets(self.path) if path == "/callback" else ""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            icon = '<link rel="icon" href="data:,">'
            self.wfile.write(f"<title>Little</title>{icon}<main>{body}</main>".encode())

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", little.port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def little(portal, monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    made = Little(portal)
    with _open(made):
        yield made


def test_a_tick_between_two_sign_ins_leads_into_set_up_and_back_into_the_application(
    portal, little, somewhere
):
    nora = portal.boss()
    ines = portal.person("Ines Moreau", customer=nora.customer)
    portal.ask("give_tab", email=ines.email, key=little.key)
    # So long the server may show the tabs that it knew.
    time.sleep(KEPT_SECONDS)
    somewhere.outside = (little.address,)

    somewhere.signs_in(ines)
    somewhere.sees("home")
    keyboard = Keyboard(somewhere)
    keyboard.uses(somewhere.page.locator(f'#main a[href="{little.address}/"]'))
    main = somewhere.page.locator("main")
    expect(main).to_have_text(f"Hello {ines.name}, by urn:doorward:password")

    portal.ask("require", email=ines.email, actor=nora.email)
    somewhere.page.goto(f"{little.address}/")
    somewhere.sees("sign-in-mailbox")
    code = ines.mail("code").digits(8)
    somewhere.gives_code(f"{code[:4]} {code[4:]}")
    somewhere.sees("sign-in-set-up")
    phone = somewhere.opens_set_up()
    somewhere.gives_code(phone.code(), "Enable 2FA")
    somewhere.sees("recovery-codes")
    somewhere.saves_codes()
    expect(main).to_have_text(f"Hello {ines.name}, by urn:doorward:two-factor")
    assert ines.events.count("application_signed_in") == 2

    somewhere.go("/security/")
    end = somewhere.page.get_by_role("button", name=f"Sign out of {little.key.title()} in")
    keyboard.uses(end)
    somewhere.hears(
        "You are signed out of the application. Opening it again signs you in, as long as you are signed in here.",
        role="status",
    )
    expect(end).to_have_count(0)
    assert ines.events[-1] == "application_signed_out"
