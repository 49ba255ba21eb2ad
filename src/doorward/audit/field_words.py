"""What the fields are called that a change is told of, in history and in mails, and how their values are put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from doorward.kernel.text import days

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final = {
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "time_zone": gettext_lazy("time zone"),
    "language": gettext_lazy("language"),
    "name": gettext_lazy("name"),
    "brand": gettext_lazy("brand"),
    "status": gettext_lazy("status"),
    "confirmed_hosts": gettext_lazy("confirmed host names"),
    "hosts": gettext_lazy("host names"),
    "accent": gettext_lazy("accent colour"),
    "logo": gettext_lazy("logo"),
    "logo_dark": gettext_lazy("logo for dark backgrounds"),
    "icon": gettext_lazy("icon"),
    "support_email": gettext_lazy("support e-mail"),
    "support_phone": gettext_lazy("support phone"),
    "support_url": gettext_lazy("support address"),
    "support_hours": gettext_lazy("support hours"),
    "terms_url": gettext_lazy("terms"),
    "privacy_url": gettext_lazy("privacy policy"),
    "legal_url": gettext_lazy("legal notice"),
    "issuer": gettext_lazy("name in authenticator apps"),
    "email_from": gettext_lazy("sender of mail"),
    "is_default": gettext_lazy("default brand"),
    "exception": gettext_lazy("exception until"),
    "tabs": gettext_lazy("tabs"),
    "scope": gettext_lazy("customers they see"),
    "title": gettext_lazy("title"),
    "description": gettext_lazy("description"),
    "url": gettext_lazy("address"),
    "position": gettext_lazy("position"),
    "new_window": gettext_lazy("new window"),
    "audience": gettext_lazy("for whom"),
    "audience_ids": gettext_lazy("for which"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a field is called that declares itself elsewhere, and its values that have words; to be translated.

    `is_day`: its values are days, as ISO 8601 has them.
    """

    name: str
    titles: Mapping[str, str]
    is_day: bool = False


_DAYS: Final = {"exception"}


def changes_in(
    details: Mapping[str, Any], declared: Mapping[str, Words]
) -> list[tuple[str, str, str]]:
    """Return what an event says of its fields: name, before and after, in the reader's language; [] for none."""
    lists = [details.get(name) for name in ("changed", "before", "after")]
    if (
        not all(isinstance(one, list) for one in lists)
        or len({len(one or ()) for one in lists}) != 1
    ):
        return []
    changed, before, after = (list(map(str, one or ())) for one in lists)
    told = []
    for name, old, new in zip(changed, before, after, strict=True):
        words = declared.get(name)
        titles = words.titles if words else {}
        called = _(words.name) if words else str(FIELDS.get(name, name))
        before_it, after_it = _value(old, titles), _value(new, titles)
        if name in _DAYS or (words and words.is_day):
            language = get_language() or "en"
            before_it, after_it = (
                days.in_words(one, language=language) for one in (before_it, after_it)
            )
        told.append((called, before_it, after_it))
    return told


def _value(stored: str, titles: Mapping[str, str]) -> str:
    words = {"yes": _("yes"), "no": _("no"), "None": ""}
    return _(titles[stored]) if stored in titles else words.get(stored, stored)
