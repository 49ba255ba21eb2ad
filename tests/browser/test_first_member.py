"""From nothing to the first of the provider's people, signed in with a passkey: an operator's first minutes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import looking
from tests.browser.devices import PLATFORM, Device
from tests.browser.visitor import Visitor
from tests.installing.building import build_wheel, install
from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture(params=["checkout", pytest.param("wheel", marks=pytest.mark.at_length)])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Sequence[str]:
    """Return what starts Doorward: here, or installed elsewhere from its wheel."""
    if request.param == "checkout":
        return serving.PROGRAM
    began = time.monotonic()
    folders = [tmp_path / name for name in ("copy", "dist", "installed")]
    for folder in folders:
        folder.mkdir()
    copy, dist, installed = folders
    command = install(build_wheel(copy, dist), installed)
    print(f"built and installed in {time.monotonic() - began:.0f} s")  # noqa: T201 - docs/installing.md has it
    return [str(command)]


def test_from_the_link_of_the_first_start_to_home_with_a_passkey(
    chromium: Browser, portal: Portal, tmp_path: Path, program: Sequence[str]
) -> None:
    began = time.monotonic()
    port = serving.free_port()
    address = f"http://localhost:{port}"
    server = serving.start(tmp_path / "data", port=port, program=program, public_url=address)
    try:
        links = until(lambda: re.findall(rf"{address}/first/\S+", server.log.read_text()))
        print(f"started in {time.monotonic() - began:.0f} s")  # noqa: T201
        visitor = Visitor(chromium, portal, base_url=address)
        Device(visitor, **PLATFORM)
        page = visitor.page
        page.goto(links[0])
        # The token is in no address that is shown, kept or sent on.
        assert page.url == f"{address}/first/"
        assert not list(looking.from_all_sides(visitor))
        page.get_by_label("E-mail").fill("nora@northline.example")
        page.get_by_label("First name").fill("Nora")
        page.get_by_label("New password").fill("seven quiet lanterns")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Make a passkey").click()
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("main")).to_have_attribute("data-page", "home")
        print(f"signed in with a passkey in {time.monotonic() - began:.0f} s")  # noqa: T201
        for tab in ("Customers", "Brands", "Tabs", "Administrators"):
            expect(page.get_by_role("link", name=tab, exact=True).first).to_be_visible()
        page.locator("#account-menu summary, #account-menu button").first.click()
        page.get_by_role("button", name="Sign out").click()
        # The field for the e-mail offers the passkey, and this device answers at once.
        page.goto(f"{address}/sign-in/")
        expect(page.locator("main")).to_have_attribute("data-page", "home")
        # It was for one.
        page.context.clear_cookies()
        page.goto(links[0])
        expect(page.locator("main")).not_to_have_attribute("data-page", "first")
        words = ("rescue", "nora@northline.example", "--yes")
        printed = serving.doorward(
            *words, folder=tmp_path / "data", program=program, public_url=address
        )
        page.goto(printed.stdout.strip())
        expect(page.locator("main")).to_have_attribute("data-page", "rescue")
        assert page.url == f"{address}/rescue/"
        assert not list(looking.from_all_sides(visitor))
        assert visitor.problems == []
        visitor.context.close()
    finally:
        server.stop()
