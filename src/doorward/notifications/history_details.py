"""The second line of an event: which fields, which tabs, why not, with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, gettext_lazy, ngettext
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


def _proof(value: str) -> str:
    return str(PROOFS.get(value, value))


def _new_browser(_value: bool) -> str:  # noqa: FBT001 - the value of a detail
    return _("from a new browser")


def _changed(fields: list[str]) -> str:
    return _("changed: %(fields)s") % {"fields": _joined(FIELDS.get(one, one) for one in fields)}


def _tabs(keys: list[str]) -> str:
    return _("tabs: %(tabs)s") % {"tabs": _titles(keys)}


def _given(keys: list[str]) -> str:
    return _("given: %(tabs)s") % {"tabs": _titles(keys)}


def _taken(keys: list[str]) -> str:
    return _("taken: %(tabs)s") % {"tabs": _titles(keys)}


def _tab(key: str) -> str:
    return _("tab: %(tab)s") % {"tab": title_of(key)}


def _page(name: str) -> str:
    return _("page: %(page)s") % {"page": page(name)}


def _resembles(domain: str) -> str:
    return _("the e-mail's domain only looks like %(domain)s") % {"domain": domain}


def _filters(filters: list[str]) -> str:
    return _("narrowed to: %(filters)s") % {"filters": _joined(filters)}


def _key(key_id: str) -> str:
    return _("key: %(key)s") % {"key": key_id}


def _period(days: str) -> str:
    return _("period: %(days)s") % {"days": in_words(days, language=get_language() or "en")}


def _checksum(digits: str) -> str:
    return _("checksum of the manifest (SHA-256): %(digits)s") % {"digits": digits}


def _sealed(number: int) -> str:
    return ngettext("%(n)s secret", "%(n)s secrets", number) % {"n": number}


def _left(number: int) -> str:
    return ngettext("%(n)s code is left", "%(n)s codes are left", number) % {"n": number}


def _repeated(number: int) -> str:
    return ngettext("and %(n)s more time", "and %(n)s more times", number) % {"n": number}


def _ended(number: int) -> str:
    words = ngettext("%(n)s session was ended", "%(n)s sessions were ended", number)
    return words % {"n": number}


def _days(number: int) -> str:
    return ngettext("for %(n)s day", "for %(n)s days", number) % {"n": number}


def _browsers(number: int) -> str:
    words = ngettext("%(n)s browser was trusted", "%(n)s browsers were trusted", number)
    return words % {"n": number}


def _exceptions(number: int) -> str:
    return _("exception no. %(n)s for this person") % {"n": number} if number > 1 else ""


def _people(number: int) -> str:
    return ngettext("of %(n)s person", "of %(n)s people", number) % {"n": number}


def _done(number: int) -> str:
    return _("%(n)s done so far") % {"n": number} if number else ""


def _mail(problem: str) -> str:
    return str(MailProblem(problem).label) if problem in MailProblem.values else problem


def _other_address(_value: bool) -> str:  # noqa: FBT001 - the value of a detail
    return _("to an address other than the current one")


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


def _minutes(number: int) -> str:
    words = ngettext(
        "last confirmed %(n)s minute before", "last confirmed %(n)s minutes before", number
    )
    return words % {"n": number}


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


# What is said, in this order: the type that a detail has, and how it is put.
_SAID: Final[dict[str, tuple[type, Callable[[Any], str]]]] = {
    "with": (str, _proof),
    "new_browser": (bool, _new_browser),
    "reason": (str, _reason),
    "mail": (str, _mail),
    "other_address": (bool, _other_address),
    "clock": (int, _clock),
    "why": (str, _why),
    "minutes": (int, _minutes),
    "changed": (list, _changed),
    "tabs": (list, _tabs),
    "added": (list, _given),
    "taken": (list, _taken),
    "tab": (str, _tab),
    "page": (str, _page),
    "brand": (str, str),
    "customer": (str, str),
    "resembles": (str, _resembles),
    "filters": (list, _filters),
    "period": (str, _period),
    "checksum": (str, _checksum),
    "key_id": (str, _key),
    "sealed": (int, _sealed),
    "left": (int, _left),
    "ended": (int, _ended),
    "repeated": (int, _repeated),
    "days": (int, _days),
    "browsers": (int, _browsers),
    "exceptions": (int, _exceptions),
    "people": (int, _people),
    "done": (int, _done),
}
