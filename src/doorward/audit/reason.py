"""Why a step of signing in, or reauthentication, was asked for, as history keeps it. `gate.reasons` decides it.

The value is put into words by the pages, and stands in the events of that step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reason(StrEnum):
    """What something is asked for. Stored in history: a value never changes its meaning."""

    REQUIRED_BY_COLLEAGUE = "required_by_colleague"
    REQUIRED_BY_COMPANY = "required_by_company"
    REQUIRED_BY_PROVIDER = "required_by_provider"
    TURNED_ON = "turned_on"
    OTHER_KIND = "other_kind"
    BEFORE_OTHER_KIND = "before_other_kind"
    BEFORE_SET_UP = "before_set_up"
    BEFORE_CODES = "before_codes"
    BEFORE_PASSWORD = "before_password"  # noqa: S105 - the name of a reason
    ONLY_PASSWORD = "only_password"  # noqa: S105 - the name of a reason
    DEVICE_DISABLED = "device_disabled"
    SET_UP_PASS = "set_up_pass"  # noqa: S105 - the name of a reason
    LET_BACK_IN = "let_back_in"
    CODES_NEW = "codes_new"
    PASSWORD_SHORT = "password_short"  # noqa: S105
    PASSWORD_BREACHED = "password_breached"  # noqa: S105
    PASSWORD_WEAK = "password_weak"  # noqa: S105
    PASSWORD_KNOWN = "password_known"  # noqa: S105
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    RECOVERED = "recovered"
    TRUSTED = "trusted"
    OTHER_DEVICE = "other_device"
    NEW_DEVICE = "new_device"


@dataclass(frozen=True, slots=True)
class Why:
    """A reason; `new_browser`: and nobody signed in as this person from this browser yet.

    `minutes`: how many whole ones the last confirmation is old, where that is the reason.
    """

    reason: Reason
    new_browser: bool = False
    minutes: int | None = None

    def details(self) -> Mapping[str, str | int | bool]:
        """Return what an event keeps of it."""
        kept: dict[str, str | int | bool] = {"why": self.reason.value}
        if self.new_browser:
            kept["new_browser"] = True
        if self.minutes is not None:
            kept["minutes"] = self.minutes
        return kept
