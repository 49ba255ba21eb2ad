"""The stage of a film: browsers in a running demonstration, and what people do in them.

Without a camera the script is played as fast as it goes; with one, each move of the pointer and each letter is filmed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from playwright.sync_api import expect

from tests.browser.authenticator import Authenticator
from tests.film import samples
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.film.demonstration import Demonstration

WIDTH, HEIGHT = 1280, 800
PASSWORD = "seven-quiet-lanterns"
# A current Chrome on Windows; the portal names browsers in its history.
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)

# Where a field is clicked: the pointer must not stand on what is typed.
_BESIDE_THE_TEXT = (0.9, 0.7)
# A form that sends itself is stopped, once.
_HOLD = """() => addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  window.held = event.target;
}, { capture: true, once: true })"""


class Camera(Protocol):
    """What films the stage."""

    def says(self, caption: str) -> None: ...
    def holds(self, page: Page, seconds: float) -> None: ...
    def points(self, page: Page, place: tuple[float, float]) -> None: ...
    def shows_phone(self, page: Page, *, code: str = "", picture: bytes = b"") -> None: ...
    def hides_phone(self) -> None: ...


class Phone(Authenticator):
    """Somebody's authenticator app, in the picture."""

    def fresh_code(self) -> str:
        """Return the next code that is accepted; wait where the ones of now were used."""
        return until(self.code, seconds=35)


class Stage:
    """Where the script is played; `samples` gathers how the pages looked and read."""

    def __init__(
        self, browser: Browser, portal: Demonstration, camera: Camera | None = None
    ) -> None:
        self.portal = portal
        self._browser, self._camera = browser, camera
        self.samples: dict[str, samples.Sample] = {}
        self.page = self.visit()

    def visit(self) -> Page:
        """Return a page in a browser of its own."""
        context = self._browser.new_context(
            base_url=self.portal.address,
            locale="en-GB",
            timezone_id="Europe/London",
            user_agent=_CHROME,
            color_scheme="light",
            reduced_motion="reduce",
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        context.set_default_timeout(10_000)
        return context.new_page()

    @contextmanager
    def another_browser(self) -> Iterator[None]:
        """Go on in the browser of somebody else."""
        with self.on(self.visit()):
            yield
            self.page.context.close()

    @contextmanager
    def on(self, page: Page) -> Iterator[None]:
        """Go on in the browser of somebody else, who stays."""
        before, self.page = self.page, page
        yield
        self.page = before

    @contextmanager
    def another_tab(self, path: str) -> Iterator[None]:
        """Look at something else in the same browser."""
        before, self.page = self.page, self.page.context.new_page()
        self.page.goto(path)
        yield
        self.page.close()
        self.page = before

    # --- what is told -----------------------------------------------------------------------------

    def says(self, caption: str) -> None:
        """Begin the next caption."""
        if self._camera:
            self._camera.says(caption)

    def holds(self, seconds: float) -> None:
        """Leave the picture as it is for some time."""
        if self._camera:
            self._camera.holds(self.page, seconds)

    def keeps(self, name: str) -> None:
        """Take a sample of the page as it is."""
        self.samples[name] = samples.of(self.page)

    def sees(self, name: str) -> None:
        """Wait until the page of this name stands there."""
        expect(self.page.locator(f'main[data-page="{name}"]')).to_be_visible()
        self.page.wait_for_load_state()
        # What a script shows once it is there.
        expect(self.page.locator("form[data-passkeys][hidden]")).to_have_count(0)

    # --- what is done -----------------------------------------------------------------------------

    def points_at(self, what: Locator, part: tuple[float, float] = (0.5, 0.5)) -> None:
        """Move the pointer to something; `part`: where on it."""
        what.scroll_into_view_if_needed()
        box = what.bounding_box()
        assert box is not None
        across = min(box["width"], 320) * part[0]
        place = (box["x"] + across, box["y"] + box["height"] * part[1])
        if self._camera:
            self._camera.points(self.page, place)
        self.page.mouse.move(*place)
        self.holds(0.25)

    def clicks(self, what: Locator, part: tuple[float, float] = (0.5, 0.5)) -> None:
        """Move the pointer to something and press it."""
        self.points_at(what, part)
        self.page.mouse.down()
        self.page.mouse.up()

    def types(self, into: Locator, text: str) -> None:
        """Click a field and type."""
        self.clicks(into, _BESIDE_THE_TEXT)
        at_once = 2 if self._camera else len(text)
        for start in range(0, len(text), at_once):
            self.page.keyboard.type(text[start : start + at_once])
            self.holds(1 / 12)
        self.holds(0.25)

    def types_code(self, into: Locator, code: str, then: Callable[[], None]) -> None:
        """Type a code that is sent by itself at the last digit; `then` waits for the answer."""
        self.clicks(into, _BESIDE_THE_TEXT)
        for digit in code[:-1]:
            self.page.keyboard.type(digit)
            self.holds(1 / 6)
        with self._held():
            self.page.keyboard.type(code[-1])
        then()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """While it is filmed, a form that sends itself waits until it was seen: a page that is left has no picture."""
        if not self._camera:
            yield
            return
        self.page.evaluate(_HOLD)
        yield
        self.holds(0.6)
        self.page.evaluate("() => window.held.requestSubmit()")

    def scans(self, caption: str = "", *, then: Callable[[], None]) -> Phone:
        """Scan the QR code, and type what the app shows; a caption for the typing."""
        picture = self.page.locator("#qr-code").screenshot()
        scanned = Authenticator.of_picture(picture)
        phone = Phone(scanned.secret, scanned.issuer, scanned.account)
        if self._camera:
            self._camera.shows_phone(self.page, picture=picture)
        if caption:
            self.says(caption)
        self.reads_off(phone, then)
        return phone

    def reads_off(self, phone: Phone, then: Callable[[], None]) -> None:
        """Type the code that the app shows now."""
        code = phone.fresh_code()
        if self._camera:
            self._camera.shows_phone(self.page, code=code)
        self.types_code(self.page.locator("input.otp").last, code, then)
        if self._camera:
            self._camera.hides_phone()
