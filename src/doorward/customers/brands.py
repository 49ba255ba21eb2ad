"""Brands: what portals look like and who stands behind them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F

from doorward.audit.record import record
from doorward.customers import cached, in_languages, protection
from doorward.customers.colour import parse_colour
from doorward.customers.contact import Contact, clean, clean_email_or_none, own
from doorward.customers.errors import HostIsSite, HostTaken
from doorward.customers.events import BRAND_ADDED, BRAND_CHANGED
from doorward.customers.models import Brand, Tab
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_host, clean_line
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.permissions.protected_fields import Change

NAME_LENGTH = 80
ISSUER_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandDetails(Contact):
    """What a form says of a brand; texts as they were typed. `hosts`: one in a line, the first makes links.

    `is_default` makes it the default brand; a default brand stays it until another one becomes it.
    """

    name: str
    hosts: str = ""
    accent: str
    issuer: str
    email_from: str = ""
    is_default: bool = False


def add(details: BrandDetails, *, actor: Actor) -> Brand:
    """Add a brand. Raises `FieldsRefused`."""
    authorise(actor, Action.ADD_BRAND)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        others = _lock()
        columns = _clean(details, others=others)
        taken = {"hosts": columns["hosts"], "is_default": details.is_default}
        changes = protection.changes_of(_NOTHING_TAKEN, taken)
        protection.settle(changes, what=str(columns["name"]), actor=actor)
        brand = Brand.objects.create(**columns)
        _settle_default(brand.id, details)
        about = protection.about_brand(brand.id)
        record(BRAND_ADDED, actor=actor, details={"brand": brand.name, **about})
    cached.forget()
    return brand


def change(brand_id: UUID, details: BrandDetails, *, actor: Actor) -> None:
    """Change a brand, all of it or nothing. Raises `NotFound` or `FieldsRefused`."""
    authorise(actor, Action.CHANGE_BRAND, brand_id=brand_id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        brands = {brand.id: brand for brand in _lock()}
        brand = brands.pop(brand_id, None)
        if brand is None:
            raise NotFound
        columns = _clean(details, others=list(brands.values()))
        columns |= {"is_default": True} if details.is_default else {}
        before = {name: getattr(brand, name) for name in columns}
        changes = protection.changes_of(before, columns)
        if not changes:
            return
        # Another one is the default brand no longer: that is everybody's.
        whose = None if details.is_default and not brand.is_default else brand.id
        protection.settle(changes, what=brand.name, brand_id=whose, actor=actor)
        _settle_default(brand.id, details)
        # A name that is given up, and taken again later, is to be confirmed again.
        hosts = brand.confirmed_hosts.items()
        confirmed = {host: at for host, at in hosts if host in columns["hosts"]}
        Brand.objects.filter(id=brand.id).update(
            **columns, confirmed_hosts=confirmed, version=F("version") + 1
        )
        _record_change(brand, changes, what=str(columns["name"]), actor=actor)
    cached.forget()


def change_contact(brand_id: UUID, language: str, contact: Contact, *, actor: Actor) -> None:
    """Name another support contact and other legal pages in one language; what is left empty there is as in all others.

    Raises `NotFound`, also for a language that there is not, or `FieldsRefused`.
    """
    authorise(actor, Action.CHANGE_BRAND, brand_id=brand_id)
    in_languages.refuse_unknown(language)
    checks = Checks()
    after = clean(contact, checks)
    checks.done()
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        brand = Brand.objects.select_for_update(no_key=True).filter(id=brand_id).first()
        if brand is None:
            raise NotFound
        before = own(brand, language)
        changes = protection.changes_of(asdict(before), after)
        if not changes:
            return
        what = f"{brand.name} ({language})"
        protection.settle(changes, what=what, brand_id=brand.id, actor=actor)
        said = in_languages.replaced(brand.in_languages, language, after)
        Brand.objects.filter(id=brand_id).update(in_languages=said, version=F("version") + 1)
        _record_change(brand, changes, what=what, actor=actor)
    cached.forget()


def _record_change(brand: Brand, changes: tuple[Change, ...], *, what: str, actor: Actor) -> None:
    about = {"brand": what, **protection.about_brand(brand.id)}
    record(BRAND_CHANGED, actor=actor, details={**about, **protection.details_of(changes)})


def get(brand_id: UUID) -> Brand:
    """Return a brand, or raise `NotFound`."""
    brand = Brand.objects.filter(id=brand_id).first()
    if brand is None:
        raise NotFound
    return brand


def hold_hosts() -> frozenset[str]:
    """Return the host names of all brands, locked in the caller's transaction: nobody takes or gives one meanwhile.

    Taken before any tab's row.
    """
    return frozenset(host for brand in _lock() for host in brand.hosts)


def _lock() -> list[Brand]:
    """Read all brands under a lock, so that two changes at once cannot take one host name twice."""
    list(Brand.objects.select_for_update(no_key=True).order_by("id").values_list("id"))
    # Read after the wait: the statement that waited does not see a row that was added meanwhile.
    return list(Brand.objects.order_by("id"))


# A brand that is added concerns nobody yet, but for what it takes.
_NOTHING_TAKEN: dict[str, object] = {"hosts": [], "is_default": False}


def _settle_default(brand_id: UUID, details: BrandDetails) -> None:
    if details.is_default:
        Brand.objects.filter(is_default=True).exclude(id=brand_id).update(is_default=False)
        Brand.objects.filter(id=brand_id).update(is_default=True)


def _clean(details: BrandDetails, *, others: list[Brand]) -> dict[str, Any]:
    """Return the columns, or raise `FieldsRefused` with all that is wrong."""
    checks = Checks()
    take = checks.take
    columns: dict[str, Any] = {
        "name": (name := take("name", clean_line, details.name, maximum=NAME_LENGTH)),
        "issuer": (issuer := take("issuer", clean_line, details.issuer, maximum=ISSUER_LENGTH)),
        "hosts": take("hosts", _hosts, details.hosts, others=others),
        "accent": take("accent", _accent, details.accent),
        "email_from": take("email_from", clean_email_or_none, details.email_from),
        **clean(details, checks),
    }
    checks.need("name", name)
    checks.need("issuer", issuer)
    checks.done()
    return columns


def _hosts(text: str, *, others: list[Brand]) -> list[str]:
    hosts = list(dict.fromkeys(clean_host(line) for line in text.split()))
    taken = {host for brand in others for host in brand.hosts}
    if taken & set(hosts):
        raise HostTaken
    # The rows are `applications.models.Site`, which stands above this subject.
    sites = Tab.objects.filter(site__isnull=False).values_list("site__origin", flat=True)
    if not {urlsplit(origin).hostname for origin in sites}.isdisjoint(hosts):
        raise HostIsSite
    return hosts


def _accent(text: str) -> str:
    return str(parse_colour(text.strip()))
