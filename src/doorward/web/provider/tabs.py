"""The Tabs tab: the links that the provider adds to its customers' portals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.accounts.tab_rights import remove_tab
from doorward.applications import clients, sites
from doorward.customers import own_tabs, tab_order
from doorward.customers.errors import TabsChanged
from doorward.customers.models import Tab, TabAudience
from doorward.customers.protection import may_lower
from doorward.customers.tabs import TABS, in_order
from doorward.gate.requirement import Need
from doorward.kernel.errors import AlreadyRemoved, NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting
from doorward.web.kit.fields import as_field
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, wrong
from doorward.web.kit.removed_before import say_removed
from doorward.web.provider.forms import NewTabForm, PlaceForm, TabForm, TabWordsForm
from doorward.web.provider.tab_fields import icon_field, tab_fields, words_fields

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field

RIGHT = Need.right(TABS)


@dataclass(frozen=True, slots=True)
class TabPage:
    """One tab, or (without an id) one to be added."""

    id: UUID | None
    key: str
    title: str
    fields: dict[str, Field]
    wrong: Wrong
    languages: tuple[tuple[str, str], ...]
    form: TabForm
    # Whether there is one behind it.
    application: bool
    site: bool

    @property
    def shown_icon(self) -> str:
        """The icon of the preview."""
        chosen = (one.value for one in self.fields["icon"].options if one.selected)
        return next(chosen, own_tabs.FIRST_ICON)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The provider's own tabs, in their order. `behind`: those that lead to what is behind the sign-in."""

    tabs: tuple[Tab, ...]
    behind: frozenset[UUID]
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class WordsPage:
    """What one tab is called in one language."""

    id: UUID
    title: str
    code: str
    language: str
    fields: dict[str, Field]
    wrong: Wrong


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """Show the provider's own tabs, in their order."""
    return _list(request)


@needs(RIGHT, post=Need.of(Action.ADD_TAB))
@both
def add(request: Request) -> HttpResponse:
    """Add a tab."""
    if request.method != "POST":
        form = blank(
            NewTabForm,
            icon=own_tabs.FIRST_ICON,
            audience=TabAudience.EVERYONE.value,
        )
        return _show(request, None, form)
    form = read(request, NewTabForm)
    if form.show:
        return _show(request, None, form)
    try:
        tab = own_tabs.add(form.key, form, actor=acting(request))
    except Refusal as refusal:
        return _show(request, None, form, wrong(refusal, NewTabForm))
    text = _("%(title)s was added. Everybody who has the right to it sees it.")
    messages.success(request, text % {"title": tab.shown_title})
    return see_other("/tabs/")


@needs(RIGHT, post=Need.of(Action.CHANGE_TAB))
@both
def edit(request: Request, tab_id: UUID) -> HttpResponse:
    """Show a tab and change it."""
    if request.method != "POST":
        tab = own_tabs.get(tab_id)
        return _show(request, tab, TabForm.of(tab))
    form = read(request, TabForm)
    if form.show:
        return _show(request, own_tabs.get(tab_id), form)
    try:
        own_tabs.change(tab_id, form, actor=acting(request))
    except Refusal as refusal:
        return _show(request, own_tabs.get(tab_id), form, wrong(refusal, TabForm))
    messages.success(request, _("Saved."))
    return see_other("/tabs/")


@needs(Need.of(Action.REMOVE_TAB))
@require_POST
def remove(request: Request, tab_id: UUID) -> HttpResponse:
    """Remove a tab, and everybody's right to it."""
    try:
        title = remove_tab(tab_id, actor=acting(request))
    except AlreadyRemoved:
        return say_removed(request, "/tabs/")
    messages.success(request, _("%(title)s was removed.") % {"title": title})
    return see_other("/tabs/")


def _show(request: Request, tab: Tab | None, form: TabForm, found: Wrong = NOTHING) -> HttpResponse:
    fields = tab_fields(form, found)
    if tab is not None and not may_lower(actor=acting(request)):
        told = _("Changing where it leads also requires the right to the Administrators tab.")
        fields["url"] = as_field(fields["url"], readonly=True, help=told)
    page = TabPage(
        id=tab.id if tab else None,
        key=tab.key if tab else "",
        title=tab.shown_title if tab else "",
        fields=fields,
        wrong=found,
        languages=tuple((code, str(name)) for code, name in settings.LANGUAGES),
        form=form,
        application=tab is not None and clients.of_tab(tab.id) is not None,
        site=tab is not None and sites.of_tab(tab.id) is not None,
    )
    return render(request, "provider/tab.html", page, status=422 if found else 200)


@needs(RIGHT, post=Need.of(Action.CHANGE_TAB))
@both
def words(request: Request, tab_id: UUID, slug: str) -> HttpResponse:
    """Show and change what a tab is called in one language."""
    tab, found = own_tabs.get(tab_id), NOTHING
    if slug not in dict(settings.LANGUAGES):
        raise NotFound
    form = TabWordsForm(**{"title": "", "description": ""} | tab.in_languages.get(slug, {}))
    if request.method == "POST":
        form = read(request, TabWordsForm)
        try:
            own_tabs.change_words(tab_id, slug, form, actor=acting(request))
        except Refusal as refusal:
            found = wrong(refusal, TabWordsForm)
        else:
            messages.success(request, _("Saved."))
            return see_other(f"/tabs/{tab_id}/")
    page = WordsPage(
        id=tab.id,
        title=tab.shown_title,
        code=slug,
        language=str(dict(settings.LANGUAGES)[slug]),
        fields=words_fields(form, found, tab),
        wrong=found,
    )
    return render(request, "provider/tab_words.html", page, status=422 if found else 200)


@needs(Need.of(Action.CHANGE_TAB))
@require_POST
def move(request: Request, tab_id: UUID) -> HttpResponse:
    """Put a tab at another place among the others."""
    try:
        tab_order.move(tab_id, read(request, PlaceForm).before, actor=acting(request))
    except TabsChanged as refusal:
        return _list(request, wrong(refusal))
    return see_other(f"/tabs/#tab-{tab_id}")


@needs(RIGHT)
@require_safe
def icons(request: Request) -> HttpResponse:
    """Return the icons that are found, as part of the form."""
    found = icon_field(request.GET.get("icon", ""), request.GET.get("find", ""))
    return render(request, "provider/tab_icons.html", found)


def _list(request: Request, found: Wrong = NOTHING) -> HttpResponse:
    page = ListPage(tuple(in_order(Tab.objects.all())), sites.tabs_behind(), found)
    return render(request, "provider/tabs.html", page, wrong=found)
