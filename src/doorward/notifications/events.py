"""All types of event, of all subjects, by their key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.accounts import events as of_accounts
from doorward.applications import events as of_applications
from doorward.audit import events as of_audit
from doorward.audit.events import EventType
from doorward.credentials import events as of_credentials
from doorward.customers import events as of_customers
from doorward.importing import events as of_importing
from doorward.managing import events as of_managing
from doorward.policy import events as of_policy
from doorward.recovery import events as of_recovery
from doorward.rollout import events as of_rollout
from doorward.sessions import events as of_sessions
from doorward.signin import events as of_signin

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL: Final[Mapping[str, EventType]] = {
    declared: declared
    for subject in (
        of_audit,
        of_customers,
        of_policy,
        of_sessions,
        of_accounts,
        of_credentials,
        of_signin,
        of_recovery,
        of_managing,
        of_importing,
        of_rollout,
        of_applications,
    )
    for declared in vars(subject).values()
    if isinstance(declared, EventType)
}
