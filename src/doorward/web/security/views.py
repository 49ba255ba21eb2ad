"""The security page: my factors, recovery codes, sessions, history; and the article's two windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doorward.applications import signed_in_where
from doorward.credentials import removal
from doorward.credentials.errors import AlreadyEnabled, AnotherFactorWanted, NotEnabled
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.recovery_codes import codes
from doorward.credentials.trusted_browsers import trust
from doorward.gate.requirement import Need
from doorward.kernel.errors import AlreadyRemoved, NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.permissions.actions import Action
from doorward.sessions import ending
from doorward.sessions.errors import StaleRequest
from doorward.web.http.gate import ReauthenticationWanted, go_on
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of, signed_in
from doorward.web.kit import passkeys
from doorward.web.kit.forms import is_bare, read, read_either, say_refused, wrong
from doorward.web.kit.removed_before import say_removed
from doorward.web.kit.setup import MadePasskeyForm, NewAppForm, confirm_set_up, set_up_page
from doorward.web.security import queries
from doorward.web.security.forms import (
    NameForm,
    NewNameForm,
    OneApplicationForm,
    OneBrowserForm,
    OneSessionForm,
    RemoveForm,
    SessionForm,
    TrustForm,
)

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

HERE = "/security/"
# With it the page tells the browser which passkeys there are by now.
HERE_CHANGED = "/security/?devices=changed"


@needs(Need.THROUGH)
@require_safe
def security(request: Request) -> HttpResponse:
    """Show how somebody signs in, and from where."""
    return render(request, "security/security.html", queries.security_page(request))


@needs(Need.of(Action.SET_UP_FACTOR))
@both
def enable(request: Request) -> HttpResponse:
    """The window *Enable 2FA*: nothing is on until a right code was entered."""
    if session_of(request).factors:
        messages.info(request, _("Two-factor sign-in is already on."))
        return see_other(HERE)
    return set_up_window(request, "security/enable.html", done=_("Two-factor sign-in is on."))


@needs(Need.of(Action.SET_UP_FACTOR))
@both
def add_app(request: Request) -> HttpResponse:
    """Add one more device, as for a new phone; the old one stays until it is removed."""
    if not session_of(request).factors:
        return see_other("/security/2fa/enable/")
    return set_up_window(
        request, "security/add_app.html", done=_("The new device can be used now.")
    )


@needs(Need.of(Action.SET_UP_FACTOR))
@require_POST
def set_up_options(request: Request) -> HttpResponse:
    """Ask for a new passkey, for both windows."""
    return passkeys.ask_to_make(request)


def set_up_window(request: Request, template: str, *, done: str, to: str = HERE) -> HttpResponse:
    """Show a window that sets a factor up, and add what its form brings; then go on to `to`."""
    if request.method != "POST":
        return render(request, template, set_up_page(request, apps="passkey" not in request.GET))
    if is_bare(request, MadePasskeyForm, NewAppForm):
        name = read(request, NameForm).name
        return render(request, template, set_up_page(request, name=name, again=True), status=422)
    form = read_either(request, MadePasskeyForm, NewAppForm)
    try:
        started = confirm_set_up(request, form)
    except (AlreadyEnabled, StaleRequest) as refusal:  # another window was faster
        messages.info(request, sentence(refusal))
        return see_other(to)
    except Refusal as refusal:
        page = set_up_page(request, refusal=refusal, name=form.name)
        return render(request, template, page, wrong=page.wrong)
    messages.success(request, done)
    return go_on(started.token, to)


@needs(Need.THROUGH)
@both
def disable(request: Request) -> HttpResponse:
    """The window *Disable 2FA*: the code or the passkey in it is the reauthentication."""
    auth = session_of(request)
    if request.method != "POST":
        if not auth.factors:
            return see_other(HERE)
        return render(request, "security/disable.html", queries.disable_page(request))
    proof = passkeys.proof_in(request, Purpose.DISABLE)
    try:
        removal.disable(auth=auth, proof=proof, actor=acting(request), now=request.now)
    except NotEnabled:
        return see_other(HERE)
    except Refusal as refusal:
        page = queries.disable_page(request, refusal)
        return render(request, "security/disable.html", page, wrong=page.wrong)
    messages.success(request, _("Two-factor sign-in is off."))
    return see_other(HERE_CHANGED)


@needs(Need.THROUGH)
@require_POST
def disable_options(request: Request) -> HttpResponse:
    """Ask for one of the person's passkeys, to disable 2FA with it."""
    return passkeys.ask(request, Purpose.DISABLE)


@needs(Need.of(Action.MAKE_RECOVERY_CODES))
@require_POST
def new_codes(request: Request) -> HttpResponse:
    """Make a new set of recovery codes; the gate shows it next, until it is saved."""
    try:
        codes.make_new(auth=session_of(request), actor=acting(request), now=request.now)
    except NotEnabled as refusal:
        say_refused(request, refusal)
    return see_other(HERE)


@needs(Need.THROUGH, post=Need.of(Action.CHANGE_FACTOR))
@both
def factor(request: Request, factor_id: UUID) -> HttpResponse:
    """Rename one's factor, or remove it (`remove=on`)."""
    auth = session_of(request)
    page = queries.factor_page(auth, factor_id, now=request.now)
    if page is None:
        return _removed(request, factor_id)
    if request.method != "POST":
        return render(request, "security/factor.html", page)
    remove = read(request, RemoveForm).remove
    name = page.name if remove else read(request, NewNameForm).name
    try:
        if remove:
            removal.remove(factor_id, auth=auth, actor=acting(request), now=request.now)
            messages.success(request, _("Removed: %(name)s.") % {"name": page.name})
        else:
            removal.rename(factor_id, auth=auth, name=name, actor=acting(request))
            messages.success(request, _("Saved."))
    except StaleRequest as stale:
        messages.error(request, sentence(stale))
        return see_other(HERE)
    except AlreadyRemoved:
        return say_removed(request, HERE)
    except AnotherFactorWanted as wanted:
        raise ReauthenticationWanted(without=factor_id) from wanted
    except Refusal as refusal:
        page = replace(page, name=name, wrong=wrong(refusal, NewNameForm))
        return render(request, "security/factor.html", page, wrong=page.wrong)
    return see_other(HERE_CHANGED)


def _removed(request: Request, factor_id: UUID) -> HttpResponse:
    """Say to who presses *Remove* once more that it is done; what is another's has no page."""
    again = request.method == "POST" and read(request, RemoveForm).remove
    if again and removal.was_removed(factor_id, actor=acting(request)):
        return say_removed(request, HERE)
    raise Http404


@needs(Need.THROUGH, post=Need.of(Action.END_OWN_SESSIONS))
@require_POST
def end_sessions(request: Request) -> HttpResponse:
    """End one of one's sessions, all others, or what one of them is signed in to."""
    person, actor = signed_in(request), acting(request)
    if read(request, SessionForm).others:
        _end_others(request)
        return see_other(HERE)
    if asked := read(request, OneApplicationForm).application:
        signed_in_where.end_own(
            _id(asked), administrator_id=person.id, actor=actor, now=request.now
        )
        text = _(
            "You are signed out of the application. Opening it again signs you in, as long as you are signed in here."
        )
        messages.success(request, text)
        return see_other(HERE)
    session_id = _id(read(request, OneSessionForm).session)
    ending.end_one(session_id, administrator_id=person.id, actor=actor, now=request.now)
    messages.success(request, _("The session was ended."))
    return see_other(HERE)


def _end_others(request: Request) -> None:
    auth = session_of(request)
    ended = ending.end_own_others(
        administrator_id=auth.person.id,
        keep=auth.browser.session_id,
        policy=auth.facts.policy,
        actor=acting(request),
        now=request.now,
    )
    words = ngettext("%(n)s session was ended.", "%(n)s sessions were ended.", ended)
    messages.success(request, words % {"n": ended})


@needs(Need.THROUGH, post=Need.of(Action.END_OWN_TRUST))
@require_POST
def end_trusted(request: Request) -> HttpResponse:
    """End the trust in one of one's browsers (`browser`), or in all (`all=on`)."""
    person, actor = signed_in(request), acting(request)
    if read(request, TrustForm).all:
        trust.end_all(administrator_id=person.id, actor=actor)
        messages.success(request, _("No browser is trusted any more."))
        return see_other(HERE)
    trusted_id = _id(read(request, OneBrowserForm).browser)
    try:
        trust.end_one(trusted_id, administrator_id=person.id, actor=actor)
    except AlreadyRemoved:
        return say_removed(request, HERE)
    messages.success(request, _("The browser is no longer trusted."))
    return see_other(HERE)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
