"""All guards that a selftest asks for: each by its name, with what it is there for in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.operations.selftest import of_portal, of_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.operations.selftest.stage import Stage


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard, and the threat that asks whether it holds: `play` raises `Fell` where it does not."""

    name: str
    sentence: str
    play: Callable[[Stage], None]


GUARDS: Final = (
    Guard("sign-in", "No page opens without signing in.", of_sign_in.no_page_without_sign_in),
    Guard(
        "second-step",
        "With the password alone every page leads to the second step.",
        of_sign_in.password_alone,
    ),
    Guard("code-once", "A code of an app works once.", of_sign_in.code_used_twice),
    Guard("code-in-time", "A code of another time is refused.", of_sign_in.code_of_another_time),
    Guard("code-of-its-app", "Somebody else's code is refused.", of_sign_in.code_of_another_app),
    Guard("guessing", "Who types wrong codes has to wait.", of_sign_in.guessing),
    Guard("recovery-code-once", "A recovery code works once.", of_sign_in.recovery_code_twice),
    Guard(
        "enabling-ends-sessions",
        "Enabling 2FA ends all other sessions.",
        of_sign_in.enabling_ends_sessions,
    ),
    Guard("signed-out", "A session that was signed out is dead.", of_sign_in.signed_out),
    Guard(
        "required",
        "Whoever must use 2FA and has not set it up can do nothing else.",
        of_sign_in.required_and_not_set_up,
    ),
    Guard(
        "disabling",
        "2FA that is required cannot be disabled.",
        of_sign_in.disabling_while_required,
    ),
    Guard(
        "mailed-link",
        "Opening a mailed link uses nothing up, and it works once.",
        of_sign_in.mailed_link,
    ),
    Guard(
        "session-identifier",
        "The session's identifier changes at each step, and none can be planted.",
        of_sign_in.planted_session,
    ),
    Guard("way-on", "Signing in leads to no other site.", of_sign_in.elsewhere_after_sign_in),
    Guard("suspended", "Whoever is suspended is out at once.", of_sign_in.suspended),
    Guard(
        "other-customer",
        "What belongs to another customer is not there.",
        of_portal.another_customer,
    ),
    Guard("tab-right", "A tab without the right to it is closed.", of_portal.no_right_to_a_tab),
    Guard("form-token", "A form of another site does nothing.", of_portal.form_of_another_site),
    Guard("host", "Under a foreign name there is no portal.", of_portal.foreign_host),
    Guard("address", "Nobody chooses the address that history has.", of_portal.forged_address),
    Guard("cookies", "The session's cookie is out of reach.", of_portal.cookies),
    Guard("headers", "No frame, no foreign script, no copy in a cache.", of_portal.headers),
    Guard("metrics", "Numbers are for who has the token.", of_portal.metrics),
    Guard("history", "The sealed history is whole.", of_portal.history),
)
