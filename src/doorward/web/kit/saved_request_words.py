"""What somebody typed into a form, as it is shown to them once more: by labels, without what nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from doorward.accounts.models import Status
from doorward.customers.tab_titles import title_of
from doorward.kernel.text import days
from doorward.policy.fields import FIELDS, Choice
from doorward.web.kit.jinja import languages
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from collections.abc import Iterable

LABELS: Final = {
    # Of people.
    "email": gettext_lazy("E-mail"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "phone": gettext_lazy("Phone"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "second_email": gettext_lazy("Second address"),
    "status": gettext_lazy("Status"),
    "require_2fa": gettext_lazy("Required 2FA"),
    "tabs": gettext_lazy("Access rights"),
    "scope": gettext_lazy("Customers they see"),
    "scope_brands": gettext_lazy("Brands"),
    "scope_customers": gettext_lazy("Customers"),
    "weekly": gettext_lazy("Mail me these numbers every Monday"),
    # Of what is asked for, or done to several.
    "reason": gettext_lazy("Reason"),
    "how": gettext_lazy("How did you make sure?"),
    "until": gettext_lazy("Ends on"),
    "starts": gettext_lazy("Takes effect on"),
    "changes": gettext_lazy("Also make changes"),
    "selected": gettext_lazy("Selected"),
    "typed": gettext_lazy("Name of the customer"),
    "text": gettext_lazy("New note"),
    # Of customers and brands.
    "name": gettext_lazy("Name"),
    "brand": gettext_lazy("Brand"),
    "hosts": gettext_lazy("Host names"),
    "host": gettext_lazy("Host name"),
    "accent": gettext_lazy("Accent colour"),
    "issuer": gettext_lazy("Name in authenticator apps"),
    "email_from": gettext_lazy("Sender of mails"),
    "is_default": gettext_lazy("Default brand"),
    "selector": gettext_lazy("DKIM selector, if you know it"),
    "support_email": gettext_lazy("Support e-mail"),
    "support_phone": gettext_lazy("Support phone"),
    "support_url": gettext_lazy("Support address"),
    "support_hours": gettext_lazy("Support hours"),
    "terms_url": gettext_lazy("Terms"),
    "privacy_url": gettext_lazy("Privacy policy"),
    "legal_url": gettext_lazy("Legal notice"),
    # Of tabs, and what stands behind them.
    "key": gettext_lazy("Key"),
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "url": gettext_lazy("Address"),
    "new_window": gettext_lazy("Open in a new window"),
    "customers": gettext_lazy("These customers"),
    "origin": gettext_lazy("Address of the site"),
    "redirect_uris": gettext_lazy("Addresses that people come back to"),
    "logout_uris": gettext_lazy("Addresses after signing out"),
    "logout_channel": gettext_lazy("Address that is told of sign-outs"),
    "while_managing": gettext_lazy("Staff opens it while managing a customer's portal"),
}
# Words of the form itself, ids, and choices that are not words: they go on, and nobody reads them. Nor what is asked
# for anew in any case.
UNREAD: Final = frozenset(
    [
        "action",
        "all",
        "application",
        "ask",
        "audience",
        "before",
        "brands",
        "browser",
        "client_type",
        "algorithm",
        "subject_type",
        "resources",
        "scopes",
        "required_acr",
        "keys",
        "column",
        "confirm",
        "customer",
        "device",
        "find",
        "first",
        "first_day",
        "last_day",
        "icon",
        "invite",
        "kind",
        "later",
        "next",
        "others",
        "preview",
        "refused",
        "remove",
        "replaces",
        "resend",
        "saved",
        "second",
        "seen",
        "session",
        "set",
        "show",
        "stop",
        "trust",
        "was_them",
        "without",
        "credential",
        "secret",
        "file",
        "separator",
    ]
)


def lines_of(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return label and value of each field that was filled in, in the form's order and the reader's language."""
    typed: dict[str, list[str]] = {}
    for name, value in fields:
        if value and _label(name):
            typed.setdefault(name, []).append(value)
    return [(_label(name), _said(name, values)) for name, values in typed.items()]


def _label(name: str) -> str:
    declared = _OF_POLICY.get(name)
    if declared is not None:
        return _(declared.label)
    return str(LABELS.get(name, ""))


def _said(name: str, values: list[str]) -> str:
    if name == "selected":
        return number(len(set(values)))
    return ", ".join(_word(name, value) for value in values)


def _word(name: str, value: str) -> str:
    declared = _OF_POLICY.get(name)
    if isinstance(declared, Choice) and value in declared.titles:
        return _(declared.titles[value])
    if name in _IN_WORDS:
        return _IN_WORDS[name](value)
    return _("yes") if value == "on" else value


def _day(value: str) -> str:
    return days.in_words(value, language=get_language() or "en")


def _language(code: str) -> str:
    return next((one["name"] for one in languages() if one["code"] == code), code)


def _status(value: str) -> str:
    return str(Status(value).label) if value in Status.values else value


_IN_WORDS: Final = {
    "from": _day,
    "language": _language,
    "starts": _day,
    "status": _status,
    "tabs": title_of,
    "until": _day,
}
# A person's access rights have the name of the policy's tabs, and are chosen among the same.
_OF_POLICY: Final = {one.key: one for one in FIELDS.values() if one.key not in LABELS}
