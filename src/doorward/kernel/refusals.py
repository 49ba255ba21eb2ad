"""A refusal in the reader's language, on a page and at the console."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.kernel.errors import FieldsRefused, MustWait, TooManyMails, all_refusals

if TYPE_CHECKING:
    from doorward.kernel.errors import Refusal

_MOST_MINUTES = 90


def sentence(refusal: Refusal) -> str:
    """Return what a refusal says, in the reader's language."""
    if isinstance(refusal, TooManyMails):
        return _mails_again(refusal.seconds)
    if isinstance(refusal, FieldsRefused):
        return " ".join(dict.fromkeys(map(sentence, refusal.fields.values())))
    text = _(refusal.sentence)
    if "skew_seconds" in refusal.data:
        refused = _("That code is right for another time, so it is not accepted.")
        return f"{refused} {clock_off(int(refusal.data['skew_seconds']))}"
    if refusal.data:
        text = text % refusal.data if "%(" in text else text
    return text


@cache
def by_code() -> dict[str, type[Refusal]]:
    """Return every refusal of every subject by its code: what is kept of one is read by who never raises it."""
    autodiscover_modules("errors")
    return {refusal.code: refusal for refusal in all_refusals()}


def wait_of(refusal: Refusal | None) -> int | None:
    """Return after how many seconds to try again; None: no wait helps, or nothing was refused."""
    return refusal.seconds if isinstance(refusal, MustWait) else None


def _mails_again(seconds: int) -> str:
    minutes = -(-seconds // 60)
    if minutes <= _MOST_MINUTES:
        text = ngettext(
            "Too many mails in a short time. The next one can be sent in %(minutes)s minute.",
            "Too many mails in a short time. The next one can be sent in %(minutes)s minutes.",
            minutes,
        )
        return text % {"minutes": minutes}
    hours = -(-minutes // 60)
    text = ngettext(
        "Too many mails in a short time. The next one can be sent in %(hours)s hour.",
        "Too many mails in a short time. The next one can be sent in %(hours)s hours.",
        hours,
    )
    return text % {"hours": hours}


def clock_off(seconds: int) -> str:
    """Say by how much a phone's clock is ahead (negative: behind); 0: that it is right."""
    if not seconds:
        return _("Your phone's clock is right.")
    minutes = max(1, round(abs(seconds) / 60))
    if seconds > 0:
        return ngettext(
            "Your phone's clock is about %(minutes)s minute ahead.",
            "Your phone's clock is about %(minutes)s minutes ahead.",
            minutes,
        ) % {"minutes": minutes}
    return ngettext(
        "Your phone's clock is about %(minutes)s minute behind.",
        "Your phone's clock is about %(minutes)s minutes behind.",
        minutes,
    ) % {"minutes": minutes}
