"""Rendering a page, and redirecting after a form: what every view ends with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.messages import get_messages
from django.http import HttpResponse, HttpResponseRedirect

from doorward.customers.cached import brand_for_host, is_known_host
from doorward.sessions.rules import is_managing
from doorward.web.fast.csrf_token import form_input
from doorward.web.http.destination import destination_of
from doorward.web.kit.brandmark import look_version
from doorward.web.kit.forms import NOTHING
from doorward.web.kit.jinja import page_template
from doorward.web.kit.offered import shown_to
from doorward.web.kit.tab_bar import tab_items
from doorward.web.kit.why import sentence

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.sessions.context import AuthContext
    from doorward.web.http.requests import Request
    from doorward.web.kit.forms import Wrong


_NOBODYS: Final = "errors/421.html"


@dataclass(frozen=True, slots=True)
class Banner:
    """That this is a customer's portal: whose, as whom it is seen, until when, and whether something may be changed."""

    customer: str
    person: str
    until: datetime | None
    changes: bool


@dataclass(frozen=True, slots=True)
class Me:
    """The person as the account menu shows them."""

    full_name: str
    email: str
    customer_name: str
    language: str
    two_factor_on: bool
    two_factor_required: bool


def render(
    request: Request,
    name: str,
    page: object = None,
    *,
    status: int = 200,
    wrong: Wrong = NOTHING,
) -> HttpResponse:
    """Render a template with a page's typed context; nothing of it is ever kept by a cache.

    `wrong`: a form was not accepted, which is answered 422, or 429 with the seconds to wait.
    """
    is_staff = request.auth is not None and request.auth.person.is_staff
    context = shared_context(request) | {
        "page": page,
        "why": sentence(request.why, of_staff=is_staff),
        "onto": destination_of(request),
    }
    auth = request.auth if request.administrator is not None else None
    with shown_to(auth, now=request.now):
        content = page_template(name).render(context)
    response = HttpResponse(content, status=422 if wrong else status)
    response["Cache-Control"] = "no-store"
    if wrong.wait:
        response.status_code = 429
        response["Retry-After"] = str(wrong.wait)
    return response


def render_outside(request: Request, name: str, status: int, **words: object) -> HttpResponse:
    """Render an error page: it tells nothing of the portal, and needs neither gate nor session.

    Under a name that is nobody's it does not even tell whose portal this is, whatever the error was.
    """
    request.outside = True
    host = getattr(request, "host", "")
    if not hasattr(request, "brand"):
        request.brand = brand_for_host(host)
    if not is_known_host(host):
        name = _NOBODYS
    client = getattr(request, "client", None)
    context = _frame(request) | {"reference": client.request_id if client else ""} | words
    response = HttpResponse(page_template(name).render(context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def see_other(address: str) -> HttpResponseRedirect:
    """Redirect with 303, so that the browser goes on with GET whatever it sent."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    return response


def shared_context(request: Request) -> dict[str, Any]:
    """Return what every template may use."""
    auth = request.auth if request.administrator is not None else None
    if auth is None:
        return _frame(request)
    frame = _frame(request)
    # Also on a page that is their own, tabs lead to where this session is.
    at = request.managing if frame["managing"] and request.managing is not None else auth
    return frame | {
        "me": _me(auth.own),
        # Whose portal it is: for staff that manages one, not their own company.
        "company": auth.person.customer_name,
        "tabs": tab_items(at.person, current=request.tab),
        "session_left": seconds_left(request, auth.own),
    }


def _frame(request: Request) -> dict[str, Any]:
    return {
        "request": request,
        "brand": request.brand,
        "me": None,
        "tabs": (),
        # one token for a page, however many forms it has
        "csrf_input": form_input(request),
        "csp_nonce": str(getattr(request, "csp_nonce", "")),
        "look": look_version(request.brand),
        "path": request.get_full_path(),
        "flashes": list(get_messages(request)),
        "session_left": None,
        "managing": managing_banner(request),
    }


def managing_banner(request: Request) -> Banner | None:
    """Return what stands over each page of a session that is in a customer's portal, for as long as it may be."""
    portal = getattr(request, "managing", None)
    facts = portal.own.facts.managing if portal is not None else None
    if portal is None or facts is None or not is_managing(facts, now=request.now):
        return None
    return Banner(portal.person.customer_name, portal.person.full_name, facts.until, facts.changes)


def _me(auth: AuthContext) -> Me:
    person = auth.person
    return Me(
        full_name=person.full_name,
        email=person.email,
        customer_name=person.customer_name,
        language=person.language,
        two_factor_on=bool(auth.facts.factors),
        two_factor_required=auth.facts.policy.required,
    )


def seconds_left(request: Request, auth: AuthContext) -> int | None:
    """Return the seconds until this session ends if nothing more is done in it."""
    session, policy = auth.facts.session, auth.facts.policy
    if session is None:
        return None
    total = session.created_at + timedelta(seconds=policy.session_seconds) - request.now
    return max(0, min(policy.idle_seconds, int(total.total_seconds())))
