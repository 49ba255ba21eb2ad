"""The second line of an event: which fields, which tabs, why not, with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorward.audit.refusals import SENTENCES
from doorward.web.tabs import title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doorward.audit.models import Event

_t = gettext_lazy

# Short words for why something was refused; the sentences of `audit.refusals` speak to the one who is refused.
REASONS: Final = {
    "wrong_credentials": _t("wrong e-mail or password"),
    "wrong_code": _t("wrong code"),
    "code_already_used": _t("code used before"),
    "must_wait": _t("too many tries, had to wait"),
    "factor_disabled": _t("the factor is disabled"),
    "recovery_code_wrong": _t("wrong recovery code"),
    "set_up_expired": _t("the set-up took too long"),
    "mailbox_proof_expired": _t("the code was too old"),
    "required_cannot_disable": _t("two-factor sign-in is required"),
    "last_administrator": _t("last active person with the Administrators tab"),
    "own_administrators_right": _t("nobody takes the Administrators tab from themselves"),
    "own_status": _t("nobody suspends or removes themselves"),
    "email_taken": _t("another account has this e-mail"),
    "stale_request": _t("somebody else had changed it"),
    "due": _t("a new password was due"),
}
FIELDS: Final = {
    "first_name": _t("first name"),
    "last_name": _t("last name"),
    "phone": _t("phone"),
    "time_zone": _t("time zone"),
    "language": _t("language"),
    "require_2fa": _t("two-factor sign-in required of everybody"),
    "grace_days": _t("days of grace"),
    "kinds": _t("kinds of factor"),
    "session_hours": _t("length of a session"),
    "idle_minutes": _t("idle time"),
    "name": _t("name"),
    "name_folded": _t("name"),
    "brand": _t("brand"),
    "status": _t("status"),
    "floor_require_2fa": _t("two-factor sign-in required by the provider"),
    "hosts": _t("host names"),
    "accent": _t("accent colour"),
    "logo": _t("logo"),
    "support_email": _t("support e-mail"),
    "support_phone": _t("support phone"),
    "support_url": _t("support address"),
    "support_hours": _t("support hours"),
    "issuer": _t("name in authenticator apps"),
    "email_from": _t("sender of mail"),
    "is_default": _t("default brand"),
    "title": _t("title"),
    "description": _t("description"),
    "url": _t("address"),
    "position": _t("position"),
}
PROOFS: Final = {
    "password": _t("with the password alone"),
    "app": _t("with a code of the authenticator app"),
    "passkey": _t("with a passkey"),
    "recovery_code": _t("with a recovery code"),
}


def details_of(event: Event) -> list[str]:
    """Give what else there is to say of an event, in short phrases; nothing that is a mere id."""
    details: dict[str, Any] = event.details if isinstance(event.details, dict) else {}
    said = (_phrase(say, kind, details.get(name)) for name, (kind, say) in _SAID.items())
    return [phrase for phrase in said if phrase]


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


def _left(number: int) -> str:
    return ngettext("%(n)s code is left", "%(n)s codes are left", number) % {"n": number}


def _ended(number: int) -> str:
    words = ngettext("%(n)s session was ended", "%(n)s sessions were ended", number)
    return words % {"n": number}


def _reason(code: str) -> str:
    if code in REASONS:
        return str(REASONS[code])
    return str(SENTENCES[code]) if code in SENTENCES and "%(" not in str(SENTENCES[code]) else code


def _titles(keys: list[str]) -> str:
    return _joined(title_of(key) for key in keys)


def _joined(words: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(word) for word in words))


# What is said, in this order: the type that a detail has, and how it is put.
_SAID: Final[dict[str, tuple[type, Callable[[Any], str]]]] = {
    "with": (str, _proof),
    "new_browser": (bool, _new_browser),
    "reason": (str, _reason),
    "changed": (list, _changed),
    "tabs": (list, _tabs),
    "added": (list, _given),
    "taken": (list, _taken),
    "tab": (str, _tab),
    "factor": (str, str),
    "brand": (str, str),
    "left": (int, _left),
    "ended": (int, _ended),
}
