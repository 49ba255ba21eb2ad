"""A browser's part of Device Bound Session Credentials: it has a key, hears what is asked, and signs it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

if TYPE_CHECKING:
    from django.test import Client
    from joserfc.jwk import Key

BIND = "/session/device/"
RENEW = "/session/device/renew/"
# As Chromium sends it with what stands in the address bar.
PAGE = {"Sec-Fetch-Dest": "document"}
_ASKED = re.compile(r'challenge="([^"]+)"')
_AGAIN = re.compile(r'"([^"]+)";id="([^"]+)"')


class _Long(JWSRegistry):
    """Heads with a key in them are longer than the library expects."""

    max_header_length = 8192


class Device:
    """A key that stays here."""

    def __init__(self, key: Key | None = None, *, alg: str = "ES256") -> None:
        self.key = key or ECKey.generate_key("P-256")
        self.alg = alg

    def sign(self, challenge: object, *, first: bool = False, **header: Any) -> str:
        """Return a proof; `first`: with the public key in it."""
        shown = {"jwk": self.key.as_dict(private=False)} if first else {}
        said = {"alg": self.alg, "typ": "dbsc+jwt"} | shown | header
        taken = _Long(algorithms=[str(said["alg"])])
        return jwt.encode(said, {"jti": challenge}, self.key, registry=taken)


def asked(page: Any) -> str:
    """Return the challenge with which a page offers to bind the session; empty: it does not."""
    found = _ASKED.search(page.get("Secure-Session-Registration", ""))
    return found[1] if found else ""


def offered(browser: Client, path: str = "/security/") -> str:
    """Open a page and return the challenge that comes with it."""
    return asked(browser.get(path, headers=PAGE))


def bind(browser: Client, device: Device, challenge: str = "") -> Any:
    """Bind the session of a browser to a device, as Chromium does after a sign-in."""
    proof = device.sign(challenge or offered(browser), first=True)
    return browser.post(BIND, headers={"Secure-Session-Response": proof})


def name(answer: Any) -> str:
    """Return what a browser calls the session from now on."""
    return str(answer.json()["session_identifier"])


def challenged(browser: Client, session: str) -> str:
    """Ask for a renewal without a proof, and return what is to be signed; empty: nothing is asked."""
    answer = browser.post(RENEW, headers={"Sec-Secure-Session-Id": session})
    found = _AGAIN.search(answer.get("Secure-Session-Challenge", ""))
    return found[1] if found and answer.status_code == 403 else ""


def renew(browser: Client, session: str, proof: str) -> Any:
    """Ask for a renewal with a proof."""
    headers = {"Sec-Secure-Session-Id": session, "Secure-Session-Response": proof}
    return browser.post(RENEW, headers=headers)
