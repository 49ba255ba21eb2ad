"""The pages of a portal that staff can see while managing it, in words, by their names in the map of the site."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

PAGES: Final = {
    "home": _("Home"),
    "account": _("Account"),
    "account_adoption": _("Adoption"),
    "administrators": _("Administrators"),
    "administrators_add": _("Add somebody"),
    "administrator": _("A person"),
    "administrator_history": _("History of a person"),
    "activity": _("Activity"),
}


def page(name: str) -> str:
    """Return what a page is called; the name itself where that page is no more."""
    return str(PAGES.get(name, name))
