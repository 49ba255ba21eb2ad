"""Forgotten passwords and mailed links. Opening a link changes nothing; only the form does."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doorward.accounts import email_change, invitations, mailed_links
from doorward.accounts.errors import LinkExpired, LinkInvalid, LinkUsed
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.credentials.password import change as password_change
from doorward.credentials.password.rules import minimum
from doorward.credentials.queries import two_factors
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.refusals import sentence
from doorward.recovery import not_me, rescue
from doorward.signin import forgotten_password
from doorward.signin import invitation as signin_invitation
from doorward.web.http import cookies, unsent
from doorward.web.http.gate import go_on, landing
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.kit.forms import read, wrong
from doorward.web.signin.forms import ForgotForm, LinkForm, NewPasswordForm
from doorward.web.signin.pages import CodePage, LinkPage, PasswordPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from doorward.sessions.issuing import Started
    from doorward.web.http.requests import Request


@needs(Need.NOTHING)
@both
def forgot(request: Request) -> HttpResponse:
    """Ask for the e-mail that a link goes to; the answer is the same for every e-mail."""
    if request.method != "POST":
        return render(request, "signin/forgot.html", CodePage())
    email = read(request, ForgotForm).email
    try:
        forgotten_password.ask(email=email, client=request.client, now=request.now)
    except MustWait as refusal:
        page = CodePage(wrong=wrong(refusal, ForgotForm), email=email)
        return render(request, "signin/forgot.html", page, wrong=page.wrong)
    return see_other("/password/forgot/sent/")


@needs(Need.NOTHING)
@require_safe
def forgot_sent(request: Request) -> HttpResponse:
    """Say that a link was sent, if there is somebody with that e-mail."""
    return render(request, "signin/forgot_sent.html")


@needs(Need.NOTHING)
@require_safe
def open_link(request: Request, token: str) -> HttpResponse:
    """Take the token out of the address, and go on to the page that asks what to do with it."""
    if home := mailed_links.home_of(token, host=request.client.host):
        return see_other(home)
    return cookies.take_link_out(token, to=request.path.removesuffix(f"{token}/"))


@needs(Need.NOTHING)
@both
def reset(request: Request) -> HttpResponse:
    """Set a new password by a mailed link; the second factor stays and is asked for next."""
    return _password_by_link(request, LinkPurpose.RESET, "signin/reset.html", password_change.reset)


@needs(Need.NOTHING)
@both
def invitation(request: Request) -> HttpResponse:
    """Accept an invitation by setting the first password, or ask for another one where it ran out."""
    speak_as_invited(request)
    if request.method == "POST" and read(request, LinkForm).ask:
        return _ask_again(request)

    accept = partial(signin_invitation.accept, language=request.LANGUAGE_CODE)
    return _password_by_link(request, LinkPurpose.INVITATION, "signin/invitation.html", accept)


@needs(Need.NOTHING)
@both
def this_was_not_me(request: Request) -> HttpResponse:
    """Undo an enabling of 2FA that somebody else did, and set a new password."""
    return _password_by_link(request, LinkPurpose.NOT_ME, "signin/not_me.html", not_me.undo)


@needs(Need.NOTHING)
@both
def rescue_me(request: Request) -> HttpResponse:
    """Set a new password by a link that was printed at the console, and go on to set up a new device."""
    return _password_by_link(request, LinkPurpose.RESCUE, "signin/rescue.html", rescue.use)


@needs(Need.NOTHING)
@both
def confirm_email(request: Request) -> HttpResponse:
    """Confirm a new e-mail, agree to a colleague's change of it, or stop it."""
    token = cookies.link_token(request)
    try:
        link = _find(request, token, email_change.PURPOSES)
        change = email_change.change_of(link)
        if request.method == "POST":
            return _answer_email(request, token, link)
    except Refusal as refusal:
        return _no_link(request, refusal)
    page = LinkPage(
        new_email=change.email,
        old_email=change.old_email,
        from_old=link.purpose == LinkPurpose.EMAIL_OLD,
        by_colleague=change.by_colleague,
    )
    return render(request, "signin/email.html", page)


def _answer_email(request: Request, token: str, link: MailedLink) -> HttpResponse:
    mine = request.administrator is not None and request.administrator.id == link.administrator_id
    session_id = request.auth.browser.session_id if mine and request.auth else None
    stopped = read(request, LinkForm).stop
    done = email_change.answer(
        token=token,
        stop=stopped,
        client=request.client,
        session_id=session_id,
        now=request.now,
    )
    messages.success(request, _email_answer(done=done, stopped=stopped))
    return cookies.drop_link(see_other("/profile/"))


def _email_answer(*, done: bool, stopped: bool) -> str:
    if stopped:
        return _("Stopped: the e-mail stays as it is.")
    if done:
        return _("The new e-mail is confirmed. From now on, sign in with it.")
    return _("Thank you. The change waits for the other address for up to 24 hours.")


def _say_set(request: Request, purpose: LinkPurpose) -> None:
    if purpose == LinkPurpose.NOT_ME:
        text = _("Your account is yours again, with the new password. All others are signed out.")
    elif purpose == LinkPurpose.INVITATION:
        return  # Nothing was changed by it, and Home says welcome.
    else:
        text = _("Your new password is set. You have been signed out everywhere else.")
    messages.success(request, text)


def _password_by_link(
    request: Request,
    purpose: LinkPurpose,
    template: str,
    finish: Callable[..., Started | None],
) -> HttpResponse:
    """Show the form of a link that sets a password, or do what it says."""
    token, mark = cookies.link_token(request), cookies.browser_token(request)
    try:
        link = _find(request, token, (purpose,))
    except Refusal as refusal:
        return _no_link(request, refusal)
    if request.method != "POST":
        return render(request, template, _page(request, link))
    form = read(request, NewPasswordForm)
    try:
        started = finish(
            token=token,
            password=form.password,
            browser_token=mark,
            client=request.client,
            now=request.now,
        )
    except (LinkUsed, LinkInvalid, LinkExpired) as refusal:
        return _gone_meanwhile(request, refusal)
    except Refusal as refusal:
        page = _page(request, link, refusal)
        return render(request, template, page, wrong=page.wrong)
    if started is None:
        messages.success(request, _suspended(request))
        return cookies.drop_link(see_other("/sign-in/"))
    _say_set(request, purpose)
    to = unsent.CONTINUE if unsent.carry_over(request, started.session_id) else landing(started)
    response = unsent.drop_marks(request, cookies.drop_link(go_on(started.token, to)))
    return cookies.mark_browser(response, mark)


def _find(request: Request, token: str, purposes: tuple[LinkPurpose, ...]) -> MailedLink:
    return mailed_links.find(token, purposes=purposes, now=request.now, host=request.client.host)


def _page(request: Request, link: MailedLink, refusal: Refusal | None = None) -> PasswordPage:
    person = link.administrator
    not_mine = link.purpose == LinkPurpose.NOT_ME
    return PasswordPage(
        action=request.path,
        minimum=minimum(two_factors=two_factors(person, now=request.now, factors_go=not_mine)),
        wrong=wrong(refusal, NewPasswordForm),
        full_name=person.full_name,
        email=link.email or person.email,
        customer=person.customer.name,
    )


def _suspended(request: Request) -> str:
    words = _(
        "Your account is yours again, with the new password. It is currently suspended. Ask "
        "your account administrator, or %(brand)s."
    )
    return words % {"brand": request.brand.name}


def _no_link(request: Request, refusal: Refusal) -> HttpResponse:
    """Say that a link is good for nothing, and how to get another one."""
    status = 422 if request.method == "POST" else 404
    link = _invited_by(request)
    page = LinkPage(
        error=sentence(refusal) or _("This link does not work."),
        why=refusal.code,
        invited=request.path == mailed_links.PATHS[LinkPurpose.INVITATION],
        asked_at=invitations.asked_at(link.administrator) if link else None,
    )
    return render(request, "signin/no_link.html", page, status=status)


def _gone_meanwhile(request: Request, refusal: Refusal) -> HttpResponse:
    """Answer who found a link good, and could not use it: of two presses the second goes where the first one led."""
    return see_other("/") if isinstance(refusal, LinkUsed) else _no_link(request, refusal)


def _ask_again(request: Request) -> HttpResponse:
    token = cookies.link_token(request)
    try:
        invitations.ask_again(token=token, client=request.client, now=request.now)
    except Refusal as refusal:
        return _no_link(request, refusal)
    return see_other(request.path)


def _invited_by(request: Request) -> MailedLink | None:
    """Return the invitation that was opened, whether it still works or not."""
    token = cookies.link_token(request)
    with suppress(Refusal):
        return mailed_links.known(
            token, purposes=(LinkPurpose.INVITATION,), host=request.client.host
        )
    return None


def speak_as_invited(request: Request) -> None:
    """Speak the language that whoever invited them chose, unless another one was chosen in this browser."""
    link = None if settings.LANGUAGE_COOKIE_NAME in request.COOKIES else _invited_by(request)
    if link is not None and link.administrator.language:
        translation.activate(link.administrator.language)
        request.LANGUAGE_CODE = translation.get_language()
