"""What belongs to every page: the brand's stylesheet, icon and logos; the language; staying signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from doorward.accounts import services
from doorward.customers import pictures
from doorward.customers.models import PictureKind
from doorward.gate.requirement import Need
from doorward.kernel.text.cleaning import safe_next
from doorward.web.http.language_cookie import keep_language
from doorward.web.http.needs import needs
from doorward.web.http.pages import seconds_left, see_other
from doorward.web.http.posted import FieldMissing
from doorward.web.http.requests import acting, session_of
from doorward.web.kit.brandmark import look_version, write_icon, write_stylesheet
from doorward.web.kit.forms import read

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_NOT_FOR_EVER: Final = "public, max-age=300"
# What came from outside is shown, never run.
_INERT: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class StayForm:
    """Where to go on to."""

    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageForm(StayForm):
    """The language that was chosen."""

    language: str


@needs(Need.NOTHING)
@require_safe
def brand_css(request: Request) -> HttpResponse:
    """The brand's accent as custom properties."""
    return _answer(request, write_stylesheet(request.brand.accent), "text/css; charset=utf-8")


@needs(Need.NOTHING)
@require_safe
def brand_icon(request: Request) -> HttpResponse:
    """The icon in the browser's tab: the brand's own, else its first letter on its accent."""
    brand = request.brand
    if brand.picture(PictureKind.ICON):
        return _picture(request, PictureKind.ICON)
    return _answer(request, write_icon(name=brand.name, accent=brand.accent), "image/svg+xml")


@needs(Need.NOTHING)
@require_safe
def brand_logo(request: Request) -> HttpResponse:
    """The logo that the provider put there for this brand."""
    return _picture(request, PictureKind.LOGO)


@needs(Need.NOTHING)
@require_safe
def brand_logo_dark(request: Request) -> HttpResponse:
    """The logo for dark backgrounds."""
    return _picture(request, PictureKind.LOGO_DARK)


@needs(Need.NOTHING, old_forms=True)
@require_POST
def choose_language(request: Request) -> HttpResponse:
    """Remember a language: in this browser, and for the person where somebody is signed in."""
    form = read(request, LanguageForm)
    chosen = form.language
    if chosen not in dict(settings.LANGUAGES):
        raise FieldMissing("language")
    if request.administrator is not None:
        services.change_language(request.administrator.id, chosen, actor=acting(request))
    response = see_other(safe_next(form.next) or "/")
    return keep_language(response, chosen)


@needs(Need.OWN, old_forms=True)
@require_POST
def stay(request: Request) -> HttpResponse:
    """Stay signed in: the gate has just noted that somebody is here. A script is told for how long."""
    if "application/json" in request.headers.get("Accept", ""):
        left = seconds_left(request, session_of(request))
        return JsonResponse({"seconds": left}, headers={"Cache-Control": "no-store"})
    return see_other(safe_next(read(request, StayForm).next) or "/")


def _picture(request: Request, kind: PictureKind) -> HttpResponse:
    """Answer with a picture of the brand whose host was asked. Raises `NotFound`."""
    content, type_ = pictures.read(request.brand.id, kind)
    response = _answer(request, content, type_)
    response["Content-Security-Policy"] = _INERT
    return response


def _answer(request: Request, content: str | bytes, kind: str) -> HttpResponse:
    """Answer with what is kept for ever under its version; under another, as an old page asks, for minutes."""
    current = request.GET.get("v") == look_version(request.brand)
    headers = {"Cache-Control": _FOR_EVER if current else _NOT_FOR_EVER}
    return HttpResponse(content, content_type=kind, headers=headers)
