"""Chromium with keys in software: a session is bound, renewed without a click, and of no use when it is copied.

Wants a Chromium that takes part on this system, named by CHROMIUM_WITH_KEYS: Debian's 150 does (package `chromium`),
its 156 takes no notice of what is asked, and the shell without windows never does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import OPTIONS
from tests.browser.visitor import Visitor
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

WITH_KEYS = os.environ.get("CHROMIUM_WITH_KEYS", "")
FEATURES = "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"


@pytest.fixture
def with_keys(chromium: Browser) -> Iterator[Browser]:
    if not WITH_KEYS:
        pytest.fail("CHROMIUM_WITH_KEYS names no Chromium: scripts/chromium-with-keys fetches one.")
    options = [*OPTIONS, f"--enable-features={FEATURES}"]
    browser = chromium.browser_type.launch(executable_path=WITH_KEYS, args=options)
    yield browser
    browser.close()


def cookie(visitor, begin):
    """Return a cookie by how its name begins; the end of it is the port."""
    found = [one for one in visitor.context.cookies() if one["name"].startswith(begin)]
    return found[0] if found else None


def with_cookies_of(visitor, browser, *begins):
    other = Visitor(browser, visitor.portal)
    other.context.add_cookies([cookie(visitor, begin) for begin in begins])
    return other


@pytest.mark.at_length
def test_a_session_is_bound_and_its_cookie_is_of_no_use_elsewhere(portal, with_keys, chromium):
    ines = portal.person()
    owner = Visitor(with_keys, portal)
    owner.signs_in(ines)
    owner.sees("home")
    until(lambda: portal.inside.ask("devices", email=ines.email) != [])
    owner.go("/security/")
    assert portal.inside.ask("devices", email=ines.email) == ["bound"]
    owner.go("/security/")
    assert owner.page.get_by_text("Bound to this device", exact=True).is_visible()
    portal.inside.ask("age_devices", email=ines.email, minutes=1)

    # Files are out of scope: for them nothing is renewed; for a page it is, without a click.
    name = cookie(owner, "device")["name"]
    owner.context.clear_cookies(name=name)
    owner.page.evaluate(
        "fetch('/static/portal.css', {cache: 'no-store'}).then((one) => one.text())"
    )
    assert cookie(owner, "device") is None
    owner.go("/security/")
    owner.sees("security")
    assert cookie(owner, "device")

    thief = with_cookies_of(owner, chromium, "session")
    thief.go("/security/")
    thief.sees("sign-in")
    assert thief.page.get_by_text("is bound to the device it was begun on").is_visible()
    everything = with_cookies_of(owner, with_keys, "session", "device")
    portal.inside.ask("age_devices", email=ines.email, minutes=11)
    everything.go("/security/")
    everything.sees("sign-in")
    owner.context.clear_cookies(name=name)
    owner.go("/security/")
    owner.sees("security")
    assert "not_from_its_device" in portal.inside.ask("events", email=ines.email)


def test_a_browser_that_cannot_do_it_goes_on_as_ever(portal, visitor):
    ines = portal.person()
    visitor.signs_in(ines)
    visitor.go("/security/")
    visitor.sees("security")
    assert portal.inside.ask("devices", email=ines.email) == []
    assert cookie(visitor, "device") is None
