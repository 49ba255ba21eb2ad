"""What is shown where a factor is set up: the QR code, the manual code, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from doorward.credentials.passkeys import enrol
from doorward.credentials.totp import enrol as totp_enrol
from doorward.credentials.totp import rules
from doorward.policy.rules import FactorKind
from doorward.web.http.requests import acting, session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import NOTHING, Wrong, wrong
from doorward.web.kit.qr_code import qr_code

if TYPE_CHECKING:
    from doorward.kernel.errors import Refusal
    from doorward.sessions.issuing import Started
    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True)
class SetUpPage:
    """The window *Enable 2FA* and the step that forces it."""

    qr_code: Markup
    manual_code: str
    # What the QR code says, for who sets up on the phone itself: its app opens it.
    app_address: str
    name: str = ""
    wrong: Wrong = NOTHING
    # The code says that the phone's clock is off.
    clock: bool = False
    # The form waited for a proof, and its code has to be typed once more.
    again: bool = False
    first: bool = True
    may_put_off: bool = False
    grace_until: object = None
    required: bool = False
    apps: bool = True
    passkeys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePasskeyForm:
    """A new passkey."""

    credential: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppForm:
    """The first code of a new app."""

    code: str
    name: str = ""


def confirm_set_up(request: Request, form: MadePasskeyForm | NewAppForm) -> Started:
    """Add what the form of a set-up page brings: a passkey, or the app whose secret was shown."""
    auth, actor, now = session_of(request), acting(request), request.now
    if isinstance(form, MadePasskeyForm):
        party = passkeys.party_of(request.brand)
        return enrol.confirm(auth=auth, answer=form.credential, party=party, actor=actor, now=now)
    return totp_enrol.confirm(auth=auth, code=form.code, name=form.name, actor=actor, now=now)


def set_up_page(
    request: Request,
    *,
    refusal: Refusal | None = None,
    name: str = "",
    again: bool = False,
    apps: bool = True,
) -> SetUpPage:
    """Make the page of this session's set-up: the same secret until it is confirmed or forgotten.

    `apps`: an app is wanted, too.
    """
    auth = session_of(request)
    policy = auth.facts.policy
    by_pass = auth.facts.session is not None and auth.facts.session.by_pass
    # An app would not satisfy a policy that wants what cannot be phished.
    apps = apps and policy.accepts(FactorKind.APP)
    secret = totp_enrol.begin(session_id=auth.browser.session_id, now=request.now) if apps else b""
    account = f"{auth.person.email} ({auth.person.customer_name})"
    address = rules.uri(secret=secret, issuer=request.brand.issuer, account=account)
    return SetUpPage(
        qr_code=qr_code(address) if apps else Markup(""),
        app_address=address if apps else "",
        manual_code=rules.grouped(rules.base32(secret)),
        name=name,
        wrong=wrong(refusal, NewAppForm),
        clock=refusal is not None and "skew_seconds" in refusal.data,
        again=again,
        first=not auth.factors,
        may_put_off=policy.in_grace(request.now) and not by_pass,
        grace_until=policy.grace_until,
        required=policy.required,
        apps=apps,
        passkeys=passkeys.work_here(request),
    )
