"""Virtual authenticators of Chromium (CDP): platform and roaming, verifying or not, synced or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

    from tests.browser.portal import Somebody
    from tests.browser.visitor import Visitor

PLATFORM: dict[str, Any] = {
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
}
SYNCED = PLATFORM | {"defaultBackupEligibility": True, "defaultBackupState": True}
ROAMING: dict[str, Any] = {"transport": "usb", "hasUserVerification": True, "isUserVerified": True}
MAY_BE_SYNCED = ROAMING | {"defaultBackupEligibility": True}
WITHOUT_PIN: dict[str, Any] = {
    "transport": "usb",
    "hasUserVerification": False,
    "isUserVerified": False,
}
# Keeps no passkeys, older than both that and PINs: what many have had on their key ring for years.
KEEPS_NONE = ROAMING | {"hasResidentKey": False}
U2F: dict[str, Any] = {
    "protocol": "u2f",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "isUserVerified": False,
}


class Device:
    """A virtual authenticator at the page of a visitor."""

    def __init__(self, visitor: Visitor, *, page: Page | None = None, **kind: Any) -> None:
        self.cdp: CDPSession = visitor.context.new_cdp_session(page or visitor.page)
        self.cdp.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "hasResidentKey": True, "automaticPresenceSimulation": True}
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options | kind})
        self.id = {"authenticatorId": made["authenticatorId"]}

    def passkeys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", self.id)[
            "credentials"
        ]
        return found

    def forgets(self) -> None:
        """Lose all passkeys, as a device that was reset."""
        self.cdp.send("WebAuthn.clearCredentials", self.id)

    def verifies(self, *, right: bool) -> None:
        """Let the finger be right from now on, or not (which is all that a person who cancels does, too)."""
        self.cdp.send("WebAuthn.setUserVerified", self.id | {"isUserVerified": right})

    def is_touched(self, *, touched: bool) -> None:
        """Be touched whenever it asks to be, or lie there and wait."""
        given = self.id | {"enabled": touched}
        self.cdp.send("WebAuthn.setAutomaticPresenceSimulation", given)

    def holds(self, passkeys: list[dict[str, Any]]) -> Device:
        """Have these passkeys, too."""
        for one in passkeys:
            self.cdp.send("WebAuthn.addCredential", self.id | {"credential": one})
        return self

    def goes(self) -> list[dict[str, Any]]:
        """Be taken away; return the passkeys that it had."""
        kept = self.passkeys()
        self.cdp.send("WebAuthn.removeVirtualAuthenticator", self.id)
        return kept

    def becomes(self, visitor: Visitor, **kind: Any) -> Device:
        """Be another kind of device from now on, with the same passkeys."""
        return Device(visitor, **kind).holds(self.goes())


def enables(visitor: Visitor, person: Somebody, **kind: Any) -> Device:
    """Turn 2FA on with a passkey, by the account menu."""
    device = Device(visitor, **kind)
    visitor.is_signed_in_as(person).go("/")
    visitor.menu.get_by_text("Enable 2FA").click()
    visitor.window.get_by_role("button", name="Make a passkey").click()
    visitor.sees("recovery-codes")
    visitor.saves_codes()
    return device


def signs_out(visitor: Visitor) -> None:
    visitor.menu.get_by_text("Sign out").click()
    visitor.sees("sign-in")
