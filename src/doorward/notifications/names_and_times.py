"""Words of a message: times, names and the support contact, in the receiver's language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_time
from django.utils.translation import get_language

from doorward.audit.naming import named
from doorward.kernel.text.days import locale_of

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.customers.brand_look import BrandLook

# The full stop, and what stands for it in the name of a host (UTS 46, 4.5; RFC 3490, 3.1).
_DOT_WITHIN: Final = re.compile(r"([.\u3002\uff0e\uff61])(?=\S)")


def moment(at: datetime, *, zone: str) -> str:
    """Return a time as people read it, with its zone: '3 March 2026, 09:14 CET'."""
    try:
        local = at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = at.astimezone(ZoneInfo("UTC"))
    locale = locale_of(get_language() or "en")
    day, clock = (
        format_date(local, "long", locale=locale),
        format_time(local, "short", locale=locale),
    )
    return f"{day}, {clock} {local.tzname() or ''}".rstrip()


def name(text: str) -> str:
    """Return a name that a mail program does not make a link of.

    People choose their names, and who may add colleagues chooses whom a message with them goes to.
    """
    return _DOT_WITHIN.sub(r"\1 ", text.replace("://", " "))


def person(name_then: str, email: str) -> str:
    """Return somebody's name and e-mail, as they were when it happened."""
    return named(name(name_then), email)


def support(brand: BrandLook) -> list[str]:
    """Return how the brand's support is reached. No address of a page: links lead to this portal only."""
    ways = (brand.support_email, brand.support_phone, brand.support_hours)
    return [way for way in ways if way]
