"""Where one can jump to: pages and what can be done there, each with the words under which it is looked for.

Whether somebody may go there is not said here: the gate is asked, with what the page's own view declares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from django.urls import resolve, reverse
from django.utils.translation import gettext_lazy as _

from doorward.web.http.needs import declared
from doorward.web.kit.offered import may

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.gate.requirement import Need
    from doorward.sessions.context import AuthContext


@dataclass(frozen=True, slots=True)
class Place:
    """A page, or something that can be done (`verb`). `route`: the name of its view; `words`: other names for it."""

    route: str
    title: object
    icon: str
    verb: bool = False
    words: object = ""

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(self.route)


PLACES: Final = (
    Place("home", _("Home"), "house"),
    Place("account", _("Account"), "building-2", words=_("policy require company")),
    Place("account_adoption", _("Adoption"), "chart-column", words=_("numbers covered 2FA")),
    Place("account_evidence", _("Evidence"), "download", words=_("audit report proof export")),
    Place("administrators", _("Administrators"), "users", words=_("people colleagues")),
    Place("requests", _("Requests"), "life-buoy", words=_("help approve lost phone")),
    Place("activity", _("Activity"), "history", words=_("history events log")),
    Place("support", _("Support"), "life-buoy", words=_("contact telephone e-mail")),
    Place("help", _("Help"), "book-open", words=_("guides")),
    Place("customers", _("Customers"), "store", words=_("companies")),
    Place("customers_adoption", _("Adoption of the customers"), "chart-column", words=_("numbers")),
    Place("brands", _("Brands"), "palette", words=_("logo colour host")),
    Place("tabs", _("Tabs"), "panels-top-left", words=_("links applications")),
    Place("security", _("Security"), "lock", words=_("2FA devices sessions trusted browsers")),
    Place("profile", _("Profile"), "user", words=_("name e-mail language time zone")),
    Place("administrators_add", _("Add an administrator"), "plus", verb=True, words=_("invite person")),
    Place("activity_export", _("Export the history"), "download", verb=True, words=_("CSV table")),
    Place("imports", _("Import people"), "file-input", verb=True, words=_("import move CSV XLSX file")),
    Place("customers_add", _("Add a customer"), "plus", verb=True, words=_("company")),
    Place("brands_add", _("Add a brand"), "plus", verb=True),
    Place("tabs_add", _("Add a tab"), "plus", verb=True, words=_("link application")),
    Place("add_app", _("Add an authenticator app"), "smartphone", verb=True, words=_("2FA device")),
    Place("new_phone", _("Move to a new phone"), "smartphone", verb=True, words=_("device change")),
    Place("lost", _("Report a lost device"), "shield-alert", verb=True, words=_("phone stolen")),
    Place("password", _("Change your password"), "key-round", verb=True),
    Place(
        "second_address", _("Set a second address"), "mail", verb=True,
        words=_("e-mail notifications"),
    ),
    Place("caller_check", _("Check who is calling"), "phone", verb=True, words=_("support caller code")),
)  # fmt: skip


def open_to(auth: AuthContext, *, now: datetime) -> tuple[Place, ...]:
    """Return the places that this person may go to, as the gate decides; to confirm who they are is no bar."""
    return tuple(place for place in PLACES if may(auth, _need_of(place.route), now=now))


@cache
def _need_of(route: str) -> Need:
    """Return what the page of a route declares; a page that declares nothing lets nobody in."""
    declaration = declared(resolve(reverse(route)).func)
    if declaration is None or declaration.step is not None:
        raise LookupError(f"{route} is no page that one can go to")
    return declaration.need_for("GET")
