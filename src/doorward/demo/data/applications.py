"""What of the demonstration's tabs stands behind the sign-in: Billing as an application, Reports as a site."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from doorward.applications import clients, sites
from doorward.applications import secrets as client_secrets
from doorward.applications.models import Application, Grant, Site, SiteVisit
from doorward.audit.actor import Actor, ClientInfo
from doorward.customers.models import Tab
from doorward.gate.assurance import Assurance
from doorward.policy.rules import FactorKind
from doorward.sessions import issuing
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.demo.data.character import Character

BILLING: Final = "billing"
REPORTS: Final = "reports"
# Names that every browser takes for this machine (RFC 6761, 6.3), where nothing has to listen for *Try it*.
BILLING_AT: Final = "http://billing.localhost:8801"
REPORTS_AT: Final = "http://reports.localhost:8802"
_SET_UP: Final = timedelta(days=30)
# Who is at their desk while the demonstration begins, signed in to what they have.
_AT_WORK: Final = frozenset(
    {"priya.raman@harbour-bakery.example", "mona.eriksen@kestrel-logistics.example"}
)


def write(characters: Sequence[Character], *, actor: Actor, now: datetime) -> None:
    """Put both behind the sign-in as a member of staff does, and have some people signed in to them."""
    application = clients.add(
        Tab.objects.get(key=BILLING).id,
        clients.ApplicationDetails(
            redirect_uris=f"{BILLING_AT}/signed-in/",
            logout_uris=f"{BILLING_AT}/",
            scopes=frozenset({"openid", "profile", "email", "customer"}),
            required_acr=Assurance.TWO_FACTOR.value,
        ),
        actor=actor,
        now=now - _SET_UP,
    )
    client_secrets.make(application.id, actor=actor, now=now - _SET_UP)
    details = sites.SiteDetails(origin=REPORTS_AT)
    site = sites.add(Tab.objects.get(key=REPORTS).id, details, actor=actor, now=now - _SET_UP)
    for one in characters:
        if one.person.email in _AT_WORK:
            _work(one, application, site, now=now)


def _work(one: Character, application: Application, site: Site, *, now: datetime) -> None:
    """Sign somebody in to what they have, in a browser that nobody else has a cookie of."""
    factor, at = one.factor, now - timedelta(minutes=9)
    begun = issuing.begin(
        one.person,
        actor=Actor(one.person.who(), ClientInfo(one.address, one.browser)),
        now=now - timedelta(minutes=12),
        password_at=now - timedelta(minutes=12),
        **(
            {"factor_at": at, "factor_id": factor.id, "factor_kind": FactorKind.APP.value}
            if factor
            else {}
        ),
    )
    rows = Session.objects.filter(id=begun.session_id)
    rows.update(signed_in_at=at, seen_at=now, known_browser=True)
    if BILLING in one.person.tab_keys:
        _open_application(one, application, begun.session_id, at=at, now=now)
    if REPORTS in one.person.tab_keys:
        _open_site(one, site, begun.session_id, at=at)


def _open_application(
    one: Character, application: Application, session_id: UUID, *, at: datetime, now: datetime
) -> None:
    Grant.objects.create(
        application=application,
        session_id=session_id,
        administrator=one.person,
        request_id=uuid4(),
        scopes=application.scopes,
        granted_at=at,
        used_at=now - timedelta(minutes=4),
        code_hash=secrets.token_bytes(32),
        code_used_at=at,
        redirect_uri=application.redirect_uris[0],
    )


def _open_site(one: Character, site: Site, session_id: UUID, *, at: datetime) -> None:
    SiteVisit.objects.create(
        site=site,
        session_id=session_id,
        administrator=one.person,
        begun_at=at,
        state_hash=secrets.token_bytes(32),
        code_hash=secrets.token_bytes(32),
        code_used_at=at,
        cookie_hash=secrets.token_bytes(32),
    )
