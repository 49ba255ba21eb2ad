"""Browsers and password managers that do less than the standard asks, and all that a browser can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.devices import PLATFORM, WITHOUT_PIN, Device, enables, signs_out

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor

# Each is run before any script of a page.
LESS = {
    # Safari 16 to 18.3, Chrome to 128
    "no helpers": """
        delete PublicKeyCredential.parseCreationOptionsFromJSON;
        delete PublicKeyCredential.parseRequestOptionsFromJSON;
        delete PublicKeyCredential.prototype.toJSON;
    """,
    "helpers that throw": """
        const broken = () => { throw new TypeError("not implemented"); };
        PublicKeyCredential.parseCreationOptionsFromJSON = broken;
        PublicKeyCredential.parseRequestOptionsFromJSON = broken;
        PublicKeyCredential.prototype.toJSON = broken;
    """,
    # A password manager puts an object of its own in the credential's place.
    "a credential that is a plain object": """
        for (const name of ["create", "get"]) {
          const asked = navigator.credentials[name].bind(navigator.credentials);
          navigator.credentials[name] = async (options) => {
            const real = await asked(options);
            const response = { clientDataJSON: new Uint8Array(real.response.clientDataJSON) };
            for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"])
              response[part] = real.response[part];
            return { id: real.id, rawId: new Uint8Array(real.rawId), type: real.type, response, toJSON: () => ({}) };
          };
        }
    """,
}
SAYS = {
    "NotAllowedError": "Nothing was confirmed",
    "InvalidStateError": "already has a passkey for your account",
    "ConstraintError": "cannot check your fingerprint, face or PIN",
    "QuotaExceededError": "no room for another passkey",
    "NotSupportedError": "supports no passkey that works here",
    "SecurityError": "only at the portal's own address",
    "NotReadableError": "could not be read. Unlock it",
    "UnknownError": "reported an unknown error",
    "AbortError": "a password manager took over",
    "OperationError": "already asking for a passkey",
    "TimeoutError": "longer than five minutes",
    "DataError": "could not use a passkey here",
}


@pytest.fixture
def here(visit) -> Visitor:
    visitor: Visitor = visit(locale="en-US")
    visitor.page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    return visitor


@pytest.mark.parametrize("less", LESS)
def test_a_browser_that_can_do_less_sets_up_and_signs_in(less, portal, here):
    here.page.add_init_script(LESS[less])
    person = portal.boss()
    device = enables(here, person, **PLATFORM)
    signs_out(here)
    here.press("Sign in with a passkey")
    here.sees("home")
    signs_out(here)
    here.gives_password(person)
    here.press("Use your passkey")
    here.sees("home")
    # A second one is made on another device, and the first is known by its id.
    here.go("/security/2fa/add/?passkey=on")
    here.press("Make a passkey")
    expect(here.page.locator("[data-problem]")).to_contain_text(SAYS["InvalidStateError"])
    device.goes()
    Device(here, **WITHOUT_PIN)
    here.press("Make a passkey")
    here.sees("security")


def test_each_refusal_of_a_browser_says_what_is_missing(portal, here):
    here.is_signed_in_as(portal.boss()).go("/security/2fa/enable/")
    problem = here.page.locator("[data-problem]")
    for name, says in SAYS.items():
        here.page.evaluate(
            "name => { navigator.credentials.create = () => Promise.reject(new DOMException('x', name)) }",
            name,
        )
        here.press("Make a passkey")
        expect(problem).to_contain_text(says)
    here.page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new TypeError('x')) }"
    )
    here.press("Make a passkey")
    expect(problem).to_contain_text("does not support what the portal needs")
    here.page.evaluate("() => { navigator.credentials.create = () => Promise.resolve(null) }")
    here.press("Make a passkey")
    expect(problem).to_contain_text(SAYS["NotAllowedError"])
    here.page.route("**/passkey/", lambda route: route.fulfill(status=503, body="<p>Soon."))
    here.press("Make a passkey")
    expect(problem).to_contain_text("could not be reached")


def test_without_passkeys_the_page_says_so(portal, visit):
    visitor = visit(locale="en-US")
    visitor.page.add_init_script("delete window.PublicKeyCredential")
    visitor.is_signed_in_as(portal.boss()).go("/security/2fa/enable/")
    expect(visitor.page.get_by_text("Passkeys cannot be used with the settings")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Make a passkey")).to_be_hidden()
