"""Error pages in the brand's look, each with a way on; and one without a brand for the worst hour."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, cast

from django.db import DatabaseError
from django.http import HttpResponsePermanentRedirect
from django.urls import Resolver404, is_valid_path

from doorward.web.http.outage import UPDATE_SECONDS, bare, not_saved
from doorward.web.http.pages import render_outside
from doorward.web.http.readiness import is_up_to_date

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from doorward.web.http.requests import Request

_log = logging.getLogger("doorward.errors")


def error_page(request: HttpRequest, status: int, **words: object) -> HttpResponse:
    """Render the page of an error; `words` are what its template may say."""
    try:
        return render_outside(cast("Request", request), f"errors/{status}.html", status, **words)
    except Exception:  # noqa: BLE001 - an error page that fails must not hide the error
        _log.exception("the page of error %s could not be made", status)
        return bare(request, status)


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
    """Answer an address that leads nowhere, or to another customer's; one that lacks its slash leads on to it."""
    if isinstance(exception, Resolver404) and _lacks_slash(request):
        # Its own path and query alone: whatever it begins with, it stays with this host.
        return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
    return error_page(request, 404)


def must_wait(request: HttpRequest, seconds: int) -> HttpResponse:
    """Answer who has to wait where no form is there to say it."""
    page = error_page(request, 429, seconds=seconds)
    page["Retry-After"] = str(seconds)
    return page


def broken(request: HttpRequest) -> HttpResponse:
    """Answer where we failed, nothing can be saved, or the database has not got this version's tables yet."""
    if page := not_saved(request, sys.exc_info()[1]):
        return page
    if not _is_being_updated():
        return error_page(request, 500)
    page = error_page(request, 503)
    page["Retry-After"] = str(UPDATE_SECONDS)
    return page


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from one of our pages, or from one that is too old."""
    del reason
    try:
        return render_outside(cast("Request", request), "errors/403_csrf.html", 403)
    except Exception:  # noqa: BLE001 - as above
        _log.exception("the page of a refused form could not be made")
        return bare(request, 403)


def _lacks_slash(request: HttpRequest) -> bool:
    """Return whether only the slash at its end is missing. A form is never led on: what it holds would be lost."""
    path = request.path_info
    if request.method not in {"GET", "HEAD"} or path.endswith("/") or path.startswith("//"):
        return False
    return bool(is_valid_path(f"{path}/"))


def _is_being_updated() -> bool:
    try:
        return not is_up_to_date()
    except DatabaseError:
        return False
