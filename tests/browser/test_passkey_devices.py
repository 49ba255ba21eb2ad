"""Every kind of device at the pages, and all that goes wrong at one: cancelled, too late, elsewhere, back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.devices import (
    KEEPS_NONE,
    MAY_BE_SYNCED,
    PLATFORM,
    ROAMING,
    SYNCED,
    U2F,
    WITHOUT_PIN,
    Device,
    enables,
    signs_out,
)

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from tests.browser.visitor import Visitor

# Each with what the list says of it.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "Built in, synced": (SYNCED, "Passkey, synced between devices"),
    "Built in, never synced": (PLATFORM, "Passkey, on this one device"),
    "A key with a PIN": (ROAMING, "Passkey, on this one device"),
    "A key that may be synced": (MAY_BE_SYNCED, "Passkey, synced between devices"),
}
# Neither verifies its user nor is found without a name, or not both: they serve after the password.
SECOND_STEP_ONLY: dict[str, dict[str, Any]] = {
    "A key that keeps none": KEEPS_NONE,
    "A key without a PIN": WITHOUT_PIN,
    "A key from before passkeys": U2F,
}


@pytest.fixture
def nora(portal):
    return portal.boss()


@pytest.fixture
def here(visit) -> Visitor:
    """Return a visitor whose e-mail field offers nothing: a virtual authenticator would answer at once."""
    visitor: Visitor = visit(locale="en-US")
    visitor.page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    return visitor


def problem(visitor: Visitor, text: str) -> None:
    expect(visitor.page.locator("[data-problem]")).to_contain_text(text)


def in_half_a_second(route: Route) -> None:
    """Let the browser give up after half a second, not five minutes."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"timeout": 500})


def test_each_kind_is_made_told_apart_and_signs_in_alone(nora, here):
    held: dict[str, list[dict[str, Any]]] = {}
    for name, (kind, says) in KINDS.items():
        if not held:
            device = enables(here, nora, **kind)
        else:
            device = Device(here, **kind)
            here.go("/security/2fa/add/?passkey=on")
            here.press("Make a passkey")
            here.sees("security")
        here.go("/security/")
        here.page.get_by_label("Rename or remove Passkey on HeadlessChrome").click()
        here.page.get_by_label("Name").fill(name)
        here.press("Save")
        here.hears("Saved", role="status")
        listed = here.page.locator("li, div").filter(
            has=here.page.get_by_label(f"Rename or remove {name}")
        )
        expect(listed.last).to_contain_text(says)
        held[name] = device.goes()
    here.go("/security/2fa/add/?passkey=on")
    device = Device(here, **PLATFORM | {"isUserVerified": False})
    here.press("Make a passkey")
    problem(here, "Nothing was confirmed")
    device.goes()
    for name, (kind, _says) in KINDS.items():
        signs_out(here)
        device = Device(here, **kind).holds(held[name])
        here.press("Sign in with a passkey")
        here.sees("home")
        device.goes()


@pytest.mark.parametrize("name", SECOND_STEP_ONLY)
def test_a_key_that_can_do_less_serves_as_a_second_step_and_never_alone(name, portal, here):
    person = portal.boss()
    device = enables(here, person, **SECOND_STEP_ONLY[name])
    here.go("/security/")
    expect(here.page.locator("main")).to_contain_text("second step only")
    # A reauthentication, and the second step after the password.
    signs_out(here)
    here.gives_password(person)
    here.sees("sign-in-code")
    here.press("Use your passkey")
    here.sees("home")
    signs_out(here)
    here.press("Sign in with a passkey")
    problem(here, "is your second step, type your password first")
    here.sees("sign-in")
    assert len(device.passkeys()) == 1


def test_who_cancels_or_is_too_late_is_told_so_and_tries_again(nora, here):
    device = enables(here, nora, **PLATFORM)
    signs_out(here)
    device.verifies(right=False)
    here.press("Sign in with a passkey")
    problem(here, "Perhaps you cancelled")
    device.verifies(right=True)
    device.is_touched(touched=False)
    here.page.route("**/sign-in/passkey/", in_half_a_second)
    here.press("Sign in with a passkey")
    expect(here.page.locator("[data-problem]")).to_be_hidden()
    here.page.evaluate("const now = Date.now; Date.now = () => now() + 300_000; undefined")
    problem(here, "longer than five minutes")
    here.page.unroute("**/sign-in/passkey/")
    device.is_touched(touched=True)
    here.press("Sign in with a passkey")
    here.sees("home")


def test_in_two_tabs_and_by_the_back_button_it_goes_on_to_where_one_is(nora, here):
    device = enables(here, nora, **PLATFORM)
    signs_out(here)
    other = here.another_tab()
    other.goto("/sign-in/")
    here.press("Sign in with a passkey")
    here.sees("home")
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.locator("main[data-page=home]")).to_be_visible()
    here.page.go_back()
    here.sees("home")
    signs_out(here)
    here.gives_password(nora)
    here.sees("sign-in-code")
    other.goto("/sign-in/code/")
    there = Device(here, page=other, **PLATFORM).holds(device.passkeys())
    other.get_by_role("button", name="Use your passkey").click()
    expect(other.locator("main[data-page=home]")).to_be_visible()
    assert there.passkeys()
    here.press("Use your passkey")
    here.sees("home")
