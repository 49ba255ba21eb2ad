"""Error pages in the brand's look, each with a way on; and one without a brand for the worst hour."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, cast

from django.db import DatabaseError
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from doorward.kernel.why_not_saved import Fault, fault_in
from doorward.web.http.pages import render_outside
from doorward.web.http.readiness import is_up_to_date
from doorward.web.kit.jinja import page_template

if TYPE_CHECKING:
    from django.http import HttpRequest

    from doorward.web.http.requests import Request

_UPDATE_SECONDS = 60
_BUSY_SECONDS = 5

_log = logging.getLogger("doorward.errors")


def error_page(request: HttpRequest, status: int, **words: object) -> HttpResponse:
    """Render the page of an error; `words` are what its template may say."""
    try:
        return render_outside(cast("Request", request), f"errors/{status}.html", status, **words)
    except Exception:  # noqa: BLE001 - an error page that fails must not hide the error
        _log.exception("the page of error %s could not be made", status)
        return _bare(request, status)


def with_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return an answer that says nothing, as Django's to a wrong method, with its page; its headers stay."""
    if response.content:
        return response
    page = error_page(request, response.status_code)
    for name, value in response.headers.items():
        page.headers.setdefault(name, value)
    return page


def refusal_page(request: HttpRequest, message: str, *, back: str) -> HttpResponse:
    """Render what a rule refused where no form is there to say it (422)."""
    return error_page(request, 422, message=message, back=back)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be understood."""
    del exception
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not allowed."""
    del exception
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere, or to another customer's."""
    del exception
    return error_page(request, 404)


def must_wait(request: HttpRequest, seconds: int) -> HttpResponse:
    """Answer who has to wait where no form is there to say it."""
    page = error_page(request, 429, seconds=seconds)
    page["Retry-After"] = str(seconds)
    return page


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
    except Exception:  # noqa: BLE001 - as above
        _log.exception("the page %s could not be made", name)
        page = _bare(request, 503, what=what)
    page["Retry-After"] = str(_UPDATE_SECONDS)
    return page


def broken(request: HttpRequest) -> HttpResponse:
    """Answer where we failed, nothing can be saved, or the database has not got this version's tables yet."""
    if page := not_saved(request, sys.exc_info()[1]):
        return page
    if not _is_being_updated():
        return error_page(request, 500)
    page = error_page(request, 503)
    page["Retry-After"] = str(_UPDATE_SECONDS)
    return page


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from one of our pages, or from one that is too old."""
    del reason
    try:
        return render_outside(cast("Request", request), "errors/403_csrf.html", 403)
    except Exception:  # noqa: BLE001 - as above
        _log.exception("the page of a refused form could not be made")
        return _bare(request, 403)


def _is_being_updated() -> bool:
    try:
        return not is_up_to_date()
    except DatabaseError:
        return False


def _bare(request: HttpRequest, status: int, *, what: str = "") -> HttpResponse:
    client = getattr(request, "client", None)
    context = {
        "reference": client.request_id if client else "",
        "what": what or _("Something went wrong"),
        "why": _("This is our fault, not yours. Please try again in a minute."),
    }
    return HttpResponse(page_template("errors/bare.html").render(context), status=status)
