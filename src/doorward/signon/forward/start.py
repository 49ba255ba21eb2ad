"""On the way to a site: at the portal, where the gate decides, and a step that is missing is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from doorward.applications import going_to_site, grants, sites, visits
from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.signon.answers import OnwardPage, denied_page, is_known, not_managing
from doorward.signon.authorize import not_enough
from doorward.web.http.errors import refusal_page
from doorward.web.http.gate import lead, note_refused
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.applications.going_to_site import Wanted
    from doorward.applications.models import Site
    from doorward.web.http.requests import Request

# At the site's own host; its proxy passes it on to us.
_SIGN_IN: Final = "/.doorward/sign-in/"


@needs(Need.NOTHING)
@require_GET
def start(request: Request) -> HttpResponse:
    """Lead on to a site with a code, or to the step that is missing, and then back."""
    wanted = going_to_site.unpack(request.GET.get(going_to_site.PARAMETER, ""), now=request.now)
    site = sites.with_id(wanted.site_id) if wanted else None
    if wanted is None or site is None:
        text = _("This took too long. Open the page that you want once more.")
        return refusal_page(request, text, back="/")
    need = grants.need_of(site)
    verdict = evaluate(request.auth, need, now=request.now)
    again = replace(wanted, again=True).address()
    if verdict.through:
        return _hand_over(request, site, wanted)
    if verdict.step is Step.NOT_WHILE_MANAGING:
        return not_managing(request, site, site.origin)
    if verdict.step is Step.NO_RIGHT:
        note_refused(request, site.tab.key if is_known(request, site) else "")
    if verdict.step in {Step.NO_RIGHT, Step.ANOTHER_FACTOR}:
        another = verdict.step is Step.ANOTHER_FACTOR
        return denied_page(request, site, site.origin, again, set_up=another)
    return lead(request, verdict, again, without=not_enough(request, need.assurance))


def _hand_over(request: Request, site: Site, wanted: Wanted) -> HttpResponse:
    code = visits.give(
        site,
        state=wanted.state,
        auth=session_of(request),
        actor=acting(request),
        now=request.now,
    )
    query = urlencode({"code": code, going_to_site.PARAMETER: wanted.packed()})
    address = f"{site.origin}{_SIGN_IN}?{query}"
    if not wanted.again:
        return see_other(address)
    # Browsers do not let a form lead to another site by way of redirects (CSP 3, `form-action`), and a step is a form.
    page = OnwardPage(application=urlsplit(site.origin).hostname or "", address=address)
    response = render(request, "signon/onward.html", page)
    response["Refresh"] = f"0; url={address}"
    return response
