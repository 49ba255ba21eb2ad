"""One's own profile: names, phone, e-mail, language, time zone; and the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import translation
from django.utils.translation import gettext as _

from doorward.accounts import own_profile
from doorward.accounts.own_profile import OwnProfile
from doorward.credentials.password import change
from doorward.credentials.password.rules import minimum
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.web.http.gate import is_recent
from doorward.web.http.language_cookie import keep_language
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, is_bare, read, wrong
from doorward.web.kit.likeness import say_domain, say_own_namesakes
from doorward.web.profile.pages import PasswordForm, PasswordPage, of, profile_page

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.THROUGH)
@both
def profile(request: Request) -> HttpResponse:
    """Show one's own data, and change it; another e-mail or phone wants reauthentication first."""
    if request.method != "POST":
        return _profile(request)
    typed = read(request, OwnProfile)
    try:
        saved = own_profile.save(
            signed_in(request).id,
            typed,
            # As recent as the phone wants it, too: `permissions/actions.py`.
            reauthenticated=is_recent(request, Action.CHANGE_OWN_EMAIL),
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _profile(request, typed, wrong(refusal, OwnProfile))
    with translation.override(typed.language):
        _say_saved(request, saved)
    return keep_language(see_other(request.path), typed.language)


def _profile(
    request: Request, typed: OwnProfile | None = None, found: Wrong = NOTHING
) -> HttpResponse:
    me = signed_in(request)
    person = own_profile.find(me.id, customer_id=me.customer_id)
    page = profile_page(person, typed or of(person), found, now=request.now)
    return render(request, "profile/profile.html", page, wrong=found)


def _say_saved(request: Request, saved: own_profile.Saved) -> None:
    person, email, text = saved.person, saved.email, _("Saved.")
    if saved.email_waits:
        text = _("Saved. We have sent a link to %(email)s. Open it to confirm the new e-mail.")
    messages.success(request, text % {"email": email})
    if saved.renamed:
        say_own_namesakes(request, person)
    if saved.email_waits:
        say_domain(request, email, customer_id=person.customer_id, besides=person.id)


@needs(Need.THROUGH, post=Need.of(Action.CHANGE_OWN_PASSWORD))
@both
def password(request: Request) -> HttpResponse:
    """Change one's own password; all other sessions end."""
    if request.method != "POST":
        return _password(request)
    if is_bare(request, PasswordForm):
        return _password(request, again=True)
    form = read(request, PasswordForm)
    try:
        change.change(
            administrator_id=signed_in(request).id,
            current=form.current,
            password=form.password,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _password(request, wrong(refusal, PasswordForm))
    messages.success(
        request, _("Your password is changed. You have been signed out everywhere else.")
    )
    return see_other("/security/")


def _password(request: Request, found: Wrong = NOTHING, *, again: bool = False) -> HttpResponse:
    page = PasswordPage(
        minimum=minimum(two_factors=session_of(request).two_factors),
        fresh=is_recent(request, Action.CHANGE_OWN_PASSWORD),
        wrong=found,
        again=again,
    )
    status = 422 if again else 200
    return render(request, "profile/password.html", page, status=status, wrong=found)
