"""What is shown where a secret is set up: the QR code, the manual code, and what went wrong."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import segno
from django.utils.translation import gettext as _
from markupsafe import Markup

from doorward.core import totp
from doorward.core.errors import MustWait
from doorward.mfa import set_up
from doorward.web.refusals import sentence
from doorward.web.requests import session_of

if TYPE_CHECKING:
    from doorward.core.errors import Refusal
    from doorward.web.requests import Request


@dataclass(frozen=True, slots=True)
class SetUpPage:
    """The window *Enable 2FA* and the step that forces it."""

    qr_code: Markup
    manual_code: str
    name: str = ""
    error: str = ""
    wait: int = 0
    first: bool = True
    may_put_off: bool = False
    grace_until: object = None
    required: bool = False


def set_up_page(
    request: Request, *, refusal: Refusal | None = None, name: str = "", again: bool = False
) -> SetUpPage:
    """Make the page of this session's set-up: the same secret until it is confirmed or forgotten.

    `again`: the form waited for a proof, and its code has to be typed once more.
    """
    loaded = session_of(request)
    secret = set_up.begin(session_id=loaded.browser.session_id, now=request.now)
    policy = loaded.facts.policy
    account = f"{loaded.person.email} ({loaded.person.customer_name})"
    address = totp.uri(secret=secret, issuer=request.brand.issuer, account=account)
    return SetUpPage(
        qr_code=_qr_code(address),
        manual_code=totp.grouped(totp.base32(secret)),
        name=name,
        error=_error(refusal, again=again),
        wait=refusal.seconds if isinstance(refusal, MustWait) else 0,
        first=not loaded.factors,
        may_put_off=policy.in_grace(request.now),
        grace_until=policy.grace_until,
        required=policy.required,
    )


def _error(refusal: Refusal | None, *, again: bool) -> str:
    if again:
        return _("Thank you. Please type the code that your app shows now.")
    return sentence(refusal) if refusal else ""


def _qr_code(address: str) -> Markup:
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, light="#fff"
    )
    # Drawn by segno from an address of ours: nothing in it is markup of somebody else's.
    return Markup(drawn.getvalue().decode())  # noqa: S704
