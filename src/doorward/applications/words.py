"""What an application may be told, in words, by the scopes that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

SCOPES: Final = {
    "profile": _("Name, language and time zone"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "customer": _("The customer: id, name and brand"),
    "tabs": _("Which tabs they have"),
}


def told(scopes: Iterable[str]) -> str:
    """Return what an application is told of somebody, with commas between; empty: that they are the same person."""
    asked = set(scopes)
    return ", ".join(str(said) for scope, said in SCOPES.items() if scope in asked)
