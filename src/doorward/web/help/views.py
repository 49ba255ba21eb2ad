"""Help: the guides, open to everybody, also to who cannot get in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csp.constants import HEADER, SELF
from csp.utils import build_policy
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from markupsafe import Markup, escape

from doorward.gate.requirement import Need
from doorward.web.help import rendering
from doorward.web.help.pages import Entry, GuidePage, IndexPage
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.kit.jinja import page_template

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.customers.brand_look import BrandLook
    from doorward.web.http.requests import Request

# What the browser's tab and the way back say, in the page's language; the guide itself has its own heading.
_TITLES: Final = {
    "two-factor": gettext_lazy("Two-factor sign-in"),
    "lost-phone": gettext_lazy("You have lost your phone"),
    "for-account-administrators": gettext_lazy("For account administrators"),
    "for-support-staff": gettext_lazy("For support staff"),
}
_ICONS: Final = {
    "two-factor": "shield-check",
    "lost-phone": "smartphone",
    "for-account-administrators": "users",
    "for-support-staff": "life-buoy",
}


@needs(Need.NOTHING)
@require_safe
def index(request: Request) -> HttpResponse:
    """List the guides."""
    guides = [rendering.guide(slug) for slug in rendering.SLUGS]
    support = _support(request.brand)
    page = IndexPage(
        entries=[
            Entry(
                title=one.title,
                lead=_first_sentence(
                    rendering.fill_in(one.lead, brand=request.brand.name, support=support)
                ),
                url=f"/help/{one.slug}/",
                icon=_ICONS[one.slug],
            )
            for one in guides
        ],
        language=guides[0].language,
        foreign=_is_foreign(guides[0]),
    )
    return render(request, "help/index.html", page)


@needs(Need.NOTHING)
@require_safe
def guide(request: Request, slug: str) -> HttpResponse:
    """Show one guide, with the brand's name and support contact filled in."""
    if slug not in rendering.SLUGS:
        raise Http404
    found = rendering.guide(slug)
    support = _support(request.brand)
    page = GuidePage(
        slug=slug,
        name=str(_TITLES[slug]),
        title=found.title,
        lead=rendering.fill_in(found.lead, brand=request.brand.name, support=support),
        html=rendering.fill_in(found.html, brand=request.brand.name, support=support),
        sections=found.sections,
        language=found.language,
        foreign=_is_foreign(found),
        plays=found.plays,
    )
    response = render(request, "help/guide.html", page)
    if page.plays:
        nonce = str(getattr(request, "csp_nonce", ""))
        response.headers[HEADER] = build_policy(update={"media-src": [SELF]}, nonce=nonce)
    return response


def _support(brand: BrandLook) -> Markup:
    """Return how support is reached, as a sentence that can stand in a text."""
    line = str(page_template("contact.html").module.support_sentence(brand)).strip()  # type: ignore[attr-defined]
    if line:
        return Markup(line)  # noqa: S704 - a template of ours, which escapes
    return escape(_("Ask the provider's support department."))


def _is_foreign(found: rendering.Guide) -> bool:
    return found.language != (translation.get_language() or "en").partition("-")[0]


def _first_sentence(lead: Markup) -> Markup:
    """Return a lead up to where it speaks of support."""
    return Markup(str(lead).partition(". ")[0].rstrip(".") + ".")  # noqa: S704 - rendered by us
