"""What a visitor is told in an outage: the database is out of reach or busy, the disk is full, nothing can be saved."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from doorward.kernel.why_not_saved import Fault, fault_in
from doorward.web.http.pages import render_outside
from doorward.web.kit.jinja import page_template

if TYPE_CHECKING:
    from django.http import HttpRequest

    from doorward.web.http.requests import Request

UPDATE_SECONDS = 60
_BUSY_SECONDS = 5

_log = logging.getLogger("doorward.errors")


def not_saved(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Answer where nothing can be saved for now, and why is no fault of the program's; None: it is another error."""
    fault = fault_in(error)
    if fault is None:
        return None
    _log.error("nothing can be saved: %s", fault.value)
    if fault in {Fault.AWAY, Fault.LOST}:
        return _out_of_reach(request, in_doubt=fault is Fault.LOST)
    busy = fault is Fault.BUSY
    page = _unavailable(request, "not_saved", _("Nothing can be saved just now"), busy=busy)
    if busy:
        page["Retry-After"] = str(_BUSY_SECONDS)
    return page


def _out_of_reach(request: HttpRequest, *, in_doubt: bool) -> HttpResponse:
    """Answer while the database is on its way to another machine; `in_doubt`: what was sent may have been saved."""
    what = _("The portal cannot reach its data just now")
    if _is_program(request):
        problem = {"type": "about:blank", "title": what, "status": 503}
        page: HttpResponse = JsonResponse(
            problem, status=503, content_type="application/problem+json"
        )
    else:
        sent = request.method not in {"GET", "HEAD"}
        # What a form is sent to may be no page: back to where it stood.
        again = getattr(request, "form_at", "") if sent else request.path
        page = _unavailable(
            request, "out_of_reach", what, sent=sent, in_doubt=in_doubt, again=again
        )
    page["Retry-After"] = str(_BUSY_SECONDS)
    return page


def _is_program(request: HttpRequest) -> bool:
    """Return whether a program asks, which says that it wants JSON; browsers say that they want HTML."""
    wanted = request.META.get("HTTP_ACCEPT", "")
    return "json" in wanted and "text/html" not in wanted


def not_signed_out(request: HttpRequest) -> HttpResponse:
    """Answer who signs out while the session cannot be ended; this browser forgets it all the same."""
    page = _unavailable(request, "not_signed_out", _("This browser is signed out"))
    page["Clear-Site-Data"] = '"storage"'
    return page


def _unavailable(request: HttpRequest, name: str, what: str, **words: object) -> HttpResponse:
    try:
        page = render_outside(cast("Request", request), f"errors/{name}.html", 503, **words)
    except Exception:  # noqa: BLE001 - an error page that fails must not hide the error
        _log.exception("the page %s could not be made", name)
        page = bare(request, 503, what=what)
    page["Retry-After"] = str(UPDATE_SECONDS)
    return page


def bare(request: HttpRequest, status: int, *, what: str = "") -> HttpResponse:
    """Return the page without a brand, for the worst hour: nothing has to be read for it."""
    client = getattr(request, "client", None)
    context = {
        "reference": client.request_id if client else "",
        "what": what or _("Something went wrong"),
        "why": _("This is our fault, not yours. Please try again in a minute."),
    }
    return HttpResponse(page_template("errors/bare.html").render(context), status=status)
