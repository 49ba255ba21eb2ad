"""What the fields are called that a change is told of, in history and in mails, and how their values are put."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final = {
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "time_zone": gettext_lazy("time zone"),
    "language": gettext_lazy("language"),
    "require_2fa": gettext_lazy("two-factor sign-in required of everybody"),
    "grace_days": gettext_lazy("days of grace"),
    "kinds": gettext_lazy("kinds of factor"),
    "trust_days": gettext_lazy("trusted browsers"),
    "session_hours": gettext_lazy("length of a session"),
    "idle_minutes": gettext_lazy("idle time"),
    "name": gettext_lazy("name"),
    "brand": gettext_lazy("brand"),
    "status": gettext_lazy("status"),
    "floor_require_2fa": gettext_lazy("two-factor sign-in required by the provider"),
    "confirmed_hosts": gettext_lazy("confirmed host names"),
    "hosts": gettext_lazy("host names"),
    "accent": gettext_lazy("accent colour"),
    "logo": gettext_lazy("logo"),
    "support_email": gettext_lazy("support e-mail"),
    "support_phone": gettext_lazy("support phone"),
    "support_url": gettext_lazy("support address"),
    "support_hours": gettext_lazy("support hours"),
    "issuer": gettext_lazy("name in authenticator apps"),
    "email_from": gettext_lazy("sender of mail"),
    "is_default": gettext_lazy("default brand"),
    "tabs": gettext_lazy("tabs"),
    "title": gettext_lazy("title"),
    "description": gettext_lazy("description"),
    "url": gettext_lazy("address"),
    "position": gettext_lazy("position"),
}


def changes_in(details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what an event says of its fields: name, before and after, in the reader's language; [] for none."""
    lists = [details.get(name) for name in ("changed", "before", "after")]
    if (
        not all(isinstance(one, list) for one in lists)
        or len({len(one or ()) for one in lists}) != 1
    ):
        return []
    changed, before, after = (list(map(str, one or ())) for one in lists)
    return [
        (str(FIELDS.get(name, name)), _value(old), _value(new))
        for name, old, new in zip(changed, before, after, strict=True)
    ]


def _value(stored: str) -> str:
    words = {"yes": _("yes"), "no": _("no")}
    return words.get(stored, stored)
