"""What an application may be told, in words; and what its fields are called in history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from doorward.audit.field_words import Words
from doorward.gate.assurance import Assurance

if TYPE_CHECKING:
    from collections.abc import Iterable

SCOPES: Final = {
    "profile": _("Name, language and time zone"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "customer": _("The customer: id, name and brand"),
    "tabs": _("Which tabs they have"),
}


# What every site is told.
OF_SITE: Final = ("name", "email", "customer")


def told(scopes: Iterable[str]) -> str:
    """Return what an application is told of somebody, with commas between; empty: that they are the same person."""
    asked = set(scopes)
    if asked == set(OF_SITE):
        return str(_("Name, e-mail and customer"))
    return ", ".join(str(said) for scope, said in SCOPES.items() if scope in asked)


FIELDS: Final = {
    "client_type": Words(
        gettext_noop("where it runs"),
        {
            "confidential": gettext_noop("on a server"),
            "public": gettext_noop("in a browser or on a phone"),
        },
    ),
    "subject_type": Words(
        gettext_noop("how it knows people again"),
        {"pairwise": gettext_noop("by an id of its own"), "public": gettext_noop("by one id")},
    ),
    "algorithm": Words(gettext_noop("signature"), {}),
    "redirect_uris": Words(gettext_noop("addresses that people come back to"), {}),
    "logout_uris": Words(gettext_noop("addresses after signing out"), {}),
    "logout_channel": Words(gettext_noop("address that is told of sign-outs"), {}),
    "scopes": Words(gettext_noop("what it may be told"), {}),
    "resources": Words(gettext_noop("APIs that it calls"), {}),
    "required_acr": Words(
        gettext_noop("what its people must verify"),
        {
            Assurance.TWO_FACTOR.value: gettext_noop("two factors"),
            Assurance.PHISHING_RESISTANT.value: gettext_noop("a passkey"),
        },
    ),
    "while_managing": Words(gettext_noop("opened while managing"), {}),
    "keys": Words(gettext_noop("its public keys"), {}),
    "origin": Words(gettext_noop("address of the site"), {}),
}
