"""What the forms of this tab bring, as it was typed, and what is wrong with it, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from doorward.accounts.changes import NAME_LENGTH
from doorward.accounts.errors import (
    ChoiceInvalid,
    EmailTaken,
    LastAdministrator,
    OwnAdministratorsRight,
    OwnStatus,
    UnknownTab,
    WrongStatus,
)
from doorward.accounts.models import Status
from doorward.accounts.phones import clean_phone
from doorward.accounts.services import Change, Details, NewAdministrator
from doorward.customers.tabs import ADMINISTRATORS
from doorward.kernel.errors import EmailInvalid, Refusal
from doorward.kernel.text.cleaning import clean_email, clean_name
from doorward.web.http.posted import field, optional, ticked
from doorward.web.kit.refusals import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator
    from doorward.sessions.context import Person
    from doorward.web.http.requests import Request

STATUSES = (Status.ACTIVE, Status.SUSPENDED, Status.REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form of one person as it came, or as it is first shown."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    # Of somebody new: that of their mails and pages, until they choose another; empty: as who adds them.
    language: str = ""
    require_2fa: bool = False
    tabs: frozenset[str] = frozenset()
    status: str | None = None
    confirmed: bool = False

    def details(self) -> Details:
        """Return names and phone for the services."""
        return Details(first_name=self.first_name, last_name=self.last_name, phone=self.phone)


def read_new(request: Request) -> Typed:
    """Read the form of somebody to be added. Raises `FieldMissing`."""
    return Typed(**_shared(request), language=optional(request, "language"))


def read_change(request: Request) -> Typed:
    """Read the form of somebody there. Raises `FieldMissing`."""
    return Typed(
        **_shared(request),
        status=field(request, "status"),
        confirmed=ticked(request, "confirm"),
    )


def find_errors(typed: Typed) -> dict[str, str]:
    """Return a sentence for each field that is not right."""
    clean = partial(clean_name, maximum=NAME_LENGTH)
    checks: dict[str, Callable[[], object]] = {
        "email": lambda: clean_email(typed.email),
        "first_name": lambda: clean(typed.first_name, other=typed.last_name),
        "last_name": lambda: clean(typed.last_name, other=typed.first_name),
        "phone": lambda: clean_phone(typed.phone, region=None),
    }
    found = {}
    for name, check in checks.items():
        try:
            check()
        except Refusal as refusal:
            found[name] = sentence(refusal)
    if typed.status is not None and typed.status not in STATUSES:
        found["status"] = sentence(WrongStatus())
    return found


def new_administrator(typed: Typed, *, me: Person) -> NewAdministrator:
    """Make what the service wants; without a choice the language is that of the person who adds."""
    return NewAdministrator(
        email=typed.email,
        details=typed.details(),
        tabs=typed.tabs,
        require_2fa=typed.require_2fa,
        language=typed.language or me.language or get_language() or "",
        time_zone=me.time_zone,
    )


def change(typed: Typed, *, held: bool) -> Change:
    """Make what the service wants. `held`: the box stands disabled, so that its absence says nothing."""
    return Change(
        details=typed.details(),
        email=typed.email,
        require_2fa=typed.require_2fa or (None if held else False),
        tabs=typed.tabs,
        status=Status(typed.status) if typed.status is not None else None,
        confirmed=typed.confirmed,
    )


def place_of(refusal: Refusal, typed: Typed, person: Administrator | None) -> str:
    """Return the field beside which a refusal is said; empty: above the form."""
    match refusal:
        case EmailTaken() | EmailInvalid():
            return "email"
        case ChoiceInvalid():
            return "language"
        case UnknownTab() | OwnAdministratorsRight():
            return "tabs"
        case LastAdministrator():
            taken = (person.tab_keys if person else frozenset()) - typed.tabs
            return "tabs" if ADMINISTRATORS in taken else "status"
        case OwnStatus() | WrongStatus():
            return "status"
        case _:
            return ""


def _shared(request: Request) -> dict[str, Any]:
    return {
        "email": field(request, "email"),
        "first_name": field(request, "first_name"),
        "last_name": field(request, "last_name"),
        "phone": field(request, "phone"),
        "require_2fa": ticked(request, "require_2fa"),
        "tabs": frozenset(request.POST.getlist("tabs")),
    }
