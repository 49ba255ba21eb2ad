"""The pages of the Brands tab, made from rows and from what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Count

from doorward.customers import brands, hosts
from doorward.customers.cached import usable_hosts
from doorward.customers.errors import ColourInvalid
from doorward.customers.hosts import Host, State
from doorward.customers.models import Brand
from doorward.kernel.text import names
from doorward.policy import series
from doorward.web.kit.brandmark import look_version, write_stylesheet
from doorward.web.kit.forms import NOTHING, Wrong, blank
from doorward.web.kit.refusals import sentence
from doorward.web.provider.brand_fields import brand_fields
from doorward.web.provider.forms import BrandForm

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.kernel.errors import Refusal
    from doorward.web.kit.fields import Field

FIRST_ACCENT: Final = "#2b50e0"


@dataclass(frozen=True, slots=True)
class BrandLine:
    """One brand in the list."""

    id: UUID
    name: str
    accent: str
    hosts: tuple[str, ...]
    to_confirm: int
    customers: int
    is_default: bool
    require_2fa: bool


@dataclass(frozen=True, slots=True)
class HostLine:
    """A host name of the brand, what it is good for, and why a check of it did not confirm it."""

    host: Host
    error: str = ""

    @property
    def to_do(self) -> bool:
        """Whether it is still to be confirmed."""
        return self.host.state is State.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class BrandPage:
    """One brand, or (without an id) one to be added. `accent`: what the preview begins with."""

    id: UUID | None
    name: str
    accent: str
    fields: dict[str, Field]
    logo: str
    wrong: Wrong
    # Whether who looks may change what protects people, too.
    may_lower: bool
    hosts: tuple[HostLine, ...]


@dataclass(frozen=True, slots=True)
class LogoPage:
    """The page on which a logo is chosen; `logo` is the address of the one there, if there is one."""

    id: UUID
    name: str
    logo: str
    most: int
    wrong: Wrong

    @classmethod
    def of(cls, brand: Brand, found: Wrong = NOTHING) -> LogoPage:
        """Make the page of a brand."""
        most = brands.LONGEST_LOGO // 1024
        return cls(id=brand.id, name=brand.name, logo=_logo(brand), most=most, wrong=found)


def brands_page(*, now: datetime) -> tuple[BrandLine, ...]:
    """Return the lines of the list, the default brand first."""
    rows = Brand.objects.defer("logo").annotate(customers=Count("customer"))
    ordered = sorted(rows, key=lambda one: (not one.is_default, names.sort_key(one.name), one.id))
    return tuple(
        BrandLine(
            id=brand.id,
            name=brand.name,
            accent=brand.accent,
            hosts=tuple(brand.hosts),
            to_confirm=len(brand.hosts) - len(usable_hosts(brand)),
            customers=brand.customers,
            is_default=brand.is_default,
            require_2fa=series.scope(series.load(brand.minimum), now=now).everyone,
        )
        for brand in ordered
    )


def brand_page(
    brand: Brand | None,
    form: BrandForm | None,
    found: Wrong,
    *,
    may_lower: bool,
    not_confirmed: tuple[str, Refusal] | None = None,
) -> BrandPage:
    """Make the page; `not_confirmed`: a host name that was checked just now, and what was found."""
    if form is None:
        form = BrandForm.of(brand) if brand else blank(BrandForm, accent=FIRST_ACCENT)
    return BrandPage(
        id=brand.id if brand else None,
        name=brand.name if brand else "",
        accent=brand.accent if brand else FIRST_ACCENT,
        fields=brand_fields(brand, form, found, may_lower=may_lower),
        logo=_logo(brand) if brand else "",
        wrong=found,
        may_lower=may_lower,
        hosts=_hosts(brand, not_confirmed) if brand else (),
    )


def _hosts(brand: Brand, not_confirmed: tuple[str, Refusal] | None) -> tuple[HostLine, ...]:
    name, refusal = not_confirmed or ("", None)
    return tuple(
        HostLine(host, sentence(refusal) if refusal and host.name == name else "")
        for host in hosts.of(brand)
    )


def write_preview(accent: str) -> str:
    """Write the accent's properties for the preview alone; for what is no colour, nothing changes."""
    try:
        css = write_stylesheet(accent)
    except ColourInvalid:
        return ""
    # One half of the preview is light and one dark, whatever the page is.
    return (
        css.replace(":root", "#preview")
        + "#preview .light{color-scheme:light}#preview .dark{color-scheme:dark}\n"
        + "#preview .card{color:var(--ink)}\n"
    )


def _logo(brand: Brand) -> str:
    if not brand.logo_type:
        return ""
    return f"/brands/{brand.id}/logo.png?v={look_version(brand)}"
