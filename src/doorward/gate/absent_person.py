"""One person without any session: what is known of them, as the gate's one query knows it of whoever signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.accounts.models import Administrator
from doorward.gate.loading import CUSTOMER, NAMES, PERSON, facts_of
from doorward.gate.many import factors_of
from doorward.gate.possible_sessions import NO_BROWSER
from doorward.sessions.context import AuthContext

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_NO_SESSION: Final = {"id": None, "unsaved__shown_at": None, "unsaved__session_id": None}


def load_person(person_id: UUID, *, customer_id: UUID, now: datetime) -> AuthContext | None:
    """Return what is known of somebody, with a session of nobody; None: they are not there."""
    rows = Administrator.objects.of(customer_id).filter(id=person_id)
    columns = {name: name.removeprefix("administrator__") for name in (*PERSON[1:], *CUSTOMER)}
    row = rows.values(*columns.values()).first()
    if row is None:
        return None
    named = {NAMES[name]: row[column] for name, column in columns.items()}
    factors = factors_of(rows.values("id")).get(person_id, ())
    whole = _NO_SESSION | named | {NAMES[PERSON[0]]: person_id}
    facts, person = facts_of(whole, factors, now=now)
    return AuthContext(facts, person, NO_BROWSER, factors)
