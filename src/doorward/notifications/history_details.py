"""The second line of an event: which fields, which tabs, why not, with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, gettext_lazy, ngettext, ngettext_lazy
from django.utils.translation import gettext as _

from doorward.accounts.models import MailProblem
from doorward.applications.field_words import FIELDS as OF_APPLICATIONS
from doorward.audit.field_words import FIELDS, changes_in
from doorward.audit.reason import Reason
from doorward.customers import tab_audience
from doorward.customers.tab_titles import title_of
from doorward.kernel.refusals import by_code
from doorward.kernel.text.days import in_words
from doorward.managing.page_titles import page
from doorward.policy.field_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doorward.audit.models import Event


PROOFS: Final = {
    "password": gettext_lazy("with the password alone"),
    "app": gettext_lazy("with a code of the authenticator app"),
    "passkey": gettext_lazy("with a passkey"),
    "recovery_code": gettext_lazy("with a recovery code"),
    "trusted_browser": gettext_lazy("with the password, in a trusted browser"),
}
# For what a step of signing in, or reauthentication, was asked.
WHY: Final = {
    Reason.REQUIRED_BY_COLLEAGUE: gettext_lazy(
        "asked because an account administrator requires it"
    ),
    Reason.REQUIRED_BY_COMPANY: gettext_lazy("asked because the company requires it"),
    Reason.REQUIRED_BY_PROVIDER: gettext_lazy("asked because the provider requires it"),
    Reason.TURNED_ON: gettext_lazy("asked because two-factor sign-in was turned on"),
    Reason.OTHER_KIND: gettext_lazy("asked because only a passkey is enough"),
    Reason.BEFORE_OTHER_KIND: gettext_lazy(
        "asked before a passkey was made, because only one is enough"
    ),
    Reason.ONLY_PASSWORD: gettext_lazy("asked because only the password was verified so far"),
    Reason.DEVICE_DISABLED: gettext_lazy("asked because the device was disabled by wrong attempts"),
    Reason.CODES_NEW: gettext_lazy("asked because new codes were not saved yet"),
    Reason.PASSWORD_SHORT: gettext_lazy(
        "asked because the password was too short without a second factor"
    ),
    Reason.PASSWORD_BREACHED: gettext_lazy("asked because the password is known from a break-in"),
    Reason.PASSWORD_WEAK: gettext_lazy(
        "asked because the password came from another system and is too weak here"
    ),
    Reason.PASSWORD_KNOWN: gettext_lazy("asked because somebody else may know the password"),
    Reason.NOT_CONFIRMED: gettext_lazy("asked because nothing was confirmed in this session yet"),
    Reason.RECOVERED: gettext_lazy("asked because a recovery code was not enough for it"),
    Reason.TRUSTED: gettext_lazy("asked because a trusted browser was not enough for it"),
    Reason.OTHER_DEVICE: gettext_lazy("asked with a device other than the one to be removed"),
    Reason.NEW_DEVICE: gettext_lazy("asked to test the new device"),
}


def details_of(event: Event) -> list[str]:
    """Return what else there is to say of an event, in short phrases; nothing that is a mere id."""
    typed = event.typed if isinstance(event.typed, dict) else {}
    details: dict[str, Any] = event.details if isinstance(event.details, dict) else {}
    fields = changes_in(details, WORDS | tab_audience.WORDS | OF_APPLICATIONS) or _before_and_after(
        typed.get("before"), typed.get("after")
    )
    if fields:
        details = {name: value for name, value in details.items() if name != "changed"}
    said = (_phrase(say, kind, details.get(name)) for name, (kind, say) in _SAID.items())
    device, why = typed.get("factor"), typed.get("reason")
    return [
        *(phrase for phrase in said if phrase),
        *(_changed_field(*field) for field in fields),
        *(one for one in (device, why) if isinstance(one, str) and one),
    ]


def _before_and_after(before: object, after: object) -> list[tuple[str, str, str]]:
    """Return each field that was changed, as it was and as it is now."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [
        (str(FIELDS.get(name, name)), str(before.get(name) or ""), str(value or ""))
        for name, value in sorted(after.items())
    ]


def _changed_field(field: str, before: str, after: str) -> str:
    return _("%(field)s: %(before)s → %(after)s") % {
        "field": field,
        "before": _quoted(before),
        "after": _quoted(after),
    }


def _quoted(value: object) -> str:
    return _("“%(value)s”") % {"value": value} if value else _("(none)")


def _phrase(say: Callable[[Any], str], kind: type, value: object) -> str:
    """Say a detail that is there, not empty, and of the type that it should be."""
    return say(value) if type(value) is kind and (value or kind is int) else ""


def _reason(code: str) -> str:
    if code == "due":
        return _("a new password was needed")
    refusal = by_code().get(code)
    if refusal is None:
        return code
    said = refusal.reason or refusal.sentence
    return code if "%(" in said else _(said)


def _why(value: str) -> str:
    # How old the last confirmation was is said by the minutes.
    return str(WHY[Reason(value)]) if value in WHY else ""


def _clock(seconds: int) -> str:
    minutes = max(1, round(abs(seconds) / 60))
    if not seconds:
        return _("the phone's clock is right")
    if seconds > 0:
        words = ngettext(
            "the phone's clock is about %(n)s minute ahead",
            "the phone's clock is about %(n)s minutes ahead",
            minutes,
        )
    else:
        words = ngettext(
            "the phone's clock is about %(n)s minute behind",
            "the phone's clock is about %(n)s minutes behind",
            minutes,
        )
    return words % {"n": minutes}


def _titles(keys: list[str]) -> str:
    return _joined(title_of(key) for key in keys)


def _joined(words: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(word) for word in words))


def _counted(words: Any) -> Callable[[int], str]:  # noqa: ANN401 - a lazy plural
    """Return what puts a number into words that count by it."""
    return lambda number: str(words % {"n": number})


# What is said, in this order: the type that a detail has, and how it is put.
_SAID: Final[dict[str, tuple[type, Callable[[Any], str]]]] = {
    "with": (str, lambda value: str(PROOFS.get(value, value))),
    "new_browser": (bool, lambda _value: _("from a new browser")),
    "reason": (str, _reason),
    "mail": (
        str,
        lambda problem: (
            str(MailProblem(problem).label) if problem in MailProblem.values else problem
        ),
    ),
    "other_address": (bool, lambda _value: _("to an address other than the current one")),
    "clock": (int, _clock),
    "why": (str, _why),
    "minutes": (
        int,
        _counted(
            ngettext_lazy(
                "last confirmed %(n)s minute before", "last confirmed %(n)s minutes before", "n"
            )
        ),
    ),
    "changed": (
        list,
        lambda fields: (
            _("changed: %(fields)s") % {"fields": _joined(FIELDS.get(one, one) for one in fields)}
        ),
    ),
    "tabs": (list, lambda keys: _("tabs: %(tabs)s") % {"tabs": _titles(keys)}),
    "added": (list, lambda keys: _("given: %(tabs)s") % {"tabs": _titles(keys)}),
    "taken": (list, lambda keys: _("taken: %(tabs)s") % {"tabs": _titles(keys)}),
    "tab": (str, lambda key: _("tab: %(tab)s") % {"tab": title_of(key)}),
    "page": (str, lambda name: _("page: %(page)s") % {"page": page(name)}),
    "brand": (str, str),
    "customer": (str, str),
    "resembles": (
        str,
        lambda domain: _("the e-mail's domain only looks like %(domain)s") % {"domain": domain},
    ),
    "filters": (
        list,
        lambda filters: _("narrowed to: %(filters)s") % {"filters": _joined(filters)},
    ),
    "period": (
        str,
        lambda days: (
            _("period: %(days)s") % {"days": in_words(days, language=get_language() or "en")}
        ),
    ),
    "checksum": (
        str,
        lambda digits: _("checksum of the manifest (SHA-256): %(digits)s") % {"digits": digits},
    ),
    "key_id": (str, lambda key_id: _("key: %(key)s") % {"key": key_id}),
    "sealed": (int, _counted(ngettext_lazy("%(n)s secret", "%(n)s secrets", "n"))),
    "left": (int, _counted(ngettext_lazy("%(n)s code is left", "%(n)s codes are left", "n"))),
    "ended": (
        int,
        _counted(ngettext_lazy("%(n)s session was ended", "%(n)s sessions were ended", "n")),
    ),
    "repeated": (int, _counted(ngettext_lazy("and %(n)s more time", "and %(n)s more times", "n"))),
    "days": (int, _counted(ngettext_lazy("for %(n)s day", "for %(n)s days", "n"))),
    "browsers": (
        int,
        _counted(ngettext_lazy("%(n)s browser was trusted", "%(n)s browsers were trusted", "n")),
    ),
    "exceptions": (
        int,
        lambda number: (
            _("exception no. %(n)s for this person") % {"n": number} if number > 1 else ""
        ),
    ),
    "people": (int, _counted(ngettext_lazy("of %(n)s person", "of %(n)s people", "n"))),
    "done": (int, lambda number: _("%(n)s done so far") % {"n": number} if number else ""),
}
