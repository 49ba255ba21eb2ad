"""Somebody at a browser: what they see and press, and what must never happen meanwhile."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.authenticator import Authenticator

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response

    from tests.browser.portal import Portal, Somebody

MILLISECONDS = 30_000
expect.set_options(timeout=MILLISECONDS)

# An answer that is meant: a form that was not accepted, a page that is not there, a wait.
_MEANT = re.compile(r"responded with a status of (403|404|405|422|429|503)")
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy:", event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber));
"""
_addresses = count(1)


class Visitor:
    """A browser of its own: no cookies of others, an address of its own.

    `problems` gathers errors on the console, policy violations and requests to other hosts. The
    fixture that made the visitor fails the test when there are any.
    """

    def __init__(self, browser: Browser, portal: Portal, **options: Any) -> None:
        self.address = str(options.get("base_url", portal.address))
        given: dict[str, Any] = {
            "base_url": self.address,
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1280, "height": 900},
            "reduced_motion": "reduce",
        }
        self.portal = portal
        self.context = browser.new_context(**(given | options))
        self.scripts = bool(options.get("java_script_enabled", True))
        self.context.set_default_timeout(MILLISECONDS)
        self.problems: list[str] = []
        # Where it may go besides.
        self.outside: tuple[str, ...] = ()
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        self.context.on("request", self._asked)
        if self.scripts:
            self.context.add_init_script(_TELL_VIOLATIONS)
            self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.comes()

    def comes(self) -> None:
        """Begin as somebody new: no cookies, another address, a page with nothing on it."""
        number = next(_addresses)
        address = f"198.51.{number // 250}.{number % 250 + 1}"
        self.context.set_extra_http_headers({"X-Forwarded-For": address})
        self.context.clear_cookies()
        self.problems.clear()
        self.outside = ()
        self.has_clock = False
        self.page = self.context.new_page()

    def leaves(self) -> None:
        """Leave nothing open."""
        for page in self.context.pages:
            page.close()

    def takes_the_clock(self) -> None:
        """Stop the browser's clock; it runs only when it is told to."""
        self.page.clock.install()
        self.has_clock = True

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _MEANT.search(message.text):
            self.problems.append(f"console at {message.location.get('url', '')}: {message.text}")

    def _asked(self, request: Request) -> None:
        # `otpauth:` is no host: the system hands it to an app.
        if not request.url.startswith((self.address, *self.outside, "data:", "blob:", "otpauth:")):
            self.problems.append(f"asked another host: {request.url}")

    # --- going and seeing -------------------------------------------------------------------------

    def go(self, path: str) -> Response:
        answer = self.page.goto(path)
        assert answer is not None
        return answer

    def another_tab(self) -> Page:
        return self.context.new_page()

    def sees(self, page: str) -> None:
        """Wait until the page of this name stands there."""
        expect(self.page.locator(f'main[data-page="{page}"]')).to_be_visible()

    def reads(self, text: str | re.Pattern[str], where: str = "main") -> None:
        """Wait until this text can be read."""
        expect(self.page.locator(where).get_by_text(text).first).to_be_visible()

    def hears(self, text: str | re.Pattern[str], role: str = "alert") -> None:
        """Wait for a message: what went wrong (alert), or well (status)."""
        expect(self.page.locator(f"[role={role}]").filter(has_text=text).first).to_be_visible()

    def button(self, name: str, **rest: Any) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True, **rest)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def waits_for_drawing(self) -> None:
        """Wait until the browser draws the page, with scripts: it loses keys that are pressed before."""
        if self.scripts:
            self.page.evaluate("() => new Promise(done => requestAnimationFrame(done))")

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self.button(name).click()

    def follow(self, name: str) -> None:
        """Follow the link of this name."""
        self.link(name).click()

    @property
    def menu(self) -> Locator:
        """The account menu, opened."""
        items = self.page.locator("#account-items")
        if not items.is_visible():
            self.page.locator("#account-menu > button").click()
        expect(items).to_be_visible()
        return items

    @property
    def window(self) -> Locator:
        """The window of the article: a dialog over the page or, without scripts, a page."""
        return self.page.locator("dialog[open] [data-window]" if self.scripts else "[data-window]")

    # --- what one does ----------------------------------------------------------------------------

    def is_signed_in_as(self, person: Somebody) -> Visitor:
        """Let the browser be one in which this person is signed in."""
        return self.keeps(self.portal.ask("cookies", email=person.email))

    def is_half_way(self, person: Somebody) -> Visitor:
        """Let the browser be one in which only the password was given."""
        given = {"email": person.email, "password": person.password}
        return self.keeps(self.portal.ask("half_way", **given))

    def keeps(self, cookies: dict[str, str]) -> Visitor:
        """Put cookies into the browser."""
        self.context.add_cookies(
            [
                {"name": name, "value": value, "url": self.portal.address}
                for name, value in cookies.items()
            ]
        )
        return self

    def gives_password(self, person: Somebody, password: str = "") -> None:
        """Fill in and send the sign-in page."""
        self.page.get_by_label("E-mail").fill(person.email)
        self.page.get_by_label("Password", exact=True).fill(password or person.password)
        self.press("Sign in")

    def signs_in(self, person: Somebody) -> None:
        """Sign in over the pages, up to whatever is due after the code."""
        self.go("/sign-in/")
        self.gives_password(person)
        if person.phone is not None:
            self.sees("sign-in-code")
            self.gives_code(person.code())

    def gives_code(self, code: str, verb: str = "Continue") -> None:
        """Type a code and wait for the answer. With scripts a full box sends itself."""
        place = self.window if self.window.count() else self.page.locator("main")
        box = place.locator("input.otp")
        digits = str(sum(character.isdigit() for character in code))
        sends_itself = self.scripts and digits == box.get_attribute("data-code")
        fetched = self.scripts and self.page.locator("dialog[open]").count()
        with self._answered() if fetched else self.page.expect_navigation():
            box.fill(code)
            if not sends_itself:
                place.get_by_role("button", name=verb, exact=True).click()

    def _answered(self) -> AbstractContextManager[Any]:
        return self.page.expect_response(lambda answer: answer.request.method == "POST")

    def opens_set_up(self) -> Authenticator:
        """Scan the QR code that stands there."""
        return Authenticator.of_picture(self.page.locator("#qr-code").screenshot())

    def recovery_codes(self) -> list[str]:
        """Read the recovery codes that stand there."""
        expect(self.page.locator("#recovery-codes")).to_be_visible()
        return self.page.locator("#recovery-codes li").all_inner_texts()

    def saves_codes(self) -> list[str]:
        """Read the codes, say that they are saved, go on."""
        codes = self.recovery_codes()
        self.page.get_by_label("I have saved them").check()
        self.press("Continue")
        return codes
