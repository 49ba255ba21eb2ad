"""The Brands tab: what portals look like, under which host names, and who stands behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorward.customers import brands as services
from doorward.customers import hosts
from doorward.customers.models import Brand
from doorward.customers.protection import may_lower
from doorward.customers.tabs import BRANDS
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait, NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import field, ticked
from doorward.web.http.requests import acting
from doorward.web.provider import forms
from doorward.web.provider.brand_page import (
    TEXTS,
    TICKS,
    BrandPage,
    LogoPage,
    brand_page,
    brands_page,
    details_of,
    typed_of,
    write_preview,
)

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.web.http.requests import Request
    from doorward.web.provider.forms import Typed

RIGHT = Need.right(BRANDS)
both = require_http_methods(["GET", "HEAD", "POST"])


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """Show all brands."""
    return render(request, "provider/brands.html", brands_page())


@needs(RIGHT, post=Need.of(Action.ADD_BRAND))
@both
def add(request: Request) -> HttpResponse:
    """Add a brand."""
    if request.method != "POST":
        return render(request, "provider/brand.html", _page(request, None, typed_of(None)))
    typed = forms.read(request, TEXTS, TICKS)
    try:
        brand = services.add(details_of(typed), actor=acting(request))
    except Refusal as refusal:
        page = _page(request, None, typed.refused(refusal, place="name"))
        return render(request, "provider/brand.html", page, status=422)
    messages.success(request, _("%(name)s was added.") % {"name": brand.name})
    return see_other(f"/brands/{brand.id}/")


@needs(RIGHT, post=Need.of(Action.CHANGE_BRAND))
@both
def edit(request: Request, brand_id: UUID) -> HttpResponse:
    """Show a brand and change it: all that was sent, or nothing."""
    brand = _find(brand_id)
    if request.method != "POST":
        return render(request, "provider/brand.html", _page(request, brand, typed_of(brand)))
    typed = forms.read(request, TEXTS, TICKS)
    try:
        services.change(brand.id, details_of(typed), actor=acting(request))
    except Refusal as refusal:
        page = _page(request, brand, typed.refused(refusal, place="name"))
        return render(request, "provider/brand.html", page, status=422)
    messages.success(request, _("Saved."))
    return see_other(f"/brands/{brand.id}/")


@needs(Need.of(Action.CHECK_HOST))
@require_POST
def check_host(request: Request, brand_id: UUID) -> HttpResponse:
    """Ask a host name of a brand whether it is this portal, and use it from then on."""
    brand, name = _find(brand_id), field(request, "host")
    try:
        hosts.check(brand.id, name, actor=acting(request), now=request.now)
    except NotFound as error:
        raise Http404 from error
    except MustWait:
        raise
    except Refusal as refusal:
        page = _page(request, brand, typed_of(brand), (name, refusal))
        return render(request, "provider/brand.html", page, status=422)
    messages.success(request, _("%(host)s is confirmed and in use from now on.") % {"host": name})
    return see_other(f"/brands/{brand.id}/#hosts")


@needs(Need.of(Action.CHANGE_BRAND))
@both
def logo(request: Request, brand_id: UUID) -> HttpResponse:
    """Put a logo there or take it away.

    A page of its own that wants its reauthentication before a file is chosen: a file cannot wait for one.
    """
    brand = _find(brand_id)
    if request.method != "POST":
        return render(request, "provider/brand_logo.html", LogoPage.of(brand))
    try:
        services.change_logo(brand.id, _uploaded(request), actor=acting(request))
    except Refusal as refusal:
        errors_ = forms.errors_of(refusal, place="logo")
        page = LogoPage.of(brand, error=errors_["logo"])
        return render(request, "provider/brand_logo.html", page, status=422)
    messages.success(request, _("Saved."))
    return see_other(f"/brands/{brand.id}/")


@needs(RIGHT)
@require_safe
def logo_image(request: Request, brand_id: UUID) -> HttpResponse:
    """Show a brand's logo, whatever the brand of this host is."""
    del request
    found = Brand.objects.filter(id=brand_id).values_list("logo", "logo_type").first()
    if found is None or not found[0]:
        raise Http404
    return HttpResponse(
        bytes(found[0]), content_type=found[1], headers={"Cache-Control": "private, max-age=60"}
    )


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


def _page(
    request: Request,
    brand: Brand | None,
    typed: Typed,
    not_confirmed: tuple[str, Refusal] | None = None,
) -> BrandPage:
    may = may_lower(None, actor=acting(request))
    return brand_page(brand, typed, may_lower=may, not_confirmed=not_confirmed)


def _find(brand_id: UUID) -> Brand:
    try:
        return services.get(brand_id)
    except NotFound as error:
        raise Http404 from error


def _uploaded(request: Request) -> bytes | None:
    """Return the file that was chosen; None: take the logo away. No file at all is no picture."""
    if ticked(request, "remove"):
        return None
    sent = request.FILES.getlist("logo")
    content = sent[0].read(services.LONGEST_LOGO + 1) if len(sent) == 1 else b""
    return bytes(content)
