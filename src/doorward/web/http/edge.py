"""The edge: where a request came from, the answer to what was refused unread, the line in the log, the count."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse

from doorward.audit.actor import ClientInfo
from doorward.kernel.loglines import json_line, text_line
from doorward.kernel.metrics import counting
from doorward.web.http import tracing
from doorward.web.http.addresses import refuse_sender, sender_of
from doorward.web.http.methods import refuse_method
from doorward.web.http.rooms import outcome_of, room_of
from doorward.web.server.body_limits import refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase

    from doorward.web.http.requests import Request

_log = logging.getLogger("doorward.request")

BROWSER_CHARACTERS = 400
_LONGEST_METHOD = 16
# Powers of the browser that no page uses, and the two that passkeys need.
_PERMISSIONS = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), "
    "microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), "
    "browsing-topics=(), interest-cohort=()"
)
# What every answer has, files and refusals too, where nothing inside has said it more exactly.
_HEADERS = (
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", _PERMISSIONS),
    # For what does not know `frame-ancestors`.
    ("X-Frame-Options", "DENY"),
    # A file, or plain text: a picture that is opened alone runs nothing.
    (
        "Content-Security-Policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    ("Cache-Control", "no-store"),
)


class Edge:
    """The outermost middleware. Sets `request.origin`."""

    def __init__(self, get_response: Callable[[Request], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.https = settings.DOORWARD.https
        self.line = json_line if settings.DOORWARD.log_format == "json" else text_line

    def __call__(self, request: Request) -> HttpResponseBase:
        """Answer a request; one that was refused before it was read (`body_limits.judge`), with that."""
        started = time.perf_counter()
        address, secure = sender_of(request.META)
        if secure or self.https:
            # Behind a proxy that ends TLS the scheme is not the socket's, and Django's check of a
            # form's origin would refuse every form.
            request.META["wsgi.url_scheme"] = "https"
        request.client = ClientInfo(
            address=address,
            browser=request.META.get("HTTP_USER_AGENT", "")[:BROWSER_CHARACTERS],
            request_id=token_hex(16),
        )
        method = request.META["REQUEST_METHOD"]
        response = (
            refuse_method(method)
            or refuse_sender(request.META)
            or refusal_of(request.META)
            or self.get_response(request)
        )
        for name, value in _HEADERS:
            response.headers.setdefault(name, value)
        response.headers["X-Request-ID"] = request.client.request_id
        if isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
        seconds, outcome = time.perf_counter() - started, outcome_of(response.status_code)
        counting.counts().count_request(room_of(request), outcome, seconds)
        if tracing.is_on():
            tracing.tell(request, response.status_code, seconds=seconds)
        if _log.isEnabledFor(logging.INFO):
            self._write_line(request, response, seconds=seconds)
        return response

    def _write_line(self, request: Request, response: HttpResponseBase, *, seconds: float) -> None:
        """Write to stderr past Python's logging, whose way to there costs a tenth of a page."""
        # Never the path itself: the path of a mailed link is its secret.
        match = request.resolver_match
        fields = {
            "request_id": request.client.request_id,
            # As it came: Django makes capitals of it. Whatever it is, it is a short word of the line.
            "method": request.META["REQUEST_METHOD"][:_LONGEST_METHOD],
            "route": f"/{match.route}" if match else "-",
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 2),
            "address": request.client.address,
        }
        line = self.line(time.time(), "INFO", _log.name, "answered", fields)
        # A full disk, or a reader that is gone: what was done is answered all the same.
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
