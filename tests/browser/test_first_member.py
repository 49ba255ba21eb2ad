"""From nothing to the first of the provider's people, signed in with a passkey: an operator's first minutes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.devices import PLATFORM, Device
from tests.browser.visitor import Visitor
from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.portal import Portal

pytestmark = pytest.mark.browser


def test_from_the_link_of_the_first_start_to_home_with_a_passkey(
    chromium: Browser, portal: Portal, tmp_path: Path
) -> None:
    port = serving.free_port()
    address = f"http://localhost:{port}"
    server = serving.start(tmp_path / "data", port=port, public_url=address)
    try:
        links = until(lambda: re.findall(rf"{address}/first/\S+", server.log.read_text()))
        visitor = Visitor(chromium, portal, base_url=address)
        Device(visitor, **PLATFORM)
        page = visitor.page
        page.goto(links[0])
        # The token is in no address that is shown, kept or sent on.
        assert page.url == f"{address}/first/"
        page.get_by_label("E-mail").fill("nora@northline.example")
        page.get_by_label("First name").fill("Nora")
        page.get_by_label("New password").fill("seven quiet lanterns")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Make a passkey").click()
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("main")).to_have_attribute("data-page", "home")
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
        assert visitor.problems == []
        visitor.context.close()
    finally:
        server.stop()
