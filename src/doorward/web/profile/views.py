"""One's own profile: names, phone, e-mail, language, time zone; and the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from doorward.accounts import email_change, own_profile
from doorward.accounts.errors import EmailTaken
from doorward.accounts.own_profile import OwnProfile
from doorward.credentials.errors import PasswordMissing, WrongCredentials
from doorward.credentials.password import change
from doorward.credentials.password.rules import minimum
from doorward.gate.requirement import Need
from doorward.kernel.errors import FieldsRefused, MustWait, Refusal, TooManyMails
from doorward.kernel.text.cleaning import is_same_email
from doorward.permissions.actions import Action
from doorward.web.http.gate import ReauthenticationWanted, demand
from doorward.web.http.language import keep_language
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import field
from doorward.web.http.requests import acting, session_of, signed_in
from doorward.web.kit.likeness import say_domain, say_own_namesakes
from doorward.web.kit.refusals import sentence, wait_of
from doorward.web.profile.pages import PasswordPage, profile_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from doorward.accounts.models import Administrator
    from doorward.web.http.requests import Request

both = require_http_methods(["GET", "HEAD", "POST"])


@needs(Need.THROUGH)
@both
def profile(request: Request) -> HttpResponse:
    """Show one's own data, and change it; another e-mail wants reauthentication first."""
    me = signed_in(request)
    person = own_profile.find(me.id, customer_id=me.customer_id)
    if request.method != "POST":
        return _profile(request, person)
    typed = OwnProfile(**{name: field(request, name) for name in OwnProfile.__slots__})
    try:
        wanted = own_profile.clean(typed)
        if not is_same_email(wanted.email, person.email):
            demand(request, Action.CHANGE_OWN_EMAIL)
        asked = own_profile.save(person, wanted, actor=acting(request), now=request.now)
    except FieldsRefused as refusal:
        return _profile(request, person, typed, refusal.fields)
    except (EmailTaken, TooManyMails) as refusal:
        return _profile(request, person, typed, {"email": refusal})
    named_before = person.full_name
    person = own_profile.find(me.id, customer_id=me.customer_id)
    with translation.override(wanted.language):
        messages.success(request, _saved(asked, wanted.email))
        if person.full_name != named_before:
            say_own_namesakes(request, person)
        if asked:
            say_domain(request, wanted.email, customer_id=person.customer_id, besides=person.id)
    return keep_language(see_other(request.path), wanted.language)


def _profile(
    request: Request,
    person: Administrator,
    typed: OwnProfile | None = None,
    refused: Mapping[str, Refusal] | None = None,
) -> HttpResponse:
    pending = email_change.pending(person.id, now=request.now)
    page = profile_page(person, pending=pending, typed=typed, refused=refused)
    wait = wait_of(refused.get("email")) if refused else None
    status = 422 if refused else 200
    return render(request, "profile/profile.html", page, status=status, retry_after=wait)


def _saved(asked: bool, email: str) -> str:  # noqa: FBT001 - one of two sentences
    if not asked:
        return _("Saved.")
    return _("Saved. We have sent a link to %(email)s. Open it to confirm the new e-mail.") % {
        "email": email
    }


@needs(Need.THROUGH, post=Need.of(Action.CHANGE_OWN_PASSWORD))
@both
def password(request: Request) -> HttpResponse:
    """Change one's own password; all other sessions end."""
    if request.method != "POST":
        return _password(request)
    if "current" not in request.POST and "password" not in request.POST:
        # The form waited for a proof, and passwords are never kept.
        return _password(request, again=True)
    current, chosen = field(request, "current"), field(request, "password")
    auth = session_of(request)
    try:
        change.change(
            administrator_id=auth.person.id,
            current=current,
            password=chosen,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _password(request, refusal)
    messages.success(
        request, _("Your password is changed. You have been signed out everywhere else.")
    )
    return see_other("/security/")


def _password(
    request: Request, refusal: Refusal | None = None, *, again: bool = False
) -> HttpResponse:
    wait = refusal.seconds if isinstance(refusal, MustWait) else 0
    said = _said(refusal) if refusal and not wait else ""
    at_current = isinstance(refusal, WrongCredentials)
    page = PasswordPage(
        minimum=minimum(two_factors=session_of(request).two_factors),
        fresh=_is_recent(request),
        current_error=said if at_current else "",
        password_error="" if at_current else said,
        wait=wait,
        again=again,
    )
    status = 422 if refusal or again else 200
    return render(request, "profile/password.html", page, status=status, retry_after=wait or None)


def _said(refusal: Refusal) -> str:
    if isinstance(refusal, WrongCredentials):
        return _("This is not your current password.")
    if isinstance(refusal, PasswordMissing):
        return _("Type a new password.")
    return sentence(refusal)


def _is_recent(request: Request) -> bool:
    try:
        demand(request, Action.CHANGE_OWN_PASSWORD)
    except ReauthenticationWanted:
        return False
    return True
