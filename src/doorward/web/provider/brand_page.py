"""The pages of the Brands tab, made from rows and from what was typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from doorward.customers import hosts, pictures, staff_scope
from doorward.customers.cached import pictures_of, usable_hosts
from doorward.customers.contact import everywhere
from doorward.customers.errors import ColourInvalid
from doorward.customers.hosts import Host, State
from doorward.customers.models import PictureKind
from doorward.kernel.errors import NotFound
from doorward.kernel.refusals import sentence
from doorward.kernel.text import names
from doorward.operations.checks.brand import kept
from doorward.policy import series
from doorward.web.kit.brandmark import look_version, write_stylesheet
from doorward.web.kit.forms import NOTHING, Wrong, blank
from doorward.web.provider.brand_fields import brand_fields, contact_fields
from doorward.web.provider.contrasts import ContrastLine, contrast_lines
from doorward.web.provider.forms import BrandForm, ContactForm

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.customers.models import Brand
    from doorward.kernel.errors import Refusal
    from doorward.permissions.staff_scope import Scope
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
    # Of that colour, none where it is none.
    contrasts: tuple[ContrastLine, ...]
    fields: dict[str, Field]
    pictures: tuple[PictureLine, ...]
    languages: tuple[LanguageLine, ...]
    wrong: Wrong
    # Whether who looks may change what protects people, too.
    may_lower: bool
    hosts: tuple[HostLine, ...]
    # What the last check of its host names and mail found (`brand_check`).
    to_fix: int = 0
    # The form was sent to be looked at, and nothing of it is saved.
    is_preview: bool = False


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A picture that a brand can have: `url` where it has it, and how wide it is, shown 36 pixels high."""

    kind: str
    title: str
    url: str
    width: int
    help: str
    error: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PicturesPage:
    """The page on which logo and icon are chosen."""

    id: UUID
    name: str
    most: int
    wrong: Wrong
    pictures: tuple[PictureLine, ...]

    @classmethod
    def of(cls, brand: Brand, kind: str = "", found: Wrong = NOTHING) -> PicturesPage:
        """Make the page of a brand; `found`: what is wrong with the picture of this kind."""
        shown = {line.kind: line for line in picture_lines(brand)}
        if kind in shown:
            shown[kind] = replace(shown[kind], error=found.at("kind"))
        return cls(
            id=brand.id,
            name=brand.name,
            most=pictures.LONGEST // 1024,
            wrong=found if kind not in shown else NOTHING,
            pictures=tuple(shown.values()),
        )


def picture_lines(brand: Brand) -> tuple[PictureLine, ...]:
    """Return each picture that a brand can have."""
    there = {one.kind: one for one in pictures_of(brand)}
    help_ = {
        PictureKind.LOGO: _(
            "It replaces the brand's first letter and name on every page. It is shown 28 pixels "
            "high, so 84 pixels look sharp on every screen."
        ),
        PictureKind.LOGO_DARK: _("Used by people whose screen is dark. Without it, the logo is."),
        PictureKind.ICON: _(
            "In the browser's tab and among bookmarks. A square of 192 pixels is best. Without it, "
            "the brand's first letter is shown."
        ),
    }
    return tuple(
        PictureLine(
            kind=kind.value,
            title=str(kind.label),
            url=_picture_address(brand, kind) if kind in there else "",
            width=there[kind].width_at(36) if kind in there else 0,
            help=help_[kind],
            error=(),
        )
        for kind in PictureKind
    )


def _picture_address(brand: Brand, kind: PictureKind) -> str:
    return f"/brands/{brand.id}/pictures/{kind.value}?v={look_version(brand)}"


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """A language, and how much the brand says in it alone."""

    code: str
    name: str
    own: int


@dataclass(frozen=True, slots=True)
class ContactPage:
    """What a brand says in one language alone."""

    id: UUID
    name: str
    code: str
    language: str
    fields: dict[str, Field]
    wrong: Wrong
    may_lower: bool


def contact_page(
    brand: Brand, language: str, form: ContactForm | None, found: Wrong, *, may_lower: bool
) -> ContactPage:
    """Make the page. Raises `NotFound` for a language that there is not."""
    names = {line.code: line.name for line in language_lines(brand)}
    if language not in names:
        raise NotFound
    fields = contact_fields(
        form or ContactForm.of(brand, language),
        found,
        for_all=everywhere(brand),
        readonly=not may_lower,
    )
    return ContactPage(brand.id, brand.name, language, names[language], fields, found, may_lower)


def language_lines(brand: Brand) -> tuple[LanguageLine, ...]:
    """Return each language of the portal."""
    return tuple(
        LanguageLine(code, str(name), len(brand.in_languages.get(code, {})))
        for code, name in settings.LANGUAGES
    )


def brands_page(scope: Scope, *, now: datetime) -> tuple[BrandLine, ...]:
    """Return the lines of the list, the default brand first."""
    brands = list(staff_scope.brands(scope))
    # By themselves, in an index: a join would group all customers by every column of a brand.
    there = staff_scope.customers(scope)
    counted = there.filter(brand__in=[one.id for one in brands]).order_by()
    numbers = dict(counted.values_list("brand_id").annotate(number=Count("*")))
    ordered = sorted(brands, key=lambda one: (not one.is_default, names.sort_key(one.name), one.id))
    return tuple(
        BrandLine(
            id=brand.id,
            name=brand.name,
            accent=brand.accent,
            hosts=tuple(brand.hosts),
            to_confirm=len(brand.hosts) - len(usable_hosts(brand)),
            customers=numbers.get(brand.id, 0),
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
    looked = kept.last(brand) if brand else None
    return BrandPage(
        id=brand.id if brand else None,
        name=brand.name if brand else "",
        accent=form.accent.strip(),
        contrasts=contrast_lines(form.accent.strip()),
        fields=brand_fields(brand, form, found, may_lower=may_lower),
        pictures=picture_lines(brand) if brand else (),
        languages=language_lines(brand) if brand else (),
        wrong=found,
        may_lower=may_lower,
        hosts=_hosts(brand, not_confirmed) if brand else (),
        to_fix=looked.to_do if looked else 0,
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
