"""What a proxy passes on to us from a site's own host: the end of a hand-over, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_GET

from doorward.applications import going_to_site, sites, visits
from doorward.applications.errors import HandOverRefused
from doorward.gate.requirement import Need
from doorward.kernel.refusals import sentence
from doorward.signon.forward import original_request, site_cookies
from doorward.signon.forward.plain_pages import begin_again, plain
from doorward.web.http.needs import needs
from doorward.web.http.pages import see_other

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.applications.models import Site
    from doorward.web.http.requests import Request


@needs(Need.NOTHING, any_host=True)
@require_GET
def sign_in(request: Request) -> HttpResponse:
    """Give the browser that began the cookie of this site, and lead it to the page that it wanted."""
    site = _site(request)
    if site is None:
        return plain("No site is known at this address.\n", 404)
    wanted = going_to_site.unpack(request.GET.get(going_to_site.PARAMETER, ""), now=request.now)
    path = wanted.path if wanted is not None and wanted.site_id == site.id else "/"
    state = site_cookies.state_of(request, site.origin)
    try:
        cookie = visits.take(site, request.GET.get("code", ""), state=state, now=request.now)
    except HandOverRefused as refusal:
        return begin_again(request, sentence(refusal), f"{site.origin}{path}")
    if old := site_cookies.cookie_of(request, site.origin):
        visits.end(old, origin=site.origin, now=request.now)
    return site_cookies.keep_cookie(see_other(f"{site.origin}{path}"), site.origin, cookie)


@needs(Need.NOTHING, any_host=True)
@require_GET
def sign_out(request: Request) -> HttpResponse:
    """End what this browser has of the site, and lead to where the person signs out of all."""
    site = _site(request)
    if site is None:
        return plain("No site is known at this address.\n", 404)
    if cookie := site_cookies.cookie_of(request, site.origin):
        visits.end(cookie, origin=site.origin, now=request.now)
    onward = sites.portal_of(site).address("/oidc/logout/")
    return site_cookies.drop_cookie(see_other(onward), site.origin)


def _site(request: Request) -> Site | None:
    try:
        return sites.of_origin(original_request.read(request).origin)
    except original_request.Unsaid:
        return None
