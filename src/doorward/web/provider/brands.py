"""The Brands tab: what portals look like, under which host names, and who stands behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorward.credentials.passkeys import other_host
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
from doorward.web.http.requests import acting
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, wrong
from doorward.web.provider.brand_page import (
    FIRST_ACCENT,
    LogoPage,
    brand_page,
    brands_page,
    write_preview,
)
from doorward.web.provider.forms import BrandForm, HostForm, LogoForm

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.web.http.requests import Request

RIGHT = Need.right(BRANDS)
both = require_http_methods(["GET", "HEAD", "POST"])


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """Show all brands."""
    return render(request, "provider/brands.html", brands_page(now=request.now))


@needs(RIGHT, post=Need.of(Action.ADD_BRAND))
@both
def add(request: Request) -> HttpResponse:
    """Add a brand."""
    if request.method != "POST":
        return _show(request, None, blank(BrandForm, accent=FIRST_ACCENT))
    form = read(request, BrandForm)
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
        return _show(request, services.get(brand_id))
    form = read(request, BrandForm)
    try:
        other_host.change_brand(brand_id, form, actor=acting(request), now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _show(request, services.get(brand_id), form, wrong(refusal, BrandForm))
    messages.success(request, _("Saved."))
    return see_other(f"/brands/{brand_id}/")


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
        return _show(request, services.get(brand_id), not_confirmed=(name, refusal))
    messages.success(request, _("%(host)s is confirmed and in use from now on.") % {"host": name})
    return see_other(f"/brands/{brand_id}/#hosts")


@needs(Need.of(Action.CHANGE_BRAND))
@both
def logo(request: Request, brand_id: UUID) -> HttpResponse:
    """Put a logo there or take it away.

    A page of its own that wants its reauthentication before a file is chosen: a file cannot wait for one.
    """
    if request.method != "POST":
        return render(request, "provider/brand_logo.html", LogoPage.of(services.get(brand_id)))
    content = None if read(request, LogoForm).remove else _uploaded(request)
    try:
        services.change_logo(brand_id, content, actor=acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        page = LogoPage.of(services.get(brand_id), wrong(refusal, LogoForm))
        return render(request, "provider/brand_logo.html", page, status=422)
    messages.success(request, _("Saved."))
    return see_other(f"/brands/{brand_id}/")


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


def _show(
    request: Request,
    brand: Brand | None,
    form: BrandForm | None = None,
    found: Wrong = NOTHING,
    *,
    not_confirmed: tuple[str, Refusal] | None = None,
) -> HttpResponse:
    may = may_lower(None, actor=acting(request))
    page = brand_page(brand, form, found, may_lower=may, not_confirmed=not_confirmed)
    status = 422 if found or not_confirmed else 200
    return render(request, "provider/brand.html", page, status=status)


def _uploaded(request: Request) -> bytes:
    """Return the file that was chosen. No file at all is no picture."""
    sent = request.FILES.getlist("logo")
    content = sent[0].read(services.LONGEST_LOGO + 1) if len(sent) == 1 else b""
    return bytes(content)
