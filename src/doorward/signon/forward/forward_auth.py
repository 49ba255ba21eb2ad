"""What a proxy asks about each request to a site: the gate's own decision, in words that proxies know.

200: on to the site, with who it is. 401: somebody has to sign in, or to take a step, and cannot be led there. 303: they
are led there. 403: they have no right. Whatever else happens is none of these, and lets nobody through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from doorward.applications import going_to_site, identity_headers, sites, visits
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.customers.events import ACCESS_REFUSED
from doorward.customers.tab_audience import is_for
from doorward.customers.tab_titles import title_of
from doorward.gate.requirement import Need, Step
from doorward.signon.forward import original_request, site_cookies
from doorward.signon.forward.plain_pages import no_right, plain
from doorward.web.http.needs import needs
from doorward.web.http.pages import see_other

if TYPE_CHECKING:
    from doorward.applications.models import Site
    from doorward.gate.loading import Visit
    from doorward.signon.forward.original_request import Original
    from doorward.web.http.requests import Request

# How a proxy wants its answer: a status alone, as nginx takes it; or what the browser is shown after such a status.
_ANSWER: Final = "answer"
_STATUS: Final = "status"
_PAGE: Final = "page"


# A proxy asks, by whatever method: no form is sent here.
@csrf_exempt
@needs(Need.NOTHING, any_host=True)
def ask(request: Request) -> HttpResponse:
    """Say whether a request may go on to its site, and as whom."""
    try:
        wanted = original_request.read(request)
    except original_request.Unsaid:
        return plain("Only a trusted proxy may ask, and it says host and scheme.\n", 400)
    how = request.GET.get(_ANSWER, "")
    cookie = site_cookies.cookie_of(request, wanted.origin)
    visit = visits.find(cookie, origin=wanted.origin, now=request.now) if cookie else None
    step = visits.decide(visit, now=request.now).step if visit else Step.SIGN_IN
    if visit is not None and step is Step.THROUGH:
        return _through(request, visit, wanted, how)
    site = sites.of_origin(wanted.origin)
    if site is None:
        return plain("No site is known at this address.\n", 403)
    if visit is not None and step is Step.NO_RIGHT:
        return _refuse(request, site, visit, wanted, how)
    if how == _STATUS or not wanted.is_navigation:
        answer = plain("Somebody has to sign in.\n", 401)
        answer["WWW-Authenticate"] = "Doorward"
        return answer
    return _lead(request, site, wanted)


def _through(request: Request, visit: Visit, wanted: Original, how: str) -> HttpResponse:
    if wanted.is_by_a_person:
        visits.note_use(visit, now=request.now)
    if how == _PAGE:
        # Let through since the proxy was told otherwise: it goes on at the site, not with our empty answer.
        return see_other(wanted.address)
    return HttpResponse(headers=identity_headers.headers_of(visit, now=request.now))


def _refuse(request: Request, site: Site, visit: Visit, wanted: Original, how: str) -> HttpResponse:
    person = visit.auth.person
    known = is_for(site.tab, person.brand_id, person.customer_id)
    repeats.record_once(
        ACCESS_REFUSED,
        actor=visit.auth.actor(request.client),
        outcome=Outcome.REFUSED,
        details={"tab": site.tab.key if known else ""},
        now=request.now,
    )
    if how == _STATUS or not wanted.is_navigation:
        return plain("There is no right to this site.\n", 403)
    title = title_of(site.tab.key) if known else ""
    portal = sites.portal_of(site).address("/")
    return no_right(request, title, person.customer_name, portal)


def _lead(request: Request, site: Site, wanted: Original) -> HttpResponse:
    """Send the browser to the portal, known by a cookie at the site's host as the one that began."""
    # One for all its windows: whichever is done first leaves the others theirs.
    state = site_cookies.state_of(request, site.origin) or visits.new_secret()
    going = going_to_site.Wanted(
        site_id=site.id,
        state=visits.state_hash(state),
        path=wanted.path,
        at=request.now,
    )
    answer = see_other(sites.portal_of(site).address(going.address()))
    return site_cookies.keep_state(answer, site.origin, state)
