"""The form of a policy, and of a minimum: made from the declared fields, read, and put into words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.customers.tab_titles import title_of, titles_of
from doorward.kernel.errors import ChoiceInvalid, FieldsRefused, NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.policy.errors import DayInvalid, StaffNeedTwoFactors, StricterAlready
from doorward.policy.fields import (
    FIELDS,
    Choice,
    Day,
    Keys,
    Kinds,
    Number,
    RequiredOf,
    Tick,
    Values,
)
from doorward.policy.fields import read as read_values
from doorward.policy.versions import LONGEST_REASON, Wanted
from doorward.policy.waves import midnight
from doorward.web.http import posted
from doorward.web.kit.fields import Field, Option, plain_field
from doorward.web.kit.tab_bar import tabs_in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.policy.fields import Field as Declared
    from doorward.policy.fields import Value
    from doorward.policy.models import PolicyVersion
    from doorward.web.http.requests import Request
    from doorward.web.kit.policy_versions import State


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose policy it is. `of_staff`: the provider's own. `minimum`: what the provider, `holder`, asks besides.

    `left_out`: the choice that this form does not offer.
    """

    of_staff: bool = False
    minimum: Values | None = None
    holder: str = ""
    left_out: RequiredOf = RequiredOf.NOBODY
    # The provider's own tabs that are not for this customer.
    without: frozenset[str] = frozenset()


# Drawn over the whole width, one below the other.
_WIDE = ("radios", "checkboxes", "checkbox")


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The form as it is drawn. `seen`: how far the series was when its reader looked."""

    fields: Mapping[str, Field]
    seen: int
    replaces: str = ""
    refused: bool = False

    def of(self, *, says_when: bool = False, kind: str = "") -> list[Field]:
        """Return the declared fields of a kind, in their order, but for whom two factors are required of."""
        declared = [one for one in FIELDS.values() if one.key not in {"required_of", "tabs"}]
        found = [self.fields[one.key] for one in declared if one.says_when is says_when]
        return [one for one in found if (one.kind in _WIDE) is (kind in _WIDE)]


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was typed: by key, and what is wrong with it."""

    values: Mapping[str, Any]
    seen: int
    starts: str = ""
    reason: str = ""
    replaces: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def refused(self, refusal: Refusal) -> Typed:
        """Return the same with the sentences of a refusal at its fields."""
        alone = {refusal.field or "reason": refusal}
        fields = refusal.fields if isinstance(refusal, FieldsRefused) else alone
        errors = {name.removeprefix("policy."): sentence(one) for name, one in fields.items()}
        return replace(self, errors=errors)


def stored(values: Values, *, seen: int) -> Typed:
    """Return the form as it is first shown."""
    typed = {one.key: one.stored(getattr(values, name)) for name, one in FIELDS.items()}
    return Typed(typed, seen)


def shown(state: State, version: PolicyVersion | None) -> Typed:
    """Return the form as it is first shown: of what holds, or of a planned version that is to be changed."""
    if version is None:
        return stored(state.values, seen=state.seen)
    form = stored(read_values(version.values), seen=state.seen)
    starts = version.starts_at.date().isoformat()
    return replace(form, starts=starts, reason=version.reason, replaces=str(version.id))


def wanted_again(state: State, wanted: Wanted) -> Typed:
    """Return the form as it was when this was rehearsed, for somebody who wants to change it."""
    return replace(
        stored(wanted.values, seen=state.seen),
        starts=wanted.starts_at.date().isoformat() if wanted.starts_at else "",
        reason=wanted.reason,
        replaces=str(wanted.replaces) if wanted.replaces else "",
    )


def typed(request: Request, about: About, *, before: Values) -> Typed:
    """Return the form as it was sent. What the minimum leaves no choice of is not sent, and stays as it is."""
    values: dict[str, Any] = {}
    for name, one in FIELDS.items():
        if isinstance(one, Keys):
            values[one.key] = request.POST.getlist(one.key)
        elif isinstance(one, Tick):
            values[one.key] = posted.optional(request, one.key)
        elif one.key not in request.POST and _is_locked(one, _least(name, about)):
            values[one.key] = one.stored(getattr(before, name))
        else:
            values[one.key] = posted.field(request, one.key)
    return Typed(
        values,
        _whole(posted.field(request, "seen")),
        posted.optional(request, "starts"),
        posted.optional(request, "reason"),
        posted.optional(request, "replaces"),
    )


def _least(name: str, about: About) -> Value:
    return FIELDS[name].loosest if about.minimum is None else getattr(about.minimum, name)


def read(form: Typed, about: About, *, before: Values) -> Wanted:
    """Return the version that the form asks for, or raise `FieldsRefused` with what is wrong with each field."""
    values, refused = _read_values(form, about, before=before)
    starts = None
    try:
        starts = FIELDS["from_day"].read(form.starts)
    except DayInvalid as refusal:
        refused["starts"] = refusal
    if refused:
        raise FieldsRefused(refused)
    return Wanted(
        values=Values(**values),
        starts_at=midnight(starts) if starts else None,
        reason=form.reason,
        seen=form.seen,
        replaces=_id(form.replaces),
    )


def _read_values(
    form: Typed, about: About, *, before: Values
) -> tuple[dict[str, Any], dict[str, Refusal]]:
    """Return the values by attribute, and what is wrong by key."""
    values: dict[str, Any] = {}
    refused: dict[str, Refusal] = {}
    for name, one in FIELDS.items():
        try:
            values[name] = one.read(form.values[one.key])
        except Refusal as refusal:
            refused[one.key] = refusal
            continue
        if values[name] == getattr(before, name):
            continue
        if _is_below(name, values[name], about):
            refused[one.key] = _below(one, about)
        elif not _is_offered(one, values[name], about):
            refused[one.key] = ChoiceInvalid()
    return values, refused


def _is_below(name: str, value: Value, about: About) -> bool:
    """Return whether the provider requires more, so that the value would change nothing."""
    if about.minimum is None or FIELDS[name].says_when:
        return False
    one, least = FIELDS[name], getattr(about.minimum, name)
    return (_is_locked(one, least) or isinstance(one, Number)) and one.is_looser(
        value, before=least
    )


def _below(one: Declared, about: About) -> Refusal:
    """Return what is said of a value that is below what the provider requires."""
    if about.of_staff and one is FIELDS["required_of"]:
        return StaffNeedTwoFactors()
    return StricterAlready()


def _is_offered(one: Declared, value: Value, about: About) -> bool:
    if isinstance(one, Keys):
        return bool(value <= set(tabs_in_order(is_staff=about.of_staff, without=about.without)))
    return value is not about.left_out


def _is_locked(one: Declared, least: Value) -> bool:
    """Return whether the minimum leaves nothing to choose: it stands as it is, and is not sent."""
    return isinstance(one, Choice) and least == list(one.choices)[-1]


def policy_form(form: Typed, about: About) -> PolicyForm:
    """Make the fields of the form."""
    fields = {one.key: _field(name, one, form, about) for name, one in FIELDS.items()}
    fields["starts"] = plain_field(
        "starts",
        _("Takes effect on"),
        kind="date",
        value=form.starts,
        help=_(
            "Empty means as soon as you save it. Until a later day nothing changes, and you can change "
            "it or take it back."
        ),
        errors=_errors(form, "starts"),
    )
    fields["reason"] = plain_field(
        "reason",
        _("Reason"),
        value=form.reason,
        maxlength=LONGEST_REASON,
        help=_("It is shown in the history and in the mail about it."),
        errors=_errors(form, "reason"),
    )
    return PolicyForm(fields, form.seen, form.replaces, bool(form.errors))


def _field(name: str, one: Declared, form: Typed, about: About) -> Field:
    value, least = form.values[one.key], _least(name, about)
    said: dict[str, Any] = {
        "help": _(one.help) if one.help else "",
        "errors": _errors(form, one.key),
    }
    match one:
        case Choice():
            return _choice(one, value, least, about, errors=said["errors"])
        case Keys():
            options = _tabs(frozenset(value), about)
            return plain_field(one.key, _(one.label), kind="checkboxes", options=options, **said)
        case Number():
            held = _held(about, least) if least != one.loosest and not one.says_when else ""
            return _number(one, str(value), held, errors=said["errors"])
        case Tick():
            checked = value in {"on", True}
            return plain_field(one.key, _(one.label), kind="checkbox", checked=checked, **said)
        case Day():
            return plain_field(one.key, _(one.label), kind="date", value=value or "", **said)
    raise AssertionError(one)


def _tabs(chosen: frozenset[str], about: About) -> list[Option]:
    keys = tabs_in_order(is_staff=about.of_staff, without=about.without)
    return [Option(key, title_of(key), key in chosen) for key in keys]


def _choice(
    one: Choice, value: Value, least: Value, about: About, *, errors: tuple[str, ...]
) -> Field:
    locked = _is_locked(one, least)
    options = [
        Option(
            choice.value,
            _(one.titles[choice]),
            choice == (least if locked else value),
            help=_(one.helps[choice]) if choice in one.helps else "",
        )
        for choice in one.choices
        if choice is not about.left_out or choice == value
    ]
    return plain_field(
        one.key,
        _(one.label),
        kind="radios",
        options=options,
        help=_why_held(one, least, about),
        errors=errors,
        disabled=locked,
    )


def _why_held(one: Choice, least: Value, about: About) -> str:
    """Say what the provider requires at least, and who can change it; nothing where it leaves all to choose."""
    if least == one.loosest:
        return ""
    if about.of_staff and least is RequiredOf.EVERYONE:
        return _(
            "Two-factor sign-in is required of everybody at the provider, from the first day. "
            "It cannot be lowered."
        )
    return _held(about, _least_in_words(one, least, about))


def _least_in_words(one: Choice, least: Value, about: About) -> str:
    title = _(one.titles[least])
    if least is not RequiredOf.TABS or about.minimum is None:
        return title
    tabs = titles_of(about.minimum.tabs, without=about.without)
    return _("%(title)s (%(tabs)s)") % {"title": title, "tabs": tabs} if tabs else title


def _number(one: Number, value: str, held: str, *, errors: tuple[str, ...]) -> Field:
    return plain_field(
        one.key,
        _(one.label),
        kind="number",
        value=value,
        required=True,
        min=one.lowest,
        max=one.bounds[1],
        inputmode="numeric",
        help=f"{_(one.help)} {held}".strip(),
        errors=errors,
    )


def _held(about: About, value: Value) -> str:
    names = {"holder": about.holder, "value": value}
    return _("%(holder)s requires at least this: %(value)s. Only %(holder)s can change it.") % names


def _errors(form: Typed, key: str) -> tuple[str, ...]:
    return (form.errors[key],) if key in form.errors else ()


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFound from error


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST else -1


_LONGEST = 9


def in_words(values: Values) -> list[str]:
    """Return what these values ask, in words."""
    only = values.kinds is Kinds.PHISHING_RESISTANT
    return [
        required_in_words(values),
        _("Where two factors are required, only a passkey is enough as the second one.")
        if only
        else _("An authenticator app or a passkey is enough as a second factor."),
        _trust(values.trust_days),
        ngettext(
            "Everybody has to sign in again after %(n)s hour.",
            "Everybody has to sign in again after %(n)s hours.",
            values.session_hours,
        )
        % {"n": values.session_hours},
        ngettext(
            "Anyone who does nothing for %(n)s minute is signed out.",
            "Anyone who does nothing for %(n)s minutes is signed out.",
            values.idle_minutes,
        )
        % {"n": values.idle_minutes},
    ]


def required_in_words(values: Values) -> str:
    """Say of whom two factors are required."""
    match values.required_of:
        case RequiredOf.EVERYONE:
            return _("Two-factor sign-in is required of everybody.")
        case RequiredOf.TABS:
            titles = titles_of(values.tabs)
            text = _("Two-factor sign-in is required of everybody who may use %(tabs)s.")
            return text % {"tabs": titles}
        case _:
            return _("Two-factor sign-in is required of those whose box Required 2FA is ticked.")


def _trust(days: int) -> str:
    if not days:
        return _("The second step is required at each sign-in.")
    return ngettext(
        "A browser may be trusted for %(n)s day. Then the password is enough there.",
        "A browser may be trusted for %(n)s days. Then the password is enough there.",
        days,
    ) % {"n": days}
