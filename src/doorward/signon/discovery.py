"""What an application reads of the provider before anything else (OpenID Connect Discovery 1.0), and its key set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.http import require_safe

from doorward.applications import keys
from doorward.gate.requirement import Need
from doorward.signon.issuer import issuer_of
from doorward.signon.metadata import metadata
from doorward.web.http.needs import needs

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.NOTHING)
@require_safe
def configuration(request: Request) -> HttpResponse:
    """Return where everything is and what is offered, of the brand at whose host it is asked for."""
    languages = [code for code, _name in settings.LANGUAGES]
    return _kept(metadata(issuer_of(request), languages=languages))


@needs(Need.NOTHING)
@require_safe
def keys_(_request: Request) -> HttpResponse:
    """Return the keys that tokens are verified with (RFC 7517): none before there is an application."""
    return _kept(keys.published())


def _kept(said: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(said)
    response["Cache-Control"] = f"public, max-age={keys.CACHED_SECONDS}"
    # Applications in a browser read it, too; nothing in it is about anybody.
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
