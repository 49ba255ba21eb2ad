"""How the answer to an authorization request reaches the application, and what people see where none does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from csp.utils import build_policy
from django.http import HttpResponse
from django.utils.translation import gettext as _

from doorward.accounts.looking_after import whom_to_ask
from doorward.applications.models import Application, Site
from doorward.applications.protocol import Code, ProtocolError
from doorward.applications.resuming import PARAMETER
from doorward.customers.tab_audience import is_for
from doorward.customers.tab_titles import title_of
from doorward.customers.tabs import ADMINISTRATORS
from doorward.kernel.errors import Refusal
from doorward.kernel.host_spelling import join_origin
from doorward.kernel.refusals import sentence
from doorward.signon.authorization_request import TOO_OLD
from doorward.web.http.errors import refusal_page
from doorward.web.http.pages import render, see_other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.applications.resuming import Begun
    from doorward.web.http.requests import Request

_WEB: Final = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where an answer goes, and how. `by_page`: by a page of ours that leads on.

    Browsers do not let a form lead to another site by way of redirects (CSP 3, `form-action`), and a sign-in is a form.
    """

    redirect_uri: str
    state: str
    issuer: str
    form_post: bool
    by_page: bool

    def address(self, **said: str) -> str:
        """Return the whole address of an answer in the query."""
        return with_query(self.redirect_uri, self.fields(**said))

    def fields(self, **said: str) -> dict[str, str]:
        """Return all that is answered; `iss` says by whom, so that no answer passes for another's (RFC 9207)."""
        found = said | {"state": self.state, "iss": self.issuer}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardPage:
    """A page that leads on to an application: by a link, or by a form with `fields`."""

    application: str
    address: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedPage:
    """Why somebody does not get on to an application. `set_up`: a factor is missing that they can set up."""

    application: str
    company: str
    # Colleagues who can give the right; empty: nobody but who asks.
    ask: tuple[str, ...]
    set_up: bool
    # Whether the tab is for their company, so that somebody there can give the right to it.
    theirs: bool = True
    # Their own page, where they can give it to themselves; empty: they cannot.
    own: str = ""
    # It is not opened while managing; `changes`: it could be, with the customer's yes to changes.
    managing: bool = False
    changes: bool = False
    is_site: bool = False
    again: str
    # To the application, with its answer; a site gets none.
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherPage:
    """Somebody else is expected than who is signed in. `again`: the request, once somebody else is."""

    application: str
    email: str
    expected: str
    on: str
    again: str
    back: str


def with_query(address: str, fields: Mapping[str, str]) -> str:
    """Return an address with more in its query, which it may have already, or only begin."""
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(fields)}"


def answer(request: Request, to: Answer, **said: str) -> HttpResponse:
    """Send the browser to the application with an answer."""
    if to.form_post:
        return _by_form(request, to, **said)
    address = to.address(**said)
    if not to.by_page:
        return _see(address)
    page = OnwardPage(application=urlsplit(to.redirect_uri).hostname or "", address=address)
    response = render(request, "signon/onward.html", page)
    response["Refresh"] = f"0; url={address}"
    return response


def another(request: Request, begun: Begun, expected: str, to: Answer) -> HttpResponse:
    """Ask whether to go on as who is signed in, where the application expects somebody else."""
    page = AnotherPage(
        application=urlsplit(to.redirect_uri).hostname or "",
        email=request.auth.own.person.email if request.auth else "",
        expected=expected,
        on=begun.for_anybody().address(),
        again=parse_qs(urlsplit(begun.address()).query)[PARAMETER][0],
        back=to.address(error=Code.LOGIN_REQUIRED.value),
    )
    return render(request, "signon/another.html", page)


def denied(
    request: Request, application: Application, to: Answer, again: str, code: Code
) -> HttpResponse:
    """Say why somebody does not get on, whom to ask or what to do, and give the application its answer by a link."""
    return denied_page(
        request,
        application,
        to.redirect_uri,
        again,
        set_up=code is not Code.ACCESS_DENIED,
        back=to.address(error=code.value),
    )


def denied_page(  # noqa: PLR0913 - what the page says
    request: Request,
    behind: Application | Site,
    address: str,
    again: str,
    *,
    set_up: bool,
    back: str = "",
) -> HttpResponse:
    """Say why somebody does not get on to what is behind a tab, at an address, and whom to ask or what to do."""
    known = is_known(request, behind)
    person = request.auth.person if request.auth else None
    page = DeniedPage(
        application=title_of(behind.tab.key) if known else urlsplit(address).hostname or "",
        company=person.customer_name if person else "",
        ask=tuple(whom_to_ask(person.customer_id, besides=person.id)) if person else (),
        set_up=set_up,
        theirs=known,
        own=f"/administrators/{person.id}/" if person and ADMINISTRATORS in person.tab_keys else "",
        again=again,
        back=back,
    )
    return render(request, "signon/denied.html", page, status=403)


def not_managing(
    request: Request, behind: Application | Site, address: str, *, back: str = ""
) -> HttpResponse:
    """Say why who manages a customer's portal does not get on to what is behind a tab, at an address.

    A site never opens then: it is told whom a person is by headers, which have no word for who acts (`act`).
    """
    known = is_known(request, behind)
    page = DeniedPage(
        application=title_of(behind.tab.key) if known else urlsplit(address).hostname or "",
        company="",
        ask=(),
        set_up=False,
        managing=True,
        changes=isinstance(behind, Application) and behind.while_managing,
        is_site=isinstance(behind, Site),
        again="",
        back=back,
    )
    return render(request, "signon/denied.html", page, status=403)


def is_known(request: Request, application: Application | Site) -> bool:
    """Return whether its tab is for the company of who asks: one that is for others has a title that is theirs."""
    if request.auth is None:
        return False
    person = (request.auth.portal or request.auth).person
    return is_for(application.tab, person.brand_id, person.customer_id)


def no_answer(request: Request, error: Exception) -> HttpResponse:
    """Say on a page of ours what is wrong: nobody is sent to an address that no application has."""
    if isinstance(error, Refusal):
        text = sentence(error)
    elif TOO_OLD in error.args:
        text = _("This took too long. Open the application once more.")
    elif isinstance(error, ProtocolError):
        text = _("The application asked in a way that is not understood.")
    else:
        text = _("No application that asks like this is known here.")
    return refusal_page(request, text, back="/")


def _by_form(request: Request, to: Answer, **said: str) -> HttpResponse:
    """Answer by a form that sends itself (OAuth 2.0 Form Post Response Mode)."""
    parts = urlsplit(to.redirect_uri)
    page = OnwardPage(
        application=parts.hostname or "",
        address=to.redirect_uri,
        fields=tuple(to.fields(**said).items()),
    )
    response = render(request, "signon/form_post.html", page)
    origin = join_origin(parts.scheme, parts.hostname or "", parts.port)
    response["Content-Security-Policy"] = build_policy(
        nonce=getattr(request, "_csp_nonce", None), replace={"form-action": [origin]}
    )
    return response


def _see(address: str) -> HttpResponse:
    if urlsplit(address).scheme in _WEB:
        return see_other(address)
    # An application's own scheme, which Django's redirects do not know.
    response = HttpResponse(status=303)
    response["Location"] = address
    response["Cache-Control"] = "no-store"
    return response
