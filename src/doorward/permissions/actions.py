"""What can be done, each action declared once: the right it needs, the reauthentication, and on whose behalf.

Services begin with it (`customers.rights.authorise`), views take right and reauthentication from it (`Need.of`),
`docs/permissions.md` is made of it. An action is about a customer's people and data, about what the provider keeps,
about oneself, or it is kept for the operator at the console.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

# The keys of the tabs whose rights are asked for. `customers.tabs` has all tabs.
ADMINISTRATORS: Final = "administrators"
ACTIVITY: Final = "activity"
CUSTOMERS: Final = "customers"
BRANDS: Final = "brands"
TABS: Final = "tabs"
# The right of the provider's people to what they may do on behalf of a customer.
BEHALF: Final = CUSTOMERS


class About(StrEnum):
    """Whose things an action changes or takes along."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    SELF = "self"
    CONSOLE = "console"


class Level(StrEnum):
    """How recently it must have been confirmed who asks; `sessions.reauthentication` has the seconds."""

    NONE = "none"
    OTHERS = "others"
    OWN_SECURITY = "own security"
    OWN_FACTORS = "own factors"


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action needs. `scope`: the word by which an API token will be given it; empty: no token is.

    `behalf`: the provider's people with the right to `BEHALF` may do it for a customer.
    """

    about: About
    tab: str = ""
    level: Level = Level.OTHERS
    scope: str = ""
    behalf: bool = False


def _people(*, level: Level = Level.OTHERS, behalf: bool = False) -> Needs:
    return Needs(About.CUSTOMER, ADMINISTRATORS, level, "people:write", behalf)


def _provider(tab: str) -> Needs:
    return Needs(About.PROVIDER, tab, Level.OTHERS, f"{tab}:write")


def _looking(tab: str) -> Needs:
    return Needs(About.PROVIDER, tab, Level.NONE, f"{tab}:read")


def _self(level: Level = Level.NONE) -> Needs:
    return Needs(About.SELF, level=level)


_CONSOLE: Final = Needs(About.CONSOLE, level=Level.NONE)


class Action(Enum):
    """One thing that can be done: its key, and what it needs."""

    ADD_PERSON = "add-person", _people(behalf=True)
    CHANGE_PERSON = "change-person", _people()
    REQUIRE_TWO_FACTORS = "require-two-factors", _people()
    MAKE_EXCEPTION = (
        "make-exception",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write"),
    )
    END_EXCEPTION = (
        "end-exception",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write"),
    )
    CHANGE_EMAIL = "change-email", _people(level=Level.OWN_SECURITY)
    RESEND_INVITATION = "resend-invitation", _people(behalf=True)
    REVOKE_INVITATION = "revoke-invitation", _people()
    SEND_PASSWORD_LINK = "send-password-link", _people(level=Level.OWN_SECURITY)
    END_SESSIONS = "end-sessions", _people()
    # Whoever helps gives somebody a way in: of no token, and on nobody's behalf.
    HELP_PERSON = "help-person", Needs(About.CUSTOMER, ADMINISTRATORS, Level.OWN_SECURITY)
    AGREE_TO_HELP = "agree-to-help", Needs(About.CUSTOMER, ADMINISTRATORS, Level.OWN_SECURITY)
    REFUSE_HELP = "refuse-help", Needs(About.CUSTOMER, ADMINISTRATORS)
    SAY_WHO_CAME_BACK = "say-who-came-back", Needs(About.CUSTOMER, ADMINISTRATORS)
    CHANGE_POLICY = (
        "change-policy",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write"),
    )
    REHEARSE = (
        "rehearse",
        Needs(About.CUSTOMER, ADMINISTRATORS, Level.NONE, scope="policy:read"),
    )
    GET_ADOPTION_MAIL = (
        "get-adoption-mail",
        Needs(About.CUSTOMER, ADMINISTRATORS, Level.NONE, scope="people:read"),
    )
    GO_ON_WITH_WAVES = (
        "go-on-with-waves",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write"),
    )
    LOWER_PROTECTION = "lower-protection", Needs(About.CUSTOMER, ADMINISTRATORS, behalf=True)
    EXPORT_PEOPLE = "export-people", Needs(About.CUSTOMER, ADMINISTRATORS, scope="people:read")
    EXPORT_HISTORY = "export-history", Needs(About.CUSTOMER, ACTIVITY, scope="history:read")

    EXPORT_ADOPTION = (
        "export-adoption",
        Needs(About.PROVIDER, CUSTOMERS, scope="customers:read"),
    )
    # It gives nobody a way in before somebody at the customer agrees: of no token all the same.
    ASK_AS_SUPPORT = (
        "ask-as-support",
        Needs(About.PROVIDER, CUSTOMERS, Level.OWN_SECURITY),
    )
    BEGIN_CALLER_CHECK = "begin-caller-check", Needs(About.PROVIDER, CUSTOMERS)
    ADD_CUSTOMER = "add-customer", _provider(CUSTOMERS)
    CHANGE_CUSTOMER = "change-customer", _provider(CUSTOMERS)
    CHANGE_MINIMUM = "change-minimum", _provider(CUSTOMERS)
    REHEARSE_MINIMUM = "rehearse-minimum", _looking(CUSTOMERS)
    REHEARSE_BRAND = "rehearse-brand", _looking(BRANDS)
    GET_ADOPTION_MAIL_OF_ALL = "get-adoption-mail-of-all", _looking(CUSTOMERS)
    ADD_BRAND = "add-brand", _provider(BRANDS)
    CHANGE_BRAND = "change-brand", _provider(BRANDS)
    CHECK_HOST = "check-host", _provider(BRANDS)
    ADD_TAB = "add-tab", _provider(TABS)
    CHANGE_TAB = "change-tab", _provider(TABS)
    REMOVE_TAB = "remove-tab", _provider(TABS)

    CHANGE_OWN_PROFILE = "change-own-profile", _self()
    CHANGE_OWN_EMAIL = "change-own-email", _self(Level.OWN_SECURITY)
    # The code in its form is what is asked for.
    ANSWER_CALLER = "answer-caller", _self()
    CHANGE_SECOND_ADDRESS = "change-second-address", _self(Level.OWN_SECURITY)
    CHANGE_OWN_PASSWORD = "change-own-password", _self(Level.OWN_SECURITY)
    SET_DUE_PASSWORD = "set-due-password", _self()
    SET_UP_FACTOR = "set-up-factor", _self(Level.OWN_FACTORS)
    CHANGE_FACTOR = "change-factor", _self(Level.OWN_FACTORS)
    # The code or the passkey in its form is the reauthentication.
    DISABLE_TWO_FACTORS = "disable-two-factors", _self()
    # Asked for with password and mailbox, before anybody is through.
    ASK_TO_WAIT = "ask-to-wait", _self()
    # The proof of that very device lets in.
    TAKE_FACTOR_BACK = "take-factor-back", _self()
    MAKE_RECOVERY_CODES = "make-recovery-codes", _self(Level.OWN_SECURITY)
    SAVE_RECOVERY_CODES = "save-recovery-codes", _self()
    TRUST_BROWSER = "trust-browser", _self()
    END_OWN_TRUST = "end-own-trust", _self(Level.OTHERS)
    END_OWN_SESSIONS = "end-own-sessions", _self(Level.OTHERS)

    ADD_WITH_PASSWORD = "add-with-password", _CONSOLE
    RESET_TWO_FACTORS = "reset-two-factors", _CONSOLE
    CONFIRM_HOST = "confirm-host", _CONSOLE
    ERASE_PERSON = "erase-person", _CONSOLE

    def __init__(self, key: str, needs: Needs) -> None:
        self.key = key
        self.needs = needs
