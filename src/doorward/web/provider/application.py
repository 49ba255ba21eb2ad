"""The application behind a tab: where it sends people back to, what it is told, and its secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from doorward.applications import clients, secrets
from doorward.applications.clients import ApplicationDetails
from doorward.applications.errors import SecretMade
from doorward.customers import cached, own_tabs, tab_audience
from doorward.customers.tabs import TABS
from doorward.gate.requirement import Need
from doorward.kernel.errors import AlreadyRemoved, NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting
from doorward.web.kit.forms import NOTHING, read, wrong
from doorward.web.kit.removed_before import say_removed
from doorward.web.provider.application_fields import application_fields

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.applications.models import Application, ClientSecret
    from doorward.customers.models import Tab
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationForm(ApplicationDetails):
    """An application: what the service wants is what is typed."""

    client_type: str
    subject_type: str
    algorithm: str
    redirect_uris: str
    logout_uris: str
    logout_channel: str
    resources: str
    scopes: frozenset[str]
    required_acr: str
    while_managing: bool
    keys: str

    @classmethod
    def of(cls, application: Application | None) -> ApplicationForm:
        """Return the form as it is first shown."""
        names = cls.__dataclass_fields__
        if application is None:
            return cls(**{name: getattr(ApplicationDetails(), name) for name in names})
        lists = {"redirect_uris", "logout_uris", "resources"}
        values = {name: getattr(application, name) for name in names}
        values |= {name: "\n".join(values[name]) for name in lists}
        keys = json.dumps({"keys": values["keys"]}, indent=1) if values["keys"] else ""
        return cls(**values | {"scopes": frozenset(values["scopes"]), "keys": keys})


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretForm:
    """A new secret, under the id that it gets: a form that is sent twice makes one."""

    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage:
    """The application of a tab; `issuers`: with the brands of each.

    `secret`: a new one, shown this once. `next_secret`: the id of the one that this page's form makes.
    """

    tab: Tab
    application: Application | None
    fields: dict[str, Field]
    wrong: Wrong
    issuers: tuple[tuple[str, str], ...]
    secrets: tuple[ClientSecret, ...]
    secret: str = ""
    next_secret: str = ""

    @property
    def may_have_secret(self) -> bool:
        """Whether a secret can be made."""
        one = self.application
        return one is not None and one.client_type == "confidential" and len(self.secrets) <= 1


@needs(Need.right(TABS), post=Need.of(Action.CHANGE_APPLICATION))
@both
def edit(request: Request, tab_id: UUID) -> HttpResponse:
    """Show the application of a tab, make and change it."""
    application = clients.of_tab(tab_id)
    if request.method != "POST":
        return _show(request, tab_id, ApplicationForm.of(application))
    form, actor = read(request, ApplicationForm), acting(request)
    try:
        if application is None:
            clients.add(tab_id, form, actor=actor, now=request.now)
        else:
            clients.change(application.id, form, actor=actor)
    except Refusal as refusal:
        return _show(request, tab_id, form, wrong(refusal, ApplicationForm))
    messages.success(request, _("Saved."))
    return see_other(f"/tabs/{tab_id}/application/")


@needs(Need.of(Action.CHANGE_CLIENT_SECRETS))
@require_POST
def new_secret(request: Request, tab_id: UUID) -> HttpResponse:
    """Make a secret, one for each form, and lead to where it is shown."""
    application = _of(tab_id)
    try:
        secret_id = UUID(read(request, SecretForm).secret)
    except ValueError as error:
        raise NotFound from error
    try:
        secrets.make_to_show(application.id, secret_id, actor=acting(request), now=request.now)
    except SecretMade:
        # Pressed twice: the browser shows the answer to the second, which has not seen it yet.
        pass
    except Refusal as refusal:
        return _show(request, tab_id, ApplicationForm.of(application), wrong(refusal))
    return see_other(f"/tabs/{tab_id}/application/secret/{secret_id}/")


@needs(Need.of(Action.CHANGE_CLIENT_SECRETS))
@require_GET
def show_secret(request: Request, tab_id: UUID, secret_id: UUID) -> HttpResponse:
    """Show a secret, this once."""
    application = _of(tab_id)
    try:
        secret = secrets.show(application.id, secret_id, actor=acting(request), now=request.now)
    except SecretMade as refusal:
        messages.info(request, sentence(refusal))
        return see_other(f"/tabs/{tab_id}/application/")
    return _show(request, tab_id, ApplicationForm.of(application), secret=secret)


@needs(Need.of(Action.CHANGE_CLIENT_SECRETS))
@require_POST
def remove_secret(request: Request, tab_id: UUID, secret_id: UUID) -> HttpResponse:
    """Remove a secret."""
    application = clients.of_tab(tab_id)
    if application is None:
        return say_removed(request, f"/tabs/{own_tabs.get(tab_id).id}/")
    try:
        secrets.remove(application.id, secret_id, actor=acting(request))
    except AlreadyRemoved:
        return say_removed(request, f"/tabs/{tab_id}/application/")
    messages.success(request, _("The secret was removed."))
    return see_other(f"/tabs/{tab_id}/application/")


@needs(Need.of(Action.CHANGE_APPLICATION))
@require_POST
def remove(request: Request, tab_id: UUID) -> HttpResponse:
    """Remove the application; the tab stays a link."""
    application = clients.of_tab(tab_id)
    if application is None:
        return say_removed(request, f"/tabs/{own_tabs.get(tab_id).id}/")
    clients.remove(application.id, actor=acting(request))
    messages.success(request, _("The application was removed. The tab is a link again."))
    return see_other(f"/tabs/{tab_id}/")


def _issuers(tab: Tab) -> tuple[tuple[str, str], ...]:
    """Return the issuers of whoever can have the tab, with the names of their brands.

    Each brand is one, and those without a host are one together.
    """
    theirs = tab_audience.brands_of(tab)
    found: dict[str, list[str]] = {}
    for brand in cached.all_brands():
        if str(brand.id) in theirs:
            found.setdefault(brand.address(""), []).append(brand.name)
    return tuple((issuer, ", ".join(names)) for issuer, names in found.items())


def _of(tab_id: UUID) -> Application:
    found = clients.of_tab(tab_id)
    if found is None:
        raise NotFound
    return found


def _show(
    request: Request,
    tab_id: UUID,
    form: ApplicationForm,
    found: Wrong = NOTHING,
    *,
    secret: str = "",
) -> HttpResponse:
    application, tab = clients.of_tab(tab_id), own_tabs.get(tab_id)
    listed = application.secrets.order_by("made_at") if application else ()
    page = ApplicationPage(
        tab=tab,
        application=application,
        fields=application_fields(form, found),
        wrong=found,
        issuers=_issuers(tab),
        secrets=tuple(listed),
        secret=secret,
        next_secret=str(uuid4()),
    )
    return render(request, "provider/application.html", page, wrong=found)
