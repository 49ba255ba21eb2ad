"""*Try it*: what an application or a site would be told of somebody, and whether they would get in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.applications import clients, identity_headers, sites, trial
from doorward.applications.field_words import SCOPES
from doorward.applications.models import Site
from doorward.audit.browsers import in_words
from doorward.customers.tabs import CUSTOMERS, TABS
from doorward.gate.assurance import Assurance
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.text.cleaning import LONGEST_EMAIL
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.fields import line
from doorward.web.kit.forms import NOTHING, read, wrong

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.applications.models import Application
    from doorward.applications.trial import Present, Tried, Way
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong

RIGHT: Final = Need.right(TABS, also=CUSTOMERS)

_WITH: Final = {
    FactorKind.APP: gettext_lazy("With the password and the authenticator app"),
    FactorKind.PASSKEY: gettext_lazy("With a passkey"),
}
# What comes before they are there; all other steps are one of setting up.
_COMES: Final = {
    Step.THROUGH: gettext_lazy("gets in"),
    Step.SIGN_IN: gettext_lazy("cannot sign in: the account is not active, or the customer is not"),
    Step.NO_RIGHT: gettext_lazy("does not get in: no right to this tab"),
    Step.VERIFY_FACTOR: gettext_lazy("is asked for another of their devices, then gets in"),
    Step.REAUTHENTICATE: gettext_lazy("is asked for another of their devices, then gets in"),
    Step.ANOTHER_FACTOR: gettext_lazy(
        "does not get in before they have set up what the application asks for"
    ),
    Step.SAVE_RECOVERY_CODES: gettext_lazy("saves their recovery codes, then gets in"),
    Step.SET_PASSWORD: gettext_lazy("chooses a new password, then gets in"),
}
# The same where they are signed in: what is asked for first, before they get on.
_FIRST: Final = {
    Step.THROUGH: gettext_lazy("gets in at once"),
    Step.SIGN_IN: gettext_lazy("signs in first"),
    Step.NO_RIGHT: gettext_lazy("does not get in: no right to this tab"),
    Step.VERIFY_FACTOR: gettext_lazy("is asked for their second factor first"),
    Step.REAUTHENTICATE: gettext_lazy("is asked for another of their devices first"),
    Step.VERIFY_PASSWORD: gettext_lazy("is asked for their password first"),
    Step.VERIFY_MAILBOX: gettext_lazy("is asked for a code from their mailbox first"),
    Step.ANOTHER_FACTOR: gettext_lazy(
        "does not get in before they have set up what the application asks for"
    ),
    Step.SAVE_RECOVERY_CODES: gettext_lazy("saves their recovery codes first"),
    Step.SET_PASSWORD: gettext_lazy("chooses a new password first"),
}
_SET_UP_FIRST: Final = gettext_lazy("sets up two-factor sign-in first")
_SET_UP: Final = gettext_lazy("sets up two-factor sign-in, then gets in")
ACR: Final = {
    Assurance.PASSWORD: gettext_lazy("the password alone"),
    Assurance.TWO_FACTOR: gettext_lazy("two factors"),
    Assurance.PHISHING_RESISTANT: gettext_lazy("a passkey, which cannot be phished"),
}
_AMR: Final = {
    "pwd": gettext_lazy("a password"),
    "otp": gettext_lazy("a code of an app"),
    "pop": gettext_lazy("a key that stays on its device"),
    "user": gettext_lazy("the device verified who uses it"),
    "mfa": gettext_lazy("more than one factor"),
}
# What is said whatever is asked for; all else is a scope.
_ALWAYS: Final = {
    "openid": gettext_lazy("Who it is, always"),
    trial.HEADERS: gettext_lazy("In plain headers"),
    identity_headers.ASSERTION: gettext_lazy(
        "Signed, with acr, amr and auth_time of how they came"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TryForm:
    """Whose sign-in is tried."""

    email: str


@dataclass(frozen=True, slots=True)
class WayLine:
    """A way to come, what comes of it, and what a token would say of it, each word with its meaning."""

    title: str
    comes: str
    good: bool
    acr: str
    acr_words: str
    amr: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PresentLine:
    """The same of a session that they have. `auth_time`: None where nothing was verified that still counts."""

    browser: str
    since: datetime
    way: WayLine
    auth_time: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """What is said for a scope, or in headers."""

    scope: str
    title: str
    claims: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryPage:
    """The form, and what came of it. `name`: of the person that was tried; empty: nobody was yet.

    `room`: what is tried, as the address of its page says it.
    """

    application: Application | Site
    room: str
    email: Field
    wrong: Wrong
    name: str = ""
    address: str = ""
    present: tuple[PresentLine, ...] = ()
    ways: tuple[WayLine, ...] = ()
    claims: tuple[ClaimLine, ...] = ()


@needs(RIGHT, post=Need.of(Action.TRY_APPLICATION))
@both
def try_it(request: Request, tab_id: UUID) -> HttpResponse:
    """Ask for somebody's e-mail, and show what would come of it at the application of a tab."""
    return _try(request, clients.of_tab(tab_id))


@needs(RIGHT, post=Need.of(Action.TRY_APPLICATION))
@both
def try_site(request: Request, tab_id: UUID) -> HttpResponse:
    """Ask the same of the site of a tab."""
    return _try(request, sites.of_tab(tab_id))


def _try(request: Request, application: Application | Site | None) -> HttpResponse:
    posted = request.method == "POST"
    form = read(request, TryForm) if posted else TryForm(email=signed_in(request).email)
    if application is None:
        raise NotFound
    if not posted:
        return _show(request, application, form)
    try:
        tried = trial.try_it(application, form.email, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _show(request, application, form, found=wrong(refusal, TryForm))
    return _show(request, application, form, tried)


def _show(
    request: Request,
    application: Application | Site,
    form: TryForm,
    tried: Tried | None = None,
    *,
    found: Wrong = NOTHING,
) -> HttpResponse:
    field = line(
        form,
        found,
        "email",
        _("E-mail"),
        kind="email",
        required=True,
        maxlength=LONGEST_EMAIL,
        autocomplete="off",
    )
    room = "site" if isinstance(application, Site) else "application"
    page = TryPage(application=application, room=room, email=field, wrong=found)
    if tried is not None:
        page = replace(
            page,
            name=tried.person.full_name,
            address=tried.person.email,
            present=tuple(map(_present, tried.present)),
            ways=tuple(map(_way, tried.ways)),
            claims=tuple(_claims(scope, said) for scope, said in tried.claims.items()),
        )
    return render(request, "provider/application_try.html", page, wrong=found)


def _way(way: Way) -> WayLine:
    if way.by_code:
        title = _("With the password and a recovery code")
    else:
        title = str(_WITH[way.kind]) if way.kind else _("With the password")
    return WayLine(
        title=title,
        comes=str(_COMES.get(way.step, _SET_UP)),
        good=way.step is Step.THROUGH,
        acr=way.acr.value,
        acr_words=str(ACR[way.acr]),
        amr=tuple((word, str(_AMR[word])) for word in way.amr),
    )


def _present(one: Present) -> PresentLine:
    line = WayLine(
        title="",
        comes=str(_FIRST.get(one.step, _SET_UP_FIRST)),
        good=one.step is Step.THROUGH,
        acr=one.acr.value,
        acr_words=str(ACR[one.acr]),
        amr=tuple((word, str(_AMR[word])) for word in one.amr),
    )
    return PresentLine(in_words(one.browser), one.since, line, one.auth_time)


def _claims(scope: str, said: dict[str, Any]) -> ClaimLine:
    title = str(_ALWAYS.get(scope) or SCOPES[scope])
    return ClaimLine(scope, title, tuple((name, _value(value)) for name, value in said.items()))


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
