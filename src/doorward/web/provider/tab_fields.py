"""The fields of a tab, with its icons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from doorward.customers import own_tabs, staff_scope, tab_audience
from doorward.customers.models import TabAudience
from doorward.kernel import lucide
from doorward.kernel.text import names
from doorward.permissions.staff_scope import Scope
from doorward.web.kit.fields import Option, line, plain_field, tick
from doorward.web.provider.forms import NewTabForm

if TYPE_CHECKING:
    from doorward.customers.models import Tab
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong
    from doorward.web.provider.forms import TabForm, TabWordsForm

# What applications are mostly about, and what the drawing shows; a search finds all others.
_OFTEN: Final = {
    "layout-grid": pgettext_lazy("icon", "Tiles"),
    "phone": pgettext_lazy("icon", "Phone"),
    "phone-call": pgettext_lazy("icon", "Phone that rings"),
    "headphones": pgettext_lazy("icon", "Headphones"),
    "voicemail": pgettext_lazy("icon", "Voicemail"),
    "message-square": pgettext_lazy("icon", "Message"),
    "mail": pgettext_lazy("icon", "Envelope"),
    "calendar": pgettext_lazy("icon", "Calendar"),
    "users": pgettext_lazy("icon", "People"),
    "building-2": pgettext_lazy("icon", "Office building"),
    "receipt": pgettext_lazy("icon", "Receipt"),
    "credit-card": pgettext_lazy("icon", "Bank card"),
    "wallet": pgettext_lazy("icon", "Wallet"),
    "shopping-cart": pgettext_lazy("icon", "Shopping cart"),
    "package": pgettext_lazy("icon", "Parcel"),
    "ticket": pgettext_lazy("icon", "Ticket"),
    "file-text": pgettext_lazy("icon", "Document"),
    "folder": pgettext_lazy("icon", "Folder"),
    "book-open": pgettext_lazy("icon", "Open book"),
    "graduation-cap": pgettext_lazy("icon", "Graduation cap"),
    "chart-line": pgettext_lazy("icon", "Line chart"),
    "chart-pie": pgettext_lazy("icon", "Pie chart"),
    "chart-column": pgettext_lazy("icon", "Bar chart"),
    "server": pgettext_lazy("icon", "Server"),
    "cloud": pgettext_lazy("icon", "Cloud"),
    "database": pgettext_lazy("icon", "Database"),
    "hard-drive": pgettext_lazy("icon", "Hard drive"),
    "monitor": pgettext_lazy("icon", "Screen"),
    "printer": pgettext_lazy("icon", "Printer"),
    "globe": pgettext_lazy("icon", "Globe"),
    "wifi": pgettext_lazy("icon", "Radio waves"),
    "router": pgettext_lazy("icon", "Router"),
    "shield": pgettext_lazy("icon", "Shield"),
    "key-round": pgettext_lazy("icon", "Key"),
    "map-pin": pgettext_lazy("icon", "Place on a map"),
    "wrench": pgettext_lazy("icon", "Wrench"),
    "life-buoy": pgettext_lazy("icon", "Lifebuoy"),
}
_MOST_FOUND: Final = 60


def icon_field(chosen: str, find: str, *, errors: tuple[str, ...] = ()) -> Field:
    """Return the choice of an icon: the one that is chosen, and those that have each word of `find` in their name."""
    words = names.fold(find[: own_tabs.ICON_LENGTH]).replace("-", " ").split()
    every = lucide.names()
    found = [one for one in every if words and all(word in one for word in words)]
    # The shortest names are the plainest drawings.
    found.sort(key=lambda one: (len(one), one))
    first = [chosen] if chosen in every else []
    shown = dict.fromkeys([*first, *(found[:_MOST_FOUND] if words else _OFTEN)])
    if words and not found:
        told = _("No icon has this in its name.")
    elif len(found) > _MOST_FOUND:
        told = _("There are more. Type another word to narrow them down.")
    else:
        told = ""
    options = [_option(one, chosen=one == chosen) for one in shown]
    return plain_field("icon", _("Icon"), kind="radios", options=options, help=told, errors=errors)


def _option(icon: str, *, chosen: bool) -> Option:
    """Return the choice of an icon, with what somebody is told who does not see it: the package's name is English."""
    if icon in _OFTEN:
        return Option(icon, str(_OFTEN[icon]), chosen)
    return Option(icon, icon.replace("-", " "), chosen, lang="en")


def words_fields(form: TabWordsForm, found: Wrong, tab: Tab) -> dict[str, Field]:
    """Return the fields of what a tab is called in one language."""
    title = {"maxlength": own_tabs.TITLE_LENGTH, "placeholder": tab.title}
    description = {"maxlength": own_tabs.DESCRIPTION_LENGTH, "placeholder": tab.description}
    return {
        "title": line(form, found, "title", _("Title"), **title),
        "description": line(form, found, "description", _("Description"), **description),
    }


def tab_fields(form: TabForm, found: Wrong) -> dict[str, Field]:
    """Return the fields of a tab."""
    key = {"key": _key_field(form, found)} if isinstance(form, NewTabForm) else {}
    return (
        key
        | _words(form, found)
        | _address(form, found)
        | _look(form, found)
        | _audience(form, found)
    )


def _key_field(form: NewTabForm, found: Wrong) -> Field:
    return line(
        form,
        found,
        "key",
        _("Key"),
        maxlength=own_tabs.KEY_LENGTH,
        spellcheck="false",
        autocapitalize="off",
        help=_(
            "Lower-case letters, digits and dashes, like phone-system; left empty, it is made from the title. "
            "It cannot be changed later."
        ),
    )


def _words(form: TabForm, found: Wrong) -> dict[str, Field]:
    title = {"required": True, "maxlength": own_tabs.TITLE_LENGTH}
    description = {"maxlength": own_tabs.DESCRIPTION_LENGTH, "help": _("Shown on Home.")}
    return {
        "title": line(form, found, "title", _("Title"), **title),
        "description": line(form, found, "description", _("Description"), **description),
    }


def _look(form: TabForm, found: Wrong) -> dict[str, Field]:
    return {
        "icon": icon_field(form.icon, form.find, errors=found.at("icon")),
        "find": line(
            form,
            found,
            "find",
            _("Search for an icon"),
            kind="search",
            maxlength=own_tabs.ICON_LENGTH,
            spellcheck="false",
            autocapitalize="off",
            autocomplete="off",
            help=_("In English, like phone or receipt."),
        ),
        "new_window": tick(form, found, "new_window", _("Open in a new window")),
    }


def _audience(form: TabForm, found: Wrong) -> dict[str, Field]:
    whom = [Option(one.value, str(one.label), form.audience == one.value) for one in TabAudience]
    rows = sorted(staff_scope.brands(Scope.EVERYTHING), key=lambda one: names.sort_key(one.name))
    brands = [Option(str(one.id), one.name, str(one.id) in form.brands) for one in rows]
    customers = {
        "kind": "textarea",
        "rows": 3,
        "maxlength": tab_audience.MOST_CUSTOMERS * 81,
        "help": _("One name per line."),
    }
    return {
        "audience": plain_field(
            "audience", _("For whom"), kind="radios", options=whom, errors=found.at("audience")
        ),
        "brands": plain_field(
            "brands",
            _("These brands"),
            kind="checkboxes",
            options=brands,
            errors=found.at("brands"),
        ),
        "customers": line(form, found, "customers", _("These customers"), **customers),
    }


def _address(form: TabForm, found: Wrong) -> dict[str, Field]:
    return {
        "url": line(
            form,
            found,
            "url",
            _("Address"),
            required=True,
            maxlength=own_tabs.LINK_LENGTH,
            spellcheck="false",
            autocapitalize="off",
            help=_("Where the tab leads: https://… or a path of this portal, like /help/."),
        ),
    }
