"""The Brands tab: what portals look like, under which host names, and who stands behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.credentials.passkeys import other_host
from doorward.customers import brands as services
from doorward.customers import hosts, pictures, staff_scope
from doorward.customers.colour import parse_colour
from doorward.customers.errors import ColourInvalid
from doorward.customers.protection import may_lower
from doorward.customers.tabs import BRANDS
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait, NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.permissions.staff_scope import Reach
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, wrong
from doorward.web.provider.brand_page import (
    FIRST_ACCENT,
    PicturesPage,
    brand_page,
    brands_page,
    contact_page,
    write_preview,
)
from doorward.web.provider.forms import BrandForm, ContactForm, HostForm, PictureForm, PreviewForm

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.customers.models import Brand
    from doorward.web.http.requests import Request

RIGHT = Need.right(BRANDS)


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """Show all brands."""
    return render(
        request, "provider/brands.html", brands_page(signed_in(request).scope, now=request.now)
    )


@needs(Need.right(BRANDS, reach=Reach.ALL), post=Need.of(Action.ADD_BRAND))
@both
def add(request: Request) -> HttpResponse:
    """Add a brand."""
    if request.method != "POST":
        return _show(request, None, blank(BrandForm, accent=FIRST_ACCENT))
    form = read(request, BrandForm)
    if read(request, PreviewForm).preview:
        return _preview(request, None, form)
    try:
        brand = services.add(form, actor=acting(request))
    except Refusal as refusal:
        return _show(request, None, form, wrong(refusal, BrandForm))
    messages.success(request, _("%(name)s was added.") % {"name": brand.name})
    return see_other(f"/brands/{brand.id}/")


@needs(RIGHT, post=Need.of(Action.CHANGE_BRAND))
@both
def edit(request: Request, brand_id: UUID) -> HttpResponse:
    """Show a brand and change it: all that was sent, or nothing."""
    if request.method != "POST":
        return _show(request, _found(request, brand_id))
    form = read(request, BrandForm)
    if read(request, PreviewForm).preview:
        return _preview(request, _found(request, brand_id), form)
    try:
        other_host.change_brand(brand_id, form, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _show(request, _found(request, brand_id), form, wrong(refusal, BrandForm))
    messages.success(request, _("Saved."))
    return see_other(f"/brands/{brand_id}/")


@needs(RIGHT, post=Need.of(Action.CHANGE_BRAND))
@both
def contact(request: Request, brand_id: UUID, slug: str) -> HttpResponse:
    """Show and change whom a brand names in one language alone."""
    brand, found, form = _found(request, brand_id), NOTHING, None
    if request.method == "POST":
        form = read(request, ContactForm)
        try:
            services.change_contact(brand_id, slug, form, actor=acting(request))
        except Refusal as refusal:
            found = wrong(refusal, ContactForm)
        else:
            messages.success(request, _("Saved."))
            return see_other(f"/brands/{brand_id}/")
    may = may_lower(brand_id=brand.id, actor=acting(request))
    page = contact_page(brand, slug, form, found, may_lower=may)
    return render(request, "provider/brand_contact.html", page, status=422 if found else 200)


@needs(Need.of(Action.CHECK_HOST))
@require_POST
def check_host(request: Request, brand_id: UUID) -> HttpResponse:
    """Ask a host name of a brand whether it is this portal, and use it from then on."""
    name = read(request, HostForm).host
    try:
        hosts.check(brand_id, name, actor=acting(request), now=request.now)
    except (NotFound, MustWait):
        raise
    except Refusal as refusal:
        return _show(request, _found(request, brand_id), not_confirmed=(name, refusal))
    messages.success(request, _("%(host)s is confirmed and in use from now on.") % {"host": name})
    return see_other(f"/brands/{brand_id}/#host-names")


@needs(Need.of(Action.CHANGE_BRAND))
@both
def logo(request: Request, brand_id: UUID) -> HttpResponse:
    """Put a logo, one for dark ground, or an icon there, or take it away.

    A page of its own that wants its reauthentication before a file is chosen: a file cannot wait for one.
    """
    if request.method != "POST":
        return render(
            request, "provider/brand_logo.html", PicturesPage.of(_found(request, brand_id))
        )
    form = read(request, PictureForm)
    content = None if form.remove else _uploaded(request, form.kind)
    try:
        pictures.change(brand_id, form.chosen(), content, actor=acting(request))
    except Refusal as refusal:
        page = PicturesPage.of(_found(request, brand_id), form.kind, wrong(refusal, PictureForm))
        return render(request, "provider/brand_logo.html", page, status=422)
    messages.success(request, _("Saved."))
    return see_other(f"/brands/{brand_id}/logo/")


@needs(RIGHT)
@require_safe
def picture(request: Request, brand_id: UUID, name: str) -> HttpResponse:
    """Show a picture of a brand, whatever the brand of this host is."""
    content, type_ = pictures.read(_found(request, brand_id).id, name)
    headers = {"Cache-Control": "private, max-age=60"}
    return HttpResponse(content, content_type=type_, headers=headers)


@needs(RIGHT)
@require_safe
def accent(request: Request) -> HttpResponse:
    """Return the stylesheet of the preview, for the colour that is being chosen."""
    css = write_preview(request.GET.get("accent", ""))
    return HttpResponse(
        css,
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "private, max-age=60"},
    )


def _show(
    request: Request,
    brand: Brand | None,
    form: BrandForm | None = None,
    found: Wrong = NOTHING,
    *,
    not_confirmed: tuple[str, Refusal] | None = None,
) -> HttpResponse:
    may = may_lower(brand_id=brand.id if brand else None, actor=acting(request))
    page = brand_page(brand, form, found, may_lower=may, not_confirmed=not_confirmed)
    status = 422 if found or not_confirmed else 200
    return render(request, "provider/brand.html", page, status=status)


def _preview(request: Request, brand: Brand | None, form: BrandForm) -> HttpResponse:
    """Show what was typed, with the colour as it would look: how a preview works without scripts."""
    may = may_lower(brand_id=brand.id if brand else None, actor=acting(request))
    found = NOTHING
    try:
        parse_colour(form.accent.strip())
    except ColourInvalid as refusal:
        found = wrong(refusal, BrandForm)
    page = brand_page(brand, form, found, may_lower=may)
    page = replace(page, is_preview=not found)
    return render(request, "provider/brand.html", page, status=422 if found else 200)


def _found(request: Request, brand_id: UUID) -> Brand:
    return staff_scope.brand(brand_id, signed_in(request).scope)


def _uploaded(request: Request, name: str) -> bytes:
    """Return the file that was chosen. No file at all is no picture."""
    sent = request.FILES.getlist(name)
    content = sent[0].read(pictures.LONGEST + 1) if len(sent) == 1 else b""
    return bytes(content)
