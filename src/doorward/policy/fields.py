"""What a policy says, each field declared once: its default, its words, its bounds, and which value is stricter.

The customer's policy and the provider's minimum have the same fields. Forms, commands, files, history, the list of what
lowers protection and the policy that holds are made from these declarations alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from doorward.kernel.errors import ChoiceInvalid, FieldsRefused, Refusal, _
from doorward.policy import session_lengths as lengths
from doorward.policy.errors import DayInvalid, NumberOutOfRange, UnknownField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Of whatever type the field declares.
Value: TypeAlias = Any

_LONGEST_NUMBER: Final = 4
# At the ends of the calendar a day has no beginning in every time zone.
_YEARS: Final = range(2000, 2200)


class RequiredOf(StrEnum):
    """Of whom a policy requires two factors, the strictest last. A person's own tick counts besides."""

    NOBODY = "nobody"
    TICKED = "ticked"
    TABS = "tabs"
    EVERYONE = "everyone"


class Kinds(StrEnum):
    """Which kinds of factor satisfy a requirement, the strictest last."""

    ANY = "any"
    PHISHING_RESISTANT = "phishing_resistant"


class RecoveryBy(StrEnum):
    """Who may help somebody who has lost their devices, the strictest last."""

    COLLEAGUE = "colleague"
    TWO = "two"
    PROVIDER = "provider"


class SupportAccess(StrEnum):
    """Whether the provider's support may help, the strictest last."""

    ALWAYS = "always"
    ASK = "ask"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a policy: what it is called, and what it can be. `history`: its name in a line of history.

    `key`: its name in forms, files and stored versions. `loosest`: what a minimum has that asks for nothing.
    `says_when`: it says from when somebody is asked, each series for itself; the earliest day of theirs holds.
    """

    label: str
    history: str
    loosest: Value
    help: str = ""
    key: str = ""
    says_when: bool = False

    def read(self, value: Value) -> Value:
        """Return a value from what was typed, stored or written in a file. Raises `Refusal`."""
        raise NotImplementedError

    def stored(self, value: Value) -> Value:
        """Return a value as JSON has it."""
        return value

    def stricter(self, one: Value, other: Value) -> Value:
        """Return the stricter of two values, or what is as strict as both."""
        raise NotImplementedError

    def is_looser(self, after: Value, *, before: Value) -> bool:
        """Return whether people are less protected with the one than they were with the other."""
        return bool(self.stricter(before, after) != after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of several, the strictest last; `titles` and `helps` as a page says them."""

    choices: type[StrEnum]
    titles: Mapping[str, str]
    helps: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def read(self, value: Value) -> Value:
        """Return the choice. Raises `ChoiceInvalid`."""
        if value not in list(self.choices):
            raise ChoiceInvalid
        return self.choices(value)

    def stored(self, value: Value) -> Value:
        """Return its word."""
        return str(value)

    def stricter(self, one: Value, other: Value) -> Value:
        """Return the later one."""
        return max(one, other, key=list(self.choices).index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A whole number within bounds; a smaller one is stricter."""

    bounds: tuple[int, int]

    @property
    def lowest(self) -> int:
        """The smallest number that it takes."""
        return self.bounds[0]

    def read(self, value: Value) -> Value:
        """Return the number. Raises `NumberOutOfRange`."""
        if isinstance(value, str):
            typed = value.strip()
            known = typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_NUMBER
            value = int(typed) if known else None
        # True is no number, whatever Python says.
        if type(value) is not int or not self.bounds[0] <= value <= self.bounds[1]:
            raise NumberOutOfRange(*self.bounds)
        return value

    def stricter(self, one: Value, other: Value) -> Value:
        """Return the smaller one."""
        return min(one, other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Number):
    """A number of hours that somebody waits, within bounds, or 0: not at all. More is stricter, and 0 is strictest."""

    @property
    def lowest(self) -> int:
        """The smallest number that it takes."""
        return 0

    def read(self, value: Value) -> Value:
        """Return the number. Raises `NumberOutOfRange`."""
        nothing = value == "0" if isinstance(value, str) else type(value) is int and value == 0
        # Super's own check is of the bounds alone.
        return 0 if nothing else Number.read(self, value)

    def stricter(self, one: Value, other: Value) -> Value:
        """Return the longer wait; 0 where one is that."""
        return max(one, other) if one and other else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Field):
    """Yes or no; yes gives people more time."""

    def read(self, value: Value) -> Value:
        """Return whether it is ticked: `on` from a form. Raises `ChoiceInvalid`."""
        known = {"on": True, True: True, "": False, False: False, None: False}
        if not isinstance(value, (str, bool, type(None))) or value not in known:
            raise ChoiceInvalid
        return known[value]

    def stricter(self, one: Value, other: Value) -> Value:
        """Return no, where one says so."""
        return one and other


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A date, from its midnight in UTC; none: at once. An earlier one is stricter."""

    def read(self, value: Value) -> Value:
        """Return the date, or None. Raises `DayInvalid`."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value.strip())
            except ValueError as error:
                raise DayInvalid from error
        if type(value) is not date or value.year not in _YEARS:
            raise DayInvalid
        return value

    def stored(self, value: Value) -> Value:
        """Return it as ISO 8601 has it."""
        return value and value.isoformat()

    def stricter(self, one: Value, other: Value) -> Value:
        """Return the earlier one."""
        return None if one is None or other is None else min(one, other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys(Field):
    """The keys of tabs; more of them are stricter. Whether there are such tabs is looked at where it is saved."""

    def read(self, value: Value) -> Value:
        """Return them as a set. Raises `ChoiceInvalid`."""
        keys = value.split() if isinstance(value, str) else value or ()
        if not isinstance(keys, (list, tuple, set, frozenset)) or not all(
            isinstance(key, str) and key for key in keys
        ):
            raise ChoiceInvalid
        return frozenset(keys)

    def stored(self, value: Value) -> Value:
        """Return them in order."""
        return sorted(value)

    def stricter(self, one: Value, other: Value) -> Value:
        """Return all of them."""
        return one | other


def _declared(*, default: Value, field: Field) -> Any:  # noqa: ANN401 - of the type that its attribute says
    return dataclasses.field(default=default, metadata={"field": field})


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The values of one version of a policy, or of a minimum."""

    required_of: RequiredOf = _declared(
        default=RequiredOf.TICKED,
        field=Choice(
            label=_("Two-factor sign-in is required of"),
            history=_("two-factor sign-in required of"),
            loosest=RequiredOf.NOBODY,
            choices=RequiredOf,
            titles={
                RequiredOf.NOBODY: _("Nobody"),
                RequiredOf.TICKED: _("People whose box Required 2FA is ticked"),
                RequiredOf.TABS: _("People who may use certain tabs"),
                RequiredOf.EVERYONE: _("Everybody"),
            },
            helps={
                RequiredOf.TABS: _(
                    "Choose the tabs below. Anybody who is ticked is asked as well."
                ),
                RequiredOf.EVERYONE: _("Nobody can turn it off any more."),
            },
        ),
    )
    tabs: frozenset[str] = _declared(
        default=frozenset(),
        field=Keys(
            label=_("These tabs"),
            history=_("tabs whose users must use two factors"),
            loosest=frozenset(),
        ),
    )
    from_day: date | None = _declared(
        default=None,
        field=Day(
            key="from",
            says_when=True,
            label=_("People must be ready by"),
            history=_("people must be ready by"),
            loosest=None,
            help=_(
                "Until this day begins (in UTC), people may put off the set-up. Empty means that they "
                "set it up at their next sign-in."
            ),
        ),
    )
    newcomer_days: int = _declared(
        default=0,
        field=Number(
            says_when=True,
            label=_("Days for newcomers"),
            history=_("days for newcomers"),
            loosest=0,
            bounds=(0, 90),
            help=_("How long people who join later may put off the set-up. 0 means not at all."),
        ),
    )
    waves: bool = _declared(
        default=False,
        field=Tick(
            says_when=True,
            label=_("In three waves up to that day"),
            history=_("in waves"),
            loosest=False,
            help=_(
                "First 5 of 100 people, then 25, then everybody. Administrators are among the first."
            ),
        ),
    )
    kinds: Kinds = _declared(
        default=Kinds.ANY,
        field=Choice(
            label=_("What is enough as a second factor"),
            history=_("kinds of factor"),
            loosest=Kinds.ANY,
            choices=Kinds,
            titles={
                Kinds.ANY: _("Authenticator apps and passkeys"),
                Kinds.PHISHING_RESISTANT: _("Passkeys only"),
            },
            helps={
                Kinds.ANY: _("Each is enough where two-factor sign-in is required."),
                Kinds.PHISHING_RESISTANT: _(
                    "A passkey cannot be phished. Where two-factor sign-in is required, people who only "
                    "have an app confirm with it once more and then make a passkey."
                ),
            },
        ),
    )
    # NIST SP 800-63B-4 (5.1) counts no trusted browser as a factor, so a month is the most that we lend a hand to.
    trust_days: int = _declared(
        default=0,
        field=Number(
            label=_("Trusted browsers, in days"),
            history=_("trusted browsers"),
            loosest=30,
            bounds=(0, 30),
            help=_(
                "0 means never, which is safest. A trusted browser does not show who is using it; NIST "
                "(SP 800-63B-4) does not count it as a factor."
            ),
        ),
    )
    session_hours: int = _declared(
        default=lengths.HOURS,
        field=Number(
            label=_("Length of a session, in hours"),
            history=_("length of a session"),
            loosest=lengths.LONGEST_HOURS,
            bounds=(lengths.SHORTEST_HOURS, lengths.LONGEST_HOURS),
            help=_("Then everybody has to sign in again."),
        ),
    )
    idle_minutes: int = _declared(
        default=lengths.IDLE_MINUTES,
        field=Number(
            label=_("Idle time, in minutes"),
            history=_("idle time"),
            loosest=lengths.LONGEST_IDLE_MINUTES,
            bounds=(lengths.SHORTEST_IDLE_MINUTES, lengths.LONGEST_IDLE_MINUTES),
            help=_("Anyone who does nothing for this long is signed out."),
        ),
    )

    recovery_by: RecoveryBy = _declared(
        default=RecoveryBy.COLLEAGUE,
        field=Choice(
            label=_("Who may help somebody who has lost their devices"),
            history=_("who may help after a loss"),
            loosest=RecoveryBy.COLLEAGUE,
            choices=RecoveryBy,
            titles={
                RecoveryBy.COLLEAGUE: _("One colleague with the Administrators tab"),
                RecoveryBy.TWO: _("Two colleagues with the Administrators tab"),
                RecoveryBy.PROVIDER: _("The provider's support alone"),
            },
            helps={
                RecoveryBy.COLLEAGUE: _(
                    "Helping somebody who has the Administrators tab always takes a second colleague, or 24 hours "
                    "in which nobody objects."
                ),
                RecoveryBy.TWO: _(
                    "The second one agrees, or 24 hours pass in which nobody objects."
                ),
                RecoveryBy.PROVIDER: _(
                    "No colleague can help alone. Support asks, as is set below, and whoever agrees reads the "
                    "set-up pass out. Where support may never help, what is left is recovery codes, another "
                    "device, waiting where it is allowed, and the provider's console."
                ),
            },
        ),
    )
    recovery_wait_hours: int = _declared(
        default=0,
        field=Wait(
            label=_("Waiting instead of help, in hours"),
            history=_("waiting after a loss"),
            loosest=24,
            bounds=(24, 168),
            help=_(
                "Whoever has lost their devices can wait for so long, and then set up a new one with password "
                "and mailbox, unless somebody objects. From 24 to 168; 0 means not at all, which is safest."
            ),
        ),
    )
    support_access: SupportAccess = _declared(
        default=SupportAccess.ASK,
        field=Choice(
            label=_("Help by the provider's support"),
            history=_("help by the provider's support"),
            loosest=SupportAccess.ALWAYS,
            choices=SupportAccess,
            titles={
                SupportAccess.ALWAYS: _("Always allowed"),
                SupportAccess.ASK: _("When somebody with the Administrators tab agrees"),
                SupportAccess.NEVER: _("Never"),
            },
            helps={
                SupportAccess.ALWAYS: _(
                    "Support may manage your portal without asking each time, and you see what it does. Help "
                    "after a loss takes somebody's yes all the same."
                ),
                SupportAccess.ASK: _(
                    "Support makes sure who has lost their devices, and asks. Where nobody is left who could "
                    "agree, a set-up pass is mailed after 72 hours in which nobody objects."
                ),
                SupportAccess.NEVER: _(
                    "Not even where nobody is left who could agree. The portal's operator can still reset "
                    "somebody's two-factor sign-in at the console."
                ),
            },
        ),
    )


# By the name of the attribute.
FIELDS: Final[dict[str, Any]] = {
    one.name: dataclasses.replace(one.metadata["field"], key=one.metadata["field"].key or one.name)
    for one in dataclasses.fields(Values)
}
DEFAULTS: Final = Values()
# A minimum that asks for nothing.
LOOSEST: Final = Values(**{name: field.loosest for name, field in FIELDS.items()})


def read(typed: Mapping[str, Any], *, base: Values = DEFAULTS) -> Values:
    """Return values from a mapping of keys; what is not in it is as in `base`.

    Raises `FieldsRefused` with what is wrong with each key, also with one that no field has.
    """
    values: dict[str, Any] = {}
    refused: dict[str, Refusal] = {}
    for name, field in FIELDS.items():
        if field.key in typed:
            try:
                values[name] = field.read(typed[field.key])
            except Refusal as refusal:
                refused[field.key] = refusal
    known = {field.key for field in FIELDS.values()}
    refused |= {key: UnknownField() for key in typed if key not in known}
    if refused:
        raise FieldsRefused(refused)
    return dataclasses.replace(base, **values)


def stored(values: Values, *, base: Values = DEFAULTS) -> dict[str, Any]:
    """Return what differs from `base`, by key, as JSON has it."""
    return {
        FIELDS[name].key: FIELDS[name].stored(getattr(values, name))
        for name in changed(base, values)
    }


def changed(before: Values, after: Values) -> list[str]:
    """Return the names of the attributes that differ, in their order."""
    return [name for name in FIELDS if getattr(before, name) != getattr(after, name)]


def strictest(several: Iterable[Values]) -> Values:
    """Return the strictest of each field."""
    first, *others = several
    for other in others:
        first = Values(
            **{
                name: field.stricter(getattr(first, name), getattr(other, name))
                for name, field in FIELDS.items()
            }
        )
    return first
