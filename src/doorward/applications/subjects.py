"""By what applications and sites know somebody again (`sub`): each by an id of its own, which no two can compare."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from doorward.applications.models import SubjectType
from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.applications.models import Application
    from doorward.sessions.context import AuthContext


def subject_of(application: Application, person_id: UUID) -> str:
    """Return by what an application knows somebody (or a customer) again (OpenID Connect Core, 8).

    At most 255 letters.
    """
    if application.subject_type == SubjectType.PUBLIC:
        return str(person_id)
    return _letters(keyed_hash("oidc-subject", application.id.bytes + person_id.bytes))


def party_of(application: Application, auth: AuthContext) -> dict[str, Any]:
    """Return who it is: a person; or the customer whose portal is managed, with who acts for it (RFC 8693, 4.1).

    An application that knows nothing of `act` then takes staff for none of the customer's people, nor for themselves.
    """
    mine = subject_of(application, auth.own.person.id)
    portal = auth if auth.staff else auth.portal
    if portal is None:
        return {"sub": mine}
    return {"sub": subject_of(application, portal.person.customer_id), "act": {"sub": mine}}


def subject_at_site(site_id: UUID, person_id: UUID) -> str:
    """Return by what a site knows somebody again."""
    return _letters(keyed_hash("site-subject", site_id.bytes + person_id.bytes))


def _letters(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
