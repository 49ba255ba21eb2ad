"""What an application is told of somebody, by what it may ask for (OpenID Connect Core, 5.4 and 5.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorward.accounts.models import Administrator
from doorward.applications.subjects import party_of
from doorward.customers.cached import brand_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward.applications.models import Application
    from doorward.applications.requested_scopes import Live
    from doorward.sessions.context import Person

# What each scope stands for.
OF_SCOPE: Final = {
    "profile": ("name", "given_name", "family_name", "locale", "zoneinfo"),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "customer": ("customer",),
    "tabs": ("tabs",),
}


def by_name(
    application: Application, *, userinfo: Iterable[str], id_token: Iterable[str]
) -> dict[str, list[str]]:
    """Return which of the claims that are asked for by name an application may have, as a sign-in keeps them."""
    may_have = _may_have(application)
    found = {
        "userinfo": sorted(may_have.intersection(userinfo)),
        "id_token": sorted(may_have.intersection(id_token)),
    }
    return {place: names for place, names in found.items() if names}


def claims_of(live: Live) -> dict[str, Any]:
    """Return what userinfo says; what nobody wrote down is left out."""
    grant = live.grant
    names = {name for scope in live.scopes for name in OF_SCOPE.get(scope, ())}
    return party_of(grant.application, live.auth) | _said(
        live, names.union(_asked(live, "userinfo"))
    )


def of_id_token(live: Live) -> dict[str, Any]:
    """Return what an id token says of somebody: what was asked for there by name, all else stands in userinfo."""
    return _said(live, _asked(live, "id_token"))


def _may_have(application: Application) -> set[str]:
    return {name for scope in application.scopes for name in OF_SCOPE.get(scope, ())}


def _asked(live: Live, place: str) -> set[str]:
    """Return what was asked for by name, as far as the application may have it still."""
    asked = (live.grant.claims or {}).get(place, ())
    return _may_have(live.grant.application).intersection(asked)


def _said(live: Live, names: set[str]) -> dict[str, Any]:
    if not names:
        return {}
    if live.auth.portal is not None:
        known = _of_managed(live.auth.portal.person)
        return {name: known[name] for name in OF_ALL if name in names and known.get(name)}
    person = live.auth.person
    known = {
        "name": person.full_name,
        "given_name": person.first_name,
        "family_name": person.last_name,
        "locale": person.language,
        "zoneinfo": person.time_zone,
        "email": person.email,
        "customer": _customer_of(person),
        "tabs": sorted(person.tab_keys),
    }
    if not names <= known.keys():
        known |= _written_down(live)
    return {name: known[name] for name in OF_ALL if name in names and known[name] not in ("", [])}


def _customer_of(person: Person) -> dict[str, str]:
    return {
        "id": str(person.customer_id),
        "name": person.customer_name,
        "brand": brand_of(person.brand_id).name,
    }


def _of_managed(person: Person) -> dict[str, Any]:
    """Return what is said of a customer whose portal is managed: nothing of any of its people, nor of who acts."""
    return {
        "name": person.customer_name,
        "locale": person.language,
        "zoneinfo": person.time_zone,
        "customer": _customer_of(person),
        "tabs": sorted(person.tab_keys),
    }


def _written_down(live: Live) -> dict[str, Any]:
    """Return what is true of e-mail and phone. A number is what somebody typed; nobody ever called it."""
    person = live.auth.person
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    row = rows.only("phone", "email_proved_at").get()
    return {
        "email_verified": row.email_confirmed,
        "phone_number": row.phone,
        "phone_number_verified": False if row.phone else "",
    }


OF_ALL: Final = tuple(name for names in OF_SCOPE.values() for name in names)
