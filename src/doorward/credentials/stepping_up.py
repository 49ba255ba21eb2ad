"""What of a verified factor is written down in the session that it was verified in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.policy.rules import FactorKind
from doorward.sessions import issuing

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.sessions.context import Browser
    from doorward.sessions.issuing import Started


def step_up(
    browser: Browser,
    factor_id: UUID,
    *,
    kind: FactorKind = FactorKind.APP,
    now: datetime,
    **also: datetime,
) -> Started:
    """Write down in the session which factor was verified, under a new identifier (and `also` columns)."""
    return issuing.step_up(
        browser.session_id,
        old_hash=browser.token_hash,
        factor_at=now,
        factor_id=factor_id,
        factor_kind=kind.value,
        **also,
    )
