"""Takes the pictures of the guides and of the README from the running demonstration: scripts/pictures.py [NAME …].

They go into FOLDER where `--to FOLDER` is given, and else to where the portal shows them.
In every language. Each has a demonstration of its own, so that each picture is taken in the same state. Wants Chromium.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b32decode
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from doorward.credentials.totp import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).parent.parent
HELP = Path("src/doorward/web/static/help")
README = Path("docs/pictures")
DOORWARD = ROOT / ".venv/bin/doorward"
LANGUAGES = {"en": "en-GB", "de": "de-DE"}
PASSWORD = "seven-quiet-lanterns"
# Somebody with the Administrators tab and no factor, one who has an app, one who is to set one up.
INES = "ines.moreau@harbour-bakery.example"
SAMUEL = "samuel.osei@harbour-bakery.example"
SAOIRSE = "saoirse.kelly@kestrel-logistics.example"
# Somebody who is asked to agree to help, and the provider's support.
MONA = "mona.eriksen@kestrel-logistics.example"
NORA = "nora.whitfield@northline.example"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
SCALE = 2
# The window that sets up stands in it whole.
HEIGHT = 960
QUALITY = 50
HOW = {
    "en": "Called back at the number in the contract.",
    "de": "Unter der Nummer im Vertrag zurückgerufen.",
}
# What is left around a piece of a page, in CSS pixels.
MARGIN = 20


class Album:
    """The pictures of one language; only those asked for are kept (none asked for: all)."""

    def __init__(self, language: str, wanted: set[str], root: Path) -> None:
        self._root, self._wanted, self.language = root, wanted, language

    def keep(
        self, name: str, what: Page | Locator, *, folder: Path | None = None, **options: object
    ) -> None:
        if self._wanted and name not in self._wanted:
            return
        # With little motion nothing moves by itself; what is cut off in the tab bar is known by an animation, too.
        taken = what.screenshot(animations="allow", caret="hide", **options)  # type: ignore[arg-type]
        path = (folder or HELP / self.language) / f"{name}.webp"
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.open(io.BytesIO(taken)).convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)
        print(f"{path}  {file.stat().st_size // 1024} KB")

    def keep_piece(self, name: str, page: Page, selector: str) -> None:
        """Keep a piece of a page, with some of the page around it."""
        box = page.locator(selector).first.bounding_box()
        if box is None:
            sys.exit(f"{name}: {selector} is not on {page.url}")
        around = {"x": box["x"] - MARGIN, "y": box["y"] - MARGIN}
        size = {"width": box["width"] + 2 * MARGIN, "height": box["height"] + 2 * MARGIN}
        self.keep(name, page, clip=around | size, full_page=True)

    def keep_between(self, name: str, page: Page, first: str, last: str) -> None:
        """Keep a page's main part from the top of something to the end of something else."""
        boxes = [page.locator(one).last.bounding_box() for one in (first, last)]
        main = page.locator("#main").bounding_box()
        if None in boxes or main is None:
            sys.exit(f"{name}: {first} or {last} is not on {page.url}")
        top, end = boxes[0]["y"] - MARGIN, boxes[1]["y"] + boxes[1]["height"] + MARGIN  # type: ignore[index]
        clip = {"x": main["x"], "y": top, "width": main["width"], "height": end - top}
        page.evaluate("document.activeElement.blur()")
        self.keep(name, page, clip=clip, full_page=True)


@contextmanager
def demonstration() -> Iterator[str]:
    """Run a demonstration; give its address. It is the one that `demo-code` of this process finds."""
    with TemporaryDirectory() as home:
        os.environ |= {"TMPDIR": home, "XDG_RUNTIME_DIR": home}
        yield from _demonstration()


def _demonstration() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [DOORWARD, "demo", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                break
            time.sleep(0.2)
    sys.exit("The demonstration did not start.")


def visit(browser: Browser, address: str, locale: str) -> Page:
    """Open a browser of its own, with nothing in it."""
    context = browser.new_context(
        base_url=address,
        locale=locale,
        user_agent=CHROME,
        color_scheme="light",
        reduced_motion="reduce",
        device_scale_factor=SCALE,
        viewport={"width": 1040, "height": HEIGHT},
    )
    return context.new_page()


def sign_in(page: Page, email: str, language: str) -> None:
    """Type the password, in the browser's language; the person's own is made the same."""
    page.goto("/sign-in/")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))
    choose_language(page, language)


def choose_language(page: Page, language: str) -> None:
    """Choose a language in the account menu, where there is one and it is another one's."""
    if (
        page.locator("#account-menu").count()
        and page.locator("html").get_attribute("lang") != language
    ):
        page.locator("#account-menu > button").click()
        page.locator("#account-menu summary").click()
        page.locator(f"#account-menu [name=language][value={language}]").click()
        page.wait_for_selector(f"html[lang={language}]")


def take_enabling(page: Page, album: Album) -> None:
    """The article's first part: the menu, the window, the codes; then the window that disables."""
    page.locator("#account-menu > button").click()
    album.keep("menu", page, clip={"x": 0, "y": 0, "width": 1040, "height": 460})
    page.locator("#account-menu a[href='/security/2fa/enable/']").click()
    page.wait_for_selector("dialog[open] [data-code]")
    page.locator("dialog[open] [data-code]").evaluate("box => box.blur()")
    album.keep("enable", page.locator("dialog[open] [data-window]"))
    typed = re.sub(r"\s", "", page.locator("#manual-code").inner_text())
    secret = b32decode(typed)
    page.fill(
        "dialog[open] [data-code]", rules.code_at(secret, rules.step_at(datetime.now(tz=UTC)))
    )
    page.wait_for_selector("#recovery-codes")
    album.keep_piece("codes", page, "main .card")
    page.check("[name=saved]")
    page.locator("main form button.primary").click()
    page.wait_for_selector("#account-menu")
    page.locator("#account-menu > button").click()
    page.locator("#account-menu a[href='/security/2fa/disable/']").click()
    page.wait_for_selector("dialog[open] [data-code]")
    page.locator("dialog[open] [data-code]").evaluate("box => box.blur()")
    album.keep("disable", page.locator("dialog[open] [data-window]"))


def take_requiring(page: Page, album: Album) -> None:
    """A colleague's page, with the box ticked."""
    page.goto("/administrators/?q=giorgos")
    page.locator("#main a", has_text="Giorgos").first.click()
    page.wait_for_selector("[name=require_2fa]")
    page.check("[name=require_2fa]")
    album.keep("require", page, clip={"x": 0, "y": 0, "width": 1040, "height": 640})


def give_code(page: Page, email: str) -> None:
    """Type the code of somebody's app; then their own language is made that of the pictures."""
    said = subprocess.run(
        [DOORWARD, "demo-code", email], capture_output=True, text=True, check=True
    )
    page.fill("[data-code]", said.stdout.strip())
    page.wait_for_selector("#account-menu")


def sign_in_with_app(page: Page, email: str, language: str) -> None:
    """Type password and code."""
    sign_in(page, email, language)
    give_code(page, email)
    choose_language(page, language)


def take_requiring_of_many(page: Page, album: Album) -> None:
    """The policy's first questions, its rehearsal, and how far it has come."""
    page.goto("/account/")
    page.check("[name=required_of][value=everyone]")
    album.keep_between("policy", page, "#policy", "main .asked")
    page.locator("form[action$='/policy/rehearsal/'] button.primary").click()
    page.wait_for_selector("[data-page=rehearsal]")
    album.keep_between("rehearsal", page, "main h1", "main .grid")
    page.goto("/account/adoption/")
    album.keep_between("adoption", page, "main h1", "main figure")


def take_helping(page: Page, album: Album) -> None:
    """A colleague's page of help, and the pass."""
    page.goto("/administrators/?q=aiko")
    page.locator("#main a", has_text="Aiko").first.click()
    page.locator("#main a[href$='/help/']").click()
    page.wait_for_selector("[name=how]")
    page.fill("[name=how]", HOW[album.language])
    album.keep_between("help", page, "main h1", "main form.card")
    page.locator("main form button.primary").click()
    page.wait_for_selector("#set-up-pass")
    album.keep_between("pass", page, "main h1", "main section:nth-of-type(2)")


def take_support(page: Page, album: Album) -> None:
    """Support asks for help for somebody."""
    page.goto("/customers/")
    page.locator("#main a", has_text="Kestrel").first.click()
    page.locator("#main a[href$='/help/']").first.click()
    page.fill("[name=email]", "mehmet.kaya@kestrel-logistics.example")
    page.locator("main form button.primary").click()
    page.wait_for_selector("[name=how]")
    page.fill("[name=how]", HOW[album.language])
    album.keep_between("support-asks", page, "main h1", "main form.card")


def take_request(page: Page, album: Album) -> None:
    """The request of the support, as the customer's own people see it."""
    page.goto("/requests/")
    page.locator("#main a", has_text="Amara").first.click()
    page.wait_for_selector("[data-page=request]")
    album.keep_between("request", page, "main h1", "main > .row:last-of-type")


def take_for_readme(page: Page, album: Album) -> None:
    """The Administrators tab, as the README shows it."""
    page.set_viewport_size({"width": 1280, "height": 760})
    page.goto("/administrators/")
    album.keep("administrators", page, folder=README)
    page.set_viewport_size({"width": 1040, "height": HEIGHT})


def take_all(browser: Browser, language: str, album: Album) -> None:
    locale = LANGUAGES[language]
    with demonstration() as address:
        page = visit(browser, address, locale)
        sign_in(page, INES, language)
        if language == "en":
            take_for_readme(page, album)
        take_requiring(page, album)
        page.goto("/")
        take_enabling(page, album)
        page = visit(browser, address, locale)
        sign_in(page, SAMUEL, language)
        page.wait_for_selector("[data-code]")
        page.locator("[data-code]").evaluate("box => box.blur()")
        album.keep_piece("sign-in-code", page, "main .card")
        page.goto("/sign-in/help/")
        album.keep_piece("ways", page, "main .card")
        page = visit(browser, address, locale)
        sign_in(page, SAOIRSE, language)
        page.wait_for_selector("#manual-code")
        page.locator("[data-code]").evaluate("box => box.blur()")
        album.keep_piece("set-up", page, "main [data-window]")
        take_of_many(browser, address, album)


def take_of_many(browser: Browser, address: str, album: Album) -> None:
    """What is seen by whoever requires it of many, helps, agrees to help, and by the support."""
    for email, takes in (
        (SAMUEL, (take_requiring_of_many, take_helping)),
        (MONA, (take_request,)),
        (NORA, (take_support,)),
    ):
        page = visit(browser, address, LANGUAGES[album.language])
        page.set_viewport_size({"width": 860, "height": HEIGHT})
        sign_in_with_app(page, email, album.language)
        for take in takes:
            take(page, album)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--to", type=Path, default=ROOT, metavar="FOLDER")
    asked = parser.parse_args()
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        sys.exit("The pictures want Chromium: install it, or run scripts/system-packages.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        for language in LANGUAGES:
            take_all(browser, language, Album(language, set(asked.names), asked.to))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
