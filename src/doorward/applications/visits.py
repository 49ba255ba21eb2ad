"""Sign-ins to sites: handed over once to the browser that began, and worth what the gate says at each request."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, transaction

from doorward.applications import authorization_codes
from doorward.applications.errors import HandOverRefused
from doorward.applications.events import APPLICATION_SIGNED_IN
from doorward.applications.models import SiteVisit
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.gate.assurance import Assurance
from doorward.gate.evaluate import evaluate, unattended
from doorward.gate.loading import load_visit
from doorward.gate.requirement import Need
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.why_not_saved import fault_in
from doorward.permissions.actions import Action, Managed
from doorward.sessions import queries

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.applications.models import Site
    from doorward.audit.actor import Actor
    from doorward.gate.evaluate import Verdict
    from doorward.gate.loading import Visit
    from doorward.sessions.context import AuthContext

# As long as a code for an application lasts.
CODE_LASTS: Final = authorization_codes.CODE_LASTS
# As long as a sign-in may take before it counts as left (`sessions.ending.ABANDONED_AFTER`).
BEGUN_LASTS: Final = timedelta(minutes=30)


def new_secret() -> str:
    """Return 256 random bits as they are written: of the browser that begins, of a code, of a site's cookie."""
    return secrets.token_urlsafe(32)


def state_hash(state: str) -> bytes:
    """Return what is told of the browser that begins: by it nobody else is that browser."""
    return keyed_hash("site-state", state)


def give(site: Site, *, state: bytes, auth: AuthContext, actor: Actor, now: datetime) -> str:
    """Return a code for the browser with this state, of a session that the gate let through. Raises `MustWait`."""
    authorise(actor, Action.SIGN_IN_TO_APPLICATION, subject=auth.person.id)
    # Another site's page can lead here again and again.
    throttle.spend([limits.onward_key(auth.browser.session_id)], now=now)
    code = new_secret()
    with transaction.atomic():
        SiteVisit.objects.create(
            site=site,
            session_id=auth.browser.session_id,
            administrator_id=auth.person.id,
            trust_id=auth.browser.trusted_id,
            begun_at=now,
            state_hash=state,
            code_hash=_code_hash(code),
        )
        told = {"tab": site.tab.title, "key": site.tab.key}
        record(APPLICATION_SIGNED_IN, actor=actor, details=told)
    return code


def take(site: Site, code: str, *, state: str, now: datetime) -> str:
    """Return the cookie for a code, which works once, at its site, in the browser that began.

    It is used up before anything else is looked at. Raises `HandOverRefused`.
    """
    rows = SiteVisit.objects.filter(site=site, code_hash=_code_hash(code))
    if rows.filter(code_used_at__isnull=True).update(code_used_at=now) != 1:
        raise HandOverRefused
    visit = rows.get()
    in_time = lasts(visit.begun_at, CODE_LASTS, now=now)
    if not in_time or not hmac.compare_digest(bytes(visit.state_hash), state_hash(state)):
        raise HandOverRefused
    cookie = new_secret()
    rows.update(cookie_hash=_cookie_hash(cookie))
    return cookie


def find(cookie: str, *, origin: str, now: datetime) -> Visit | None:
    """Return the sign-in of a site's cookie, in one query; None: it is over, another site's, or was never given."""
    visit = load_visit(_cookie_hash(cookie), now=now)
    if visit is None or visit.ended or visit.origin != origin:
        return None
    return visit if visit.auth.person.id == visit.administrator_id else None


def decide(visit: Visit, *, now: datetime) -> Verdict:
    """Return what the gate says of a sign-in to a site now."""
    wanted = Assurance(visit.required_acr) if visit.required_acr else None
    # What the session does elsewhere, in a customer's portal, is no matter here.
    need = Need(tab=visit.tab, assurance=wanted, managed=Managed.OWN)
    return evaluate(unattended(visit.auth), need, now=now)


def note_use(visit: Visit, *, now: datetime) -> None:
    """Let a session that is used at a site not count as idle; written down at most once a minute."""
    if now - visit.auth.browser.seen_at < queries.SEEN_EVERY:
        return
    try:
        queries.touch(visit.auth.browser.session_id, now=now)
    except DatabaseError as error:
        # Who only reads goes on reading, for as long as the session was to last anyway.
        if fault_in(error) is None:
            raise


def end(cookie: str, *, origin: str, now: datetime) -> None:
    """End the sign-in of a site's cookie, and no other."""
    rows = SiteVisit.objects.filter(cookie_hash=_cookie_hash(cookie), site__origin=origin)
    rows.filter(ended_at__isnull=True).update(ended_at=now)


def _code_hash(code: str) -> bytes:
    return keyed_hash("site-code", code)


def _cookie_hash(cookie: str) -> bytes:
    return keyed_hash("site-cookie", cookie)
