"""The forms of this tab, as they were typed, and what they ask the services for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language

from doorward.accounts.phones import readable_phone
from doorward.accounts.services import Change, Details, NewAdministrator
from doorward.accounts.staff_scope import Wanted
from doorward.customers import staff_scope
from doorward.permissions.staff_scope import Reach

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.sessions.context import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForm:
    """What both forms of a person have."""

    email: str
    first_name: str
    last_name: str
    phone: str
    require_2fa: bool
    tabs: frozenset[str]
    # Of the provider's people, where whoever looks may choose it.
    scope: str = ""
    scope_brands: frozenset[str]
    scope_customers: frozenset[str]

    @property
    def wanted_scope(self) -> Wanted | None:
        """Which customers they shall see; None: it was not asked."""
        if not self.scope:
            return None
        return Wanted(reach=self.scope, brands=self.scope_brands, customers=self.scope_customers)

    @property
    def details(self) -> Details:
        """Names and phone, for the services."""
        return Details(first_name=self.first_name, last_name=self.last_name, phone=self.phone)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForm(PersonForm):
    """Somebody to be added. `language`: of their mails and pages, until they choose another."""

    language: str = ""

    def somebody(self, *, me: Person) -> NewAdministrator:
        """Make what the service wants; without a choice the language is that of the person who adds."""
        return NewAdministrator(
            email=self.email,
            details=self.details,
            tabs=self.tabs,
            require_2fa=self.require_2fa,
            scope=self.wanted_scope,
            language=self.language or me.language or get_language() or "",
            time_zone=me.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm(PersonForm):
    """Somebody who is there."""

    status: str
    confirm: bool

    @classmethod
    def of(cls, person: Administrator) -> ChangeForm:
        """Return the form as it is first shown; wants `customer` at hand."""
        scope = person.staff_scope
        names = staff_scope.names(scope) if scope.reach is Reach.CUSTOMERS else ()
        return cls(
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            phone=readable_phone(person.phone),
            require_2fa=person.require_2fa,
            tabs=person.tab_keys,
            scope=person.scope,
            scope_brands=frozenset(map(str, scope.ids if scope.reach is Reach.BRANDS else ())),
            scope_customers=frozenset(names),
            status=person.status,
            confirm=False,
        )

    def change(self, *, reauthenticated: bool) -> Change:
        """Make what the service wants."""
        return Change(
            details=self.details,
            email=self.email,
            reauthenticated=reauthenticated,
            require_2fa=self.require_2fa,
            tabs=self.tabs,
            scope=self.wanted_scope,
            status=self.status,
            confirmed=self.confirm,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionForm:
    """Why the policy shall not ask somebody for a while, and until which day."""

    reason: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpForm:
    """How it was made sure that it is the person who has lost their devices."""

    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideForm:
    """Whether it was the person who came back: `yes` or `no`."""

    was_them: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralForm:
    """What is to be done to those who are marked in the list."""

    action: str = ""
    selected: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedForm:
    """Who is marked in the list. `all`: everybody whom its filters find, marked or not."""

    selected: frozenset[str]
    all: bool
