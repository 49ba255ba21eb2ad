"""What belongs to every page: the brand's stylesheet, icon and logo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import Http404, HttpResponse

from doorward.core.steps import Need
from doorward.customers.models import Brand
from doorward.web.brandmark import look_version, write_icon, write_stylesheet
from doorward.web.needs import needs

if TYPE_CHECKING:
    from doorward.web.requests import Request

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_NOT_FOR_EVER: Final = "public, max-age=300"
# A drawing that came from outside is shown, never run.
_INERT: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@needs(Need.NOTHING)
def brand_css(request: Request) -> HttpResponse:
    """The brand's accent as custom properties."""
    return _answer(request, write_stylesheet(request.brand.accent), "text/css; charset=utf-8")


@needs(Need.NOTHING)
def brand_icon(request: Request) -> HttpResponse:
    """The icon in the browser's tab."""
    brand = request.brand
    return _answer(request, write_icon(name=brand.name, accent=brand.accent), "image/svg+xml")


@needs(Need.NOTHING)
def brand_logo(request: Request) -> HttpResponse:
    """The logo that the provider put there for this brand."""
    found = Brand.objects.filter(pk=request.brand.id).values_list("logo", "logo_type").first()
    if not found or not found[0]:
        raise Http404
    response = _answer(request, bytes(found[0]), found[1])
    response["Content-Security-Policy"] = _INERT
    return response


def _answer(request: Request, content: str | bytes, kind: str) -> HttpResponse:
    """Answer with what is kept for ever under its version; under another one, as an old page asks, for minutes."""
    current = request.GET.get("v") == look_version(request.brand)
    return HttpResponse(
        content,
        content_type=kind,
        headers={"Cache-Control": _FOR_EVER if current else _NOT_FOR_EVER},
    )
