"""The Tabs tab: the links that the provider adds to its customers' portals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorward.accounts.tab_rights import remove_tab
from doorward.customers import own_tabs
from doorward.customers.models import Brand, Tab, TabAudience
from doorward.customers.protection import may_lower
from doorward.customers.tabs import TABS, in_order
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.text import names
from doorward.permissions.actions import Action
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting
from doorward.web.kit.fields import Option, as_field, plain_field
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, wrong
from doorward.web.provider.forms import NewTabForm, PlaceForm, TabForm, TabWordsForm, line, tick

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field

RIGHT = Need.right(TABS)
both = require_http_methods(["GET", "HEAD", "POST"])
_STEP: Final = 10


@dataclass(frozen=True, slots=True)
class TabPage:
    """One tab, or (without an id) one to be added."""

    id: UUID | None
    key: str
    title: str
    fields: dict[str, Field]
    wrong: Wrong
    languages: tuple[tuple[str, str], ...]


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
    rows = tuple(in_order(Tab.objects.all()))
    return render(request, "provider/tabs.html", rows)


@needs(RIGHT, post=Need.of(Action.ADD_TAB))
@both
def add(request: Request) -> HttpResponse:
    """Add a tab."""
    if request.method != "POST":
        form = blank(
            NewTabForm,
            position=str(_after_the_last()),
            icon=own_tabs.FIRST_ICON,
            audience=TabAudience.EVERYONE.value,
        )
        return _show(request, None, form)
    form = read(request, NewTabForm)
    try:
        tab = own_tabs.add(form.key, form, actor=acting(request))
    except Refusal as refusal:
        return _show(request, None, form, wrong(refusal, NewTabForm))
    text = _("%(title)s was added. Everybody who has the right to it sees it.")
    messages.success(request, text % {"title": tab.title})
    return see_other("/tabs/")


@needs(RIGHT, post=Need.of(Action.CHANGE_TAB))
@both
def edit(request: Request, tab_id: UUID) -> HttpResponse:
    """Show a tab and change it."""
    if request.method != "POST":
        tab = own_tabs.get(tab_id)
        return _show(request, tab, TabForm.of(tab))
    form = read(request, TabForm)
    try:
        own_tabs.change(tab_id, form, actor=acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        return _show(request, own_tabs.get(tab_id), form, wrong(refusal, TabForm))
    messages.success(request, _("Saved."))
    return see_other("/tabs/")


@needs(Need.of(Action.REMOVE_TAB))
@require_POST
def remove(request: Request, tab_id: UUID) -> HttpResponse:
    """Remove a tab, and everybody's right to it."""
    title = remove_tab(tab_id, actor=acting(request))
    messages.success(request, _("%(title)s was removed.") % {"title": title})
    return see_other("/tabs/")


def _show(request: Request, tab: Tab | None, form: TabForm, found: Wrong = NOTHING) -> HttpResponse:
    fields = _fields(form, found)
    if tab is not None and not may_lower(actor=acting(request)):
        told = _("Changing where it leads also requires the right to the Administrators tab.")
        fields["url"] = as_field(fields["url"], readonly=True, help=told)
    page = TabPage(
        id=tab.id if tab else None,
        key=tab.key if tab else "",
        title=tab.title if tab else "",
        fields=fields,
        wrong=found,
        languages=tuple((code, str(name)) for code, name in settings.LANGUAGES),
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
        except NotFound:
            raise
        except Refusal as refusal:
            found = wrong(refusal, TabWordsForm)
        else:
            messages.success(request, _("Saved."))
            return see_other(f"/tabs/{tab_id}/")
    page = WordsPage(
        id=tab.id,
        title=tab.title,
        code=slug,
        language=str(dict(settings.LANGUAGES)[slug]),
        fields=_own_words(form, found, tab),
        wrong=found,
    )
    return render(request, "provider/tab_words.html", page, status=422 if found else 200)


@needs(Need.of(Action.CHANGE_TAB))
@require_POST
def move(request: Request, tab_id: UUID) -> HttpResponse:
    """Put a tab at another place among the others."""
    own_tabs.move(tab_id, read(request, PlaceForm).place, actor=acting(request))
    return see_other(f"/tabs/#tab-{tab_id}")


def _own_words(form: TabWordsForm, found: Wrong, tab: Tab) -> dict[str, Field]:
    title = {"maxlength": own_tabs.TITLE_LENGTH, "placeholder": tab.title}
    description = {"maxlength": own_tabs.DESCRIPTION_LENGTH, "placeholder": tab.description}
    return {
        "title": line(form, found, "title", _("Title"), **title),
        "description": line(form, found, "description", _("Description"), **description),
    }


def _after_the_last() -> int:
    last = Tab.objects.order_by("-position").values_list("position", flat=True).first()
    return min((last or 0) + _STEP, own_tabs.LAST_POSITION)


def _fields(form: TabForm, found: Wrong) -> dict[str, Field]:
    key = {"key": _key_field(form, found)} if isinstance(form, NewTabForm) else {}
    return key | _words(form, found) | _place(form, found) | _audience(form, found)


def _key_field(form: NewTabForm, found: Wrong) -> Field:
    return line(
        form,
        found,
        "key",
        _("Key"),
        required=True,
        maxlength=own_tabs.KEY_LENGTH,
        spellcheck="false",
        autocapitalize="off",
        help=_("Small letters, digits and dashes, like phone-system. It cannot be changed later."),
    )


def _words(form: TabForm, found: Wrong) -> dict[str, Field]:
    title = {"required": True, "maxlength": own_tabs.TITLE_LENGTH}
    description = {"maxlength": own_tabs.DESCRIPTION_LENGTH, "help": _("Shown on Home.")}
    return {
        "title": line(form, found, "title", _("Title"), **title),
        "description": line(form, found, "description", _("Description"), **description),
    }


def _audience(form: TabForm, found: Wrong) -> dict[str, Field]:
    whom = [Option(one.value, str(one.label), form.audience == one.value) for one in TabAudience]
    rows = sorted(Brand.objects.all(), key=lambda brand: names.sort_key(brand.name))
    brands = [Option(str(one.id), one.name, str(one.id) in form.brands) for one in rows]
    return {
        "icon": line(
            form,
            found,
            "icon",
            _("Icon"),
            maxlength=own_tabs.ICON_LENGTH,
            spellcheck="false",
            autocapitalize="off",
            list="icons",
            help=_("A name of the lucide set, like phone or receipt. Shown on Home."),
        ),
        "new_window": tick(form, found, "new_window", _("Open in a new window")),
        "audience": plain_field(
            "audience", _("For whom"), kind="radios", options=whom, errors=found.at("audience")
        ),
        "brands": plain_field(
            "brands",
            _("These brands"),
            kind="checkboxes",
            options=brands,
            errors=found.at("brands"),
        ),
        "customers": line(
            form,
            found,
            "customers",
            _("These customers"),
            kind="textarea",
            rows=3,
            maxlength=own_tabs.MOST_CUSTOMERS * 81,
            help=_("One name per line."),
        ),
    }


def _place(form: TabForm, found: Wrong) -> dict[str, Field]:
    return {
        "url": line(
            form,
            found,
            "url",
            _("Address"),
            required=True,
            maxlength=own_tabs.LINK_LENGTH,
            spellcheck="false",
            autocapitalize="off",
            help=_("Where the tab leads: https://… or a path of this portal, like /help/."),
        ),
        "position": line(
            form,
            found,
            "position",
            _("Position"),
            kind="number",
            required=True,
            inputmode="numeric",
            min=0,
            max=own_tabs.LAST_POSITION,
            help=_("Smaller numbers come first."),
        ),
    }
