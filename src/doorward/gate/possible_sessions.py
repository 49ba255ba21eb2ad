"""How somebody could come: the sessions that they would have just after signing in, each asked of the gate by itself.

What is foretold by them is what then happens: nothing else decides.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from doorward.sessions.context import Browser
from doorward.sessions.facts import SessionFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.sessions.facts import Facts

# Of a session that nobody has.
NO_BROWSER: Final = Browser(
    session_id=UUID(int=0),
    token_hash=b"",
    known_browser=True,
    signed_in_at=None,
    seen_at=datetime.min.replace(tzinfo=UTC),
    next_path="",
    previous_at=None,
    previous_browser="",
    factor_kind="",
    saved_request=None,
)


def ways(
    facts: Facts, *, codes: bool, by_link: bool = False, now: datetime
) -> Iterator[SessionFacts]:
    """Yield a session for each way: with the password alone, with each factor that works, with a recovery code.

    `codes`: there are recovery codes left. `by_link`: it is begun by a mailed link.
    """
    password = SessionFacts(
        created_at=now,
        seen_at=now,
        ended=False,
        security_version=facts.security_version,
        password_at=now,
        factor_at=None,
        factor_id=None,
        recovery_at=None,
        mailbox_at=None,
        from_link=by_link,
        put_off=False,
    )
    yield password
    for one in facts.factors:
        if one.usable:
            yield replace(password, factor_at=now, factor_id=one.id)
    if facts.factors and codes:
        yield replace(password, recovery_at=now)
