"""Answers that an application in a browser may read: at the origins of its own addresses, and no cookie counts (CORS).

Others, and applications that run on a server, have no use of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpResponse

from doorward.applications.models import Application, ClientType
from doorward.kernel.host_spelling import join_origin

if TYPE_CHECKING:
    from doorward.web.http.requests import Request


def share(request: Request, response: HttpResponse) -> HttpResponse:
    """Let the page that asks read an answer, where it is one of an application that runs in a browser."""
    origin = request.headers.get("Origin", "")
    response["Vary"] = "Origin"
    if origin and origin in _origins():
        response["Access-Control-Allow-Origin"] = origin
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def preflight(request: Request) -> HttpResponse:
    """Answer a browser that asks whether a page may send the token in a header (Fetch, 3.3.2)."""
    response = share(request, HttpResponse(status=204))
    if "Access-Control-Allow-Origin" in response:
        response["Access-Control-Allow-Methods"] = "GET, POST"
        response["Access-Control-Allow-Headers"] = "Authorization"
        response["Access-Control-Max-Age"] = "600"
    return response


def _origins() -> set[str]:
    rows = Application.objects.filter(client_type=ClientType.PUBLIC)
    found = (urlsplit(one) for uris in rows.values_list("redirect_uris", flat=True) for one in uris)
    web = (one for one in found if one.scheme in {"http", "https"})
    return {join_origin(one.scheme, one.hostname or "", one.port) for one in web}
