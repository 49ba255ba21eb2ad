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
# No tab of its own: the right to see a customer's portal as its people do, with their yes.
MANAGE: Final = "manage"
# The right of the provider's people to what they may do on behalf of a customer.
BEHALF: Final = CUSTOMERS


class About(StrEnum):
    """Whose things an action changes or takes along."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    SELF = "self"
    CONSOLE = "console"


class Extent(StrEnum):
    """How much of what the provider keeps an action touches, so that a member of staff needs it in their scope.

    `EVERYTHING`: what is everybody's, for a scope of all alone. `BRAND`, `CUSTOMER`: the one that is named. `PERSON`: a
    colleague, whose own scope is no wider. `PART`: whatever of it is in the scope.
    """

    EVERYTHING = "everything"
    BRAND = "brand"
    CUSTOMER = "customer"
    PERSON = "person"
    PART = "part"


class Level(StrEnum):
    """How recently it must have been confirmed who asks; `sessions.reauthentication` has the seconds."""

    NONE = "none"
    OTHERS = "others"
    OWN_SECURITY = "own security"
    OWN_FACTORS = "own factors"


class Managed(Enum):
    """Whether it is there for the provider's people while they manage a customer's portal. Not, unless it is said.

    `LOOK`: it shows something. `CHANGE`: where the customer agreed to changes, too. `OWN`: it is about their own
    session, and the customer's portal has no part in it.
    """

    NEVER = "never"
    LOOK = "look"
    CHANGE = "change"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action needs. `scope`: the word by which an API token will be given it; empty: no token is.

    `behalf`: the provider's people with the right to `BEHALF` may do it for a customer in their scope. `extent`: what a
    scope is asked for where the provider's people do it to what is theirs. `managed`: whether they may do it as one of
    the customer's people, while they manage its portal.
    """

    about: About
    tab: str = ""
    level: Level = Level.OTHERS
    scope: str = ""
    behalf: bool = False
    extent: Extent = Extent.EVERYTHING
    managed: Managed = Managed.NEVER
    # Another tab whose right is needed as well.
    also: str = ""

    @property
    def tabs(self) -> frozenset[str]:
        """The tabs whose rights are needed, all of them."""
        return frozenset(filter(None, (self.tab, self.also)))


def _people(
    *,
    level: Level = Level.OTHERS,
    behalf: bool = False,
    extent: Extent = Extent.PERSON,
    managed: Managed = Managed.NEVER,
) -> Needs:
    return Needs(About.CUSTOMER, ADMINISTRATORS, level, "people:write", behalf, extent, managed)


def _help(level: Level = Level.OTHERS) -> Needs:
    return Needs(About.CUSTOMER, ADMINISTRATORS, level, extent=Extent.PERSON)


def _provider(tab: str, extent: Extent = Extent.EVERYTHING) -> Needs:
    return Needs(About.PROVIDER, tab, Level.OTHERS, f"{tab}:write", extent=extent)


def _looking(tab: str, extent: Extent) -> Needs:
    return Needs(About.PROVIDER, tab, Level.NONE, f"{tab}:read", extent=extent)


def _self(level: Level = Level.NONE) -> Needs:
    return Needs(About.SELF, level=level)


_CONSOLE: Final = Needs(About.CONSOLE, level=Level.NONE)


class Action(Enum):
    """One thing that can be done: its key, and what it needs."""

    # Whom somebody with a scope adds has the same one.
    ADD_PERSON = (
        "add-person",
        _people(behalf=True, extent=Extent.PART, managed=Managed.CHANGE),
    )
    CHANGE_PERSON = "change-person", _people(managed=Managed.CHANGE)
    # Parts of the two before, asked for besides them where rights, the status or the e-mail would change.
    GIVE_RIGHTS = "give-rights", _people(behalf=True, extent=Extent.PART)
    CHANGE_STATUS = "change-status", _people(extent=Extent.PART)
    # It changes many at once.
    IMPORT_PEOPLE = (
        "import-people",
        _people(level=Level.OWN_SECURITY, behalf=True, extent=Extent.PART),
    )
    CHANGE_SCOPE = (
        "change-scope",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="people:write", extent=Extent.EVERYTHING),
    )
    # Ticking takes nothing from anybody, unticking only what no policy asks (`accounts/require_two_factors.py`).
    REQUIRE_TWO_FACTORS = "require-two-factors", _people(extent=Extent.PART)
    MAKE_EXCEPTION = (
        "make-exception",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write", extent=Extent.PERSON),
    )
    END_EXCEPTION = (
        "end-exception",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write", extent=Extent.PERSON),
    )
    CHANGE_EMAIL = "change-email", _people(level=Level.OWN_SECURITY)
    RESEND_INVITATION = "resend-invitation", _people(behalf=True, managed=Managed.CHANGE)
    REVOKE_INVITATION = "revoke-invitation", _people()
    SEND_PASSWORD_LINK = "send-password-link", _people(level=Level.OWN_SECURITY)
    END_SESSIONS = "end-sessions", _people()
    # Whoever helps gives somebody a way in: of no token, and on nobody's behalf.
    HELP_PERSON = "help-person", _help(Level.OWN_SECURITY)
    AGREE_TO_HELP = "agree-to-help", _help(Level.OWN_SECURITY)
    # To object is nobody's privilege.
    REFUSE_HELP = "refuse-help", Needs(About.CUSTOMER, ADMINISTRATORS, extent=Extent.PART)
    SAY_WHO_CAME_BACK = "say-who-came-back", _help()
    CHANGE_POLICY = (
        "change-policy",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write"),
    )
    REHEARSE = (
        "rehearse",
        Needs(About.CUSTOMER, ADMINISTRATORS, Level.NONE, scope="policy:read", extent=Extent.PART),
    )
    GET_ADOPTION_MAIL = (
        "get-adoption-mail",
        Needs(About.CUSTOMER, ADMINISTRATORS, Level.NONE, scope="people:read", extent=Extent.PART),
    )
    GO_ON_WITH_WAVES = (
        "go-on-with-waves",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="policy:write"),
    )
    # What the provider's people asked for is agreed to, or refused; whoever is let in can be sent away at any time.
    AGREE_TO_MANAGING = (
        "agree-to-managing",
        Needs(About.CUSTOMER, ADMINISTRATORS, Level.OWN_SECURITY),
    )
    # What is done in an application nobody here sees: it takes the yes to changes. The gate has asked the rest.
    OPEN_WHILE_MANAGING = (
        "open-while-managing",
        Needs(
            About.CUSTOMER,
            ADMINISTRATORS,
            Level.NONE,
            extent=Extent.PART,
            managed=Managed.CHANGE,
        ),
    )
    END_MANAGING = "end-managing", Needs(About.CUSTOMER, ADMINISTRATORS, Level.NONE)
    LOWER_PROTECTION = "lower-protection", Needs(About.CUSTOMER, ADMINISTRATORS, behalf=True)
    EXPORT_PEOPLE = (
        "export-people",
        Needs(About.CUSTOMER, ADMINISTRATORS, scope="people:read", extent=Extent.PART),
    )
    EXPORT_HISTORY = (
        "export-history",
        Needs(About.CUSTOMER, ACTIVITY, scope="history:read", extent=Extent.PART),
    )
    # Both people and history are in it, so it wants the right to each. Of no token, and on nobody's behalf: it leaves
    # the house.
    MAKE_EVIDENCE = "make-evidence", Needs(About.CUSTOMER, ADMINISTRATORS, also=ACTIVITY)

    EXPORT_ADOPTION = (
        "export-adoption",
        Needs(About.PROVIDER, CUSTOMERS, scope="customers:read", extent=Extent.PART),
    )
    # It gives nobody a way in before somebody at the customer agrees: of no token all the same.
    ASK_AS_SUPPORT = (
        "ask-as-support",
        Needs(About.PROVIDER, CUSTOMERS, Level.OWN_SECURITY, extent=Extent.CUSTOMER),
    )
    MANAGE_CUSTOMER = (
        "manage-customer",
        Needs(About.PROVIDER, MANAGE, Level.OWN_SECURITY, extent=Extent.CUSTOMER),
    )
    BEGIN_CALLER_CHECK = (
        "begin-caller-check",
        Needs(About.PROVIDER, CUSTOMERS, extent=Extent.CUSTOMER),
    )
    ADD_CUSTOMER = "add-customer", _provider(CUSTOMERS, Extent.BRAND)
    # Into whatever customer a line of the file names.
    MOVE_IN = "move-in", Needs(About.PROVIDER, CUSTOMERS, Level.OWN_SECURITY)
    # Whoever brings a password and a device can sign in with them: it is the power over people, and over all of them.
    TAKE_OVER_CREDENTIALS = (
        "take-over-credentials",
        Needs(About.PROVIDER, CUSTOMERS, Level.OWN_SECURITY, also=ADMINISTRATORS),
    )
    CHANGE_CUSTOMER = "change-customer", _provider(CUSTOMERS, Extent.CUSTOMER)
    # What a script must never do by a token that lies about somewhere: of no scope.
    DELETE_CUSTOMER = (
        "delete-customer",
        Needs(About.PROVIDER, CUSTOMERS, Level.OWN_SECURITY, extent=Extent.CUSTOMER),
    )
    UNDELETE_CUSTOMER = (
        "undelete-customer",
        Needs(About.PROVIDER, CUSTOMERS, extent=Extent.CUSTOMER),
    )
    EXPORT_CUSTOMER = (
        "export-customer",
        Needs(About.PROVIDER, CUSTOMERS, Level.OWN_SECURITY, extent=Extent.CUSTOMER),
    )
    WRITE_NOTE = (
        "write-note",
        Needs(About.PROVIDER, CUSTOMERS, Level.NONE, extent=Extent.CUSTOMER),
    )
    CHANGE_MINIMUM = "change-minimum", _provider(CUSTOMERS, Extent.CUSTOMER)
    REHEARSE_MINIMUM = "rehearse-minimum", _looking(CUSTOMERS, Extent.CUSTOMER)
    REHEARSE_BRAND = "rehearse-brand", _looking(BRANDS, Extent.BRAND)
    GET_ADOPTION_MAIL_OF_ALL = "get-adoption-mail-of-all", _looking(CUSTOMERS, Extent.PART)
    ADD_BRAND = "add-brand", _provider(BRANDS)
    CHANGE_BRAND = "change-brand", _provider(BRANDS, Extent.BRAND)
    CHECK_HOST = "check-host", _provider(BRANDS, Extent.BRAND)
    CHECK_BRAND = "check-brand", _looking(BRANDS, Extent.BRAND)
    ADD_TAB = "add-tab", _provider(TABS)
    CHANGE_TAB = "change-tab", _provider(TABS)
    REMOVE_TAB = "remove-tab", _provider(TABS)
    # Whoever says where people are sent to signs them in there: it is the power over people, and of no token.
    CHANGE_APPLICATION = (
        "change-application",
        Needs(About.PROVIDER, TABS, Level.OWN_SECURITY, also=ADMINISTRATORS),
    )
    CHANGE_CLIENT_SECRETS = (
        "change-client-secrets",
        Needs(About.PROVIDER, TABS, Level.OWN_SECURITY, also=ADMINISTRATORS),
    )
    # It shows what is known of one of a customer's people: of no token.
    TRY_APPLICATION = "try-application", Needs(About.PROVIDER, TABS, also=CUSTOMERS)

    CHANGE_OWN_PROFILE = "change-own-profile", _self()
    CHANGE_OWN_EMAIL = "change-own-email", _self(Level.OWN_SECURITY)
    # Whoever helps after a loss calls back there.
    CHANGE_OWN_PHONE = "change-own-phone", _self(Level.OWN_SECURITY)
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
    # The right to its tab and what it wants verified, the gate has asked.
    SIGN_IN_TO_APPLICATION = "sign-in-to-application", _self()

    ADD_WITH_PASSWORD = "add-with-password", _CONSOLE
    RESET_TWO_FACTORS = "reset-two-factors", _CONSOLE
    CONFIRM_HOST = "confirm-host", _CONSOLE
    MAKE_FIRST_LINK = "make-first-link", _CONSOLE
    RESCUE = "rescue", _CONSOLE
    RUN_SELFTEST = "run-selftest", _CONSOLE
    ERASE_PERSON = "erase-person", _CONSOLE

    def __init__(self, key: str, needs: Needs) -> None:
        self.key = key
        self.needs = needs
