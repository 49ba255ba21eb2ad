"""Sites behind tabs that have no sign-in of their own, as the provider's people set them up: where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from doorward.applications import clients, keys, rules
from doorward.applications.errors import (
    ApplicationThere,
    SiteAddressInvalid,
    SiteHostTaken,
    SiteIsPortal,
    SiteTaken,
    SiteThere,
)
from doorward.applications.events import SITE_ADDED, SITE_CHANGED, SITE_REMOVED
from doorward.applications.models import Application, Site, SiteVisit
from doorward.audit.record import record
from doorward.customers import brands, cached, protection, tab_audience
from doorward.customers.rights import authorise
from doorward.gate.assurance import Assurance
from doorward.kernel.errors import ChoiceInvalid, NotFound
from doorward.kernel.field_checks import Checks
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail
    from doorward.customers.brand_look import BrandLook


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDetails:
    """What a form says of a site; texts as they were typed."""

    origin: str = ""
    required_acr: str = ""


def add(tab_id: UUID, details: SiteDetails, *, actor: Actor, now: datetime) -> Site:
    """Put the site of a tab behind the sign-in.

    Raises `NotFound`, `FieldsRefused`, `ApplicationThere`, `SiteThere`, `SiteIsPortal`, `SiteTaken`, `SiteHostTaken`.
    """
    authorise(actor, Action.CHANGE_APPLICATION)
    columns = _clean(details)
    try:
        with transaction.atomic():
            # Whoever else takes a host name at this moment waits.
            hosts = brands.hold_hosts()
            tab = clients.locked_tab(tab_id)
            authorise(actor, Action.CHANGE_APPLICATION)
            if Application.objects.filter(tab=tab).exists():
                raise ApplicationThere
            if Site.objects.filter(tab=tab).exists():
                raise SiteThere
            _refuse_taken(columns["origin"], tab_id, hosts)
            made = Site.objects.create(tab=tab, made_at=now, **columns)
            new = protection.changes_of(dict.fromkeys(columns, ""), columns)
            record(SITE_ADDED, actor=actor, details=_named(made) | protection.details_of(new))
    except IntegrityError as error:
        raise SiteTaken from error
    # Beforehand, so that whoever reads the key set has the keys before one signs.
    keys.make_first(now=now)
    return made


def change(site_id: UUID, details: SiteDetails, *, actor: Actor) -> None:
    """Change a site; at another address nobody is signed in to it yet, whatever they have of the one before.

    Raises `NotFound`, `FieldsRefused`, `SiteIsPortal`, `SiteTaken`, `SiteHostTaken`.
    """
    authorise(actor, Action.CHANGE_APPLICATION)
    columns = _clean(details)
    try:
        with transaction.atomic():
            hosts = brands.hold_hosts()
            found = _locked(site_id)
            # Once more: who waited for the lock may have lost the right.
            authorise(actor, Action.CHANGE_APPLICATION)
            changes = protection.changes_of({one: getattr(found, one) for one in columns}, columns)
            if not changes:
                return
            _refuse_taken(columns["origin"], found.tab_id, hosts)
            Site.objects.filter(id=found.id).update(**columns)
            if columns["origin"] != found.origin:
                # Their cookies were seen by whoever runs the address of before.
                SiteVisit.objects.filter(site_id=found.id).delete()
            told = _named(found) | protection.details_of(changes)
            record(SITE_CHANGED, actor=actor, details=told)
    except IntegrityError as error:
        raise SiteTaken from error


def remove(site_id: UUID, *, actor: Actor) -> None:
    """Remove a site: nobody is let through to it any more, and the tab stays a link. Raises `NotFound`."""
    authorise(actor, Action.CHANGE_APPLICATION)
    with transaction.atomic():
        found = _locked(site_id)
        authorise(actor, Action.CHANGE_APPLICATION)
        named = _named(found)
        found.delete()
        record(SITE_REMOVED, actor=actor, details=named)


def of_tab(tab_id: UUID) -> Site | None:
    """Return the site of a tab; None: it has none."""
    return _all().filter(tab_id=tab_id).first()


def of_origin(origin: str) -> Site | None:
    """Return the site that is there, in the one spelling of `kernel/host_spelling.py`; None: none is."""
    return _all().filter(origin=origin).first()


def with_id(site_id: UUID) -> Site | None:
    """Return a site by its id; None: it is gone."""
    return _all().filter(id=site_id).first()


def all_of_them() -> QuerySet[Site]:
    """Return all sites, by their tabs' keys."""
    return _all().order_by("tab__key")


def tabs_behind() -> frozenset[UUID]:
    """Return the ids of all tabs that have a site or an application."""
    both = Site.objects.values_list("tab_id").union(Application.objects.values_list("tab_id"))
    return frozenset(tab_id for (tab_id,) in both)


def portal_of(site: Site) -> BrandLook:
    """Return the brand whose portal people are led to from a site: the default one, unless the tab is for others."""
    theirs = tab_audience.brands_of(site.tab)
    looks = cached.all_brands()
    having = [one for one in looks if str(one.id) in theirs] or list(looks)
    return next((one for one in having if one.is_default), having[0])


def _all() -> QuerySet[Site]:
    return Site.objects.select_related("tab")


def _locked(site_id: UUID) -> Site:
    rows = _all().select_for_update(of=("self",))
    found: Site | None = rows.filter(id=site_id).first()
    if found is None:
        raise NotFound
    return found


def _refuse_taken(origin: object, tab_id: UUID, of_brands: frozenset[str]) -> None:
    """Refuse the site of a tab at a host of the portal, or at another port of a site's.

    On this very machine ports may be tried out.
    """
    mine = urlsplit(str(origin))
    # Cookies do not know ports.
    if mine.hostname in of_brands | {urlsplit(settings.DOORWARD.origin).hostname}:
        raise SiteIsPortal
    others = Site.objects.exclude(tab_id=tab_id).exclude(origin=origin)
    hosts = {urlsplit(one).hostname for one in others.values_list("origin", flat=True)}
    if mine.scheme == "https" and mine.hostname in hosts:
        raise SiteHostTaken


def _named(site: Site) -> dict[str, Detail]:
    return {"tab": site.tab.title, "key": site.tab.key}


def _clean(details: SiteDetails) -> dict[str, object]:
    checks = Checks()
    columns: dict[str, object] = {
        "origin": checks.take("origin", _origin, details.origin),
        "required_acr": checks.take("required_acr", _acr, details.required_acr),
    }
    checks.done()
    return columns


def _origin(text: str) -> str:
    origin = rules.site_origin(text.strip())
    if origin is None:
        raise SiteAddressInvalid
    return origin


def _acr(text: str) -> str:
    if text not in {"", *map(str, Assurance)}:
        raise ChoiceInvalid
    return text
