"""The site behind a tab that has no sign-in of its own: where it is, and what its people must verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from doorward.applications import clients, identity_headers, rules, sites
from doorward.applications.sites import SiteDetails
from doorward.customers import own_tabs
from doorward.customers.tabs import TABS
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting
from doorward.web.kit.fields import line
from doorward.web.kit.forms import NOTHING, read, wrong
from doorward.web.kit.removed_before import say_removed
from doorward.web.provider.application_fields import acr_field

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.applications.models import Application, Site
    from doorward.customers.models import Tab
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteForm(SiteDetails):
    """A site: what the service wants is what is typed."""

    origin: str
    required_acr: str

    @classmethod
    def of(cls, site: Site | None, tab: Tab) -> SiteForm:
        """Return the form as it is first shown; of a new site with where the tab leads, if that can be one."""
        if site is None:
            there = urlsplit(tab.url)
            origin = rules.site_origin(f"{there.scheme}://{there.netloc}")
            return cls(origin=origin or "", required_acr="")
        return cls(origin=site.origin, required_acr=site.required_acr)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """The site of a tab; `portal`: where its people sign in. `application`: the tab has one, and so no site."""

    tab: Tab
    site: Site | None
    application: Application | None
    fields: dict[str, Field]
    wrong: Wrong
    portal: str
    headers: tuple[str, ...] = identity_headers.HEADERS


@needs(Need.right(TABS), post=Need.of(Action.CHANGE_APPLICATION))
@both
def edit(request: Request, tab_id: UUID) -> HttpResponse:
    """Show the site of a tab, make and change it."""
    site = sites.of_tab(tab_id)
    if request.method != "POST":
        return _show(request, tab_id, SiteForm.of(site, own_tabs.get(tab_id)))
    form, actor = read(request, SiteForm), acting(request)
    try:
        if site is None:
            sites.add(tab_id, form, actor=actor, now=request.now)
        else:
            sites.change(site.id, form, actor=actor)
    except Refusal as refusal:
        return _show(request, tab_id, form, wrong(refusal, SiteForm))
    messages.success(request, _("Saved."))
    return see_other(f"/tabs/{tab_id}/site/")


@needs(Need.of(Action.CHANGE_APPLICATION))
@require_POST
def remove(request: Request, tab_id: UUID) -> HttpResponse:
    """Remove the site; the tab stays a link."""
    site = sites.of_tab(tab_id)
    if site is None:
        return say_removed(request, f"/tabs/{own_tabs.get(tab_id).id}/")
    sites.remove(site.id, actor=acting(request))
    messages.success(request, _("The site was removed. The tab is a link again."))
    return see_other(f"/tabs/{tab_id}/")


def _fields(form: SiteForm, found: Wrong) -> dict[str, Field]:
    return {
        "origin": line(
            form,
            found,
            "origin",
            _("Address of the site"),
            maxlength=rules.LONGEST_ADDRESS,
            spellcheck="false",
            autocapitalize="off",
            required=True,
            help=_(
                "Like https://wiki.example.com, without a path. All of it is behind the sign-in."
            ),
        ),
        "required_acr": acr_field(form, found),
    }


def _show(request: Request, tab_id: UUID, form: SiteForm, found: Wrong = NOTHING) -> HttpResponse:
    site = sites.of_tab(tab_id)
    page = SitePage(
        tab=own_tabs.get(tab_id),
        site=site,
        application=clients.of_tab(tab_id),
        fields=_fields(form, found),
        wrong=found,
        portal=sites.portal_of(site).address("") if site else "",
    )
    return render(request, "provider/site.html", page, wrong=found)
