"""Signing in, step by step: each view serves the one step that is due, and nothing else runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.credentials import wrong_proofs
from doorward.credentials.errors import AlreadyEnabled, FactorDisabled
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.password import change
from doorward.credentials.password.rules import minimum
from doorward.credentials.recovery_codes import codes
from doorward.credentials.suspension import can_be_taken_back
from doorward.credentials.trusted_browsers import trust as trusting
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.kernel.text.cleaning import clean_email, safe_next
from doorward.policy.rules import FactorKind
from doorward.sessions import ending, queries
from doorward.sessions.errors import StaleRequest
from doorward.signin import mailbox, passkey, password, second_step
from doorward.signin.errors import PasskeyUnknown, PortalElsewhere
from doorward.web.http import cookies, flash, unsent
from doorward.web.http.gate import go_on, landing, onward
from doorward.web.http.methods import both
from doorward.web.http.needs import needs, serves
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import is_bare, read, read_either, wrong
from doorward.web.kit.passkeys import CodeForm, PasskeyForm
from doorward.web.kit.setup import MadePasskeyForm, NewAppForm, confirm_set_up, set_up_page
from doorward.web.signin.forms import (
    NewPasswordForm,
    NotNowForm,
    PasskeyAloneForm,
    PasswordForm,
    ResendForm,
    SavedForm,
    SentCodeForm,
)
from doorward.web.signin.pages import CodePage, CodesPage, PasswordPage, SignInPage
from doorward.web.signin.sent_codes import say_sent

if TYPE_CHECKING:
    from doorward.sessions.issuing import Started
    from doorward.web.http.requests import Request


@serves(Step.SIGN_IN)
@both
def sign_in(request: Request) -> HttpResponse:
    """Ask for e-mail and password, or a passkey alone; begin a session for who has them."""
    if request.method != "POST":
        asked = safe_next(request.GET.get("next")) or ""
        return render(request, "signin/sign_in.html", _sign_in_page(request, asked))
    form = read_either(request, PasskeyAloneForm, PasswordForm)
    heading, mark = safe_next(form.next) or "", cookies.browser_token(request)
    try:
        started = _begin(request, form, heading, mark)
    except Refusal as refusal:
        page = _sign_in_page(request, heading, form, refusal)
        return render(request, "signin/sign_in.html", page, wrong=page.wrong)
    to = unsent.CONTINUE if unsent.carry_over(request, started.session_id) else heading
    response = cookies.mark_browser(go_on(started.token, to or landing(started)), mark)
    return unsent.drop_marks(request, response)


def _begin(
    request: Request, form: PasskeyAloneForm | PasswordForm, heading: str, mark: str
) -> Started:
    shared: Any = {
        "browser_token": mark,
        "next_path": heading,
        "client": request.client,
        "now": request.now,
    }
    if isinstance(form, PasskeyAloneForm):
        party = passkeys.party_of(request.brand)
        return passkey.sign_in(answer=form.credential, party=party, **shared)
    return password.sign_in(email=form.email, password=form.password, **shared)


@serves(Step.VERIFY_FACTOR)
@both
def code(request: Request) -> HttpResponse:
    """Ask for the second factor: a passkey, or a code of the authenticator app."""
    if request.method != "POST":
        return render(request, "signin/code.html", _code_page(request))
    form = read_either(request, PasskeyForm, CodeForm)
    try:
        started = _second_step(request, form)
    except StaleRequest:
        return see_other(onward(request))
    except Refusal as refusal:
        page = _code_page(request, refusal, trust=form.trust)
        return render(request, "signin/code.html", page, wrong=page.wrong)
    kind = FactorKind.PASSKEY if isinstance(form, PasskeyForm) else FactorKind.APP
    response = go_on(started.token, onward(request))
    return cookies.begin_trust(request, response, kind) if form.trust else response


def _second_step(request: Request, form: PasskeyForm | CodeForm) -> Started:
    auth, actor, now = session_of(request), acting(request), request.now
    if isinstance(form, PasskeyForm):
        given = passkeys.given(request, form.credential, Purpose.SECOND_STEP)
        return second_step.verify_passkey(auth=auth, given=given, actor=actor, now=now)
    return second_step.verify_code(auth=auth, code=form.code, actor=actor, now=now)


@serves(Step.VERIFY_FACTOR)
@both
def recover(request: Request) -> HttpResponse:
    """Ask for a recovery code instead of the factor."""
    if request.method != "POST":
        return render(request, "signin/recovery.html", _code_page(request))
    typed = read(request, SentCodeForm).code
    try:
        started = codes.use(
            auth=session_of(request), code=typed, actor=acting(request), now=request.now
        )
    except StaleRequest:
        return see_other(onward(request))
    except Refusal as refusal:
        page = _code_page(request, refusal)
        return render(request, "signin/recovery.html", page, wrong=page.wrong)
    return go_on(started.token, onward(request))


@serves(Step.VERIFY_MAILBOX)
@both
def verify_mailbox(request: Request) -> HttpResponse:
    """Ask for the code that was mailed; sent once when the page is first shown, and on request."""
    auth, actor, now = session_of(request), acting(request), request.now
    session_id = auth.browser.session_id
    try:
        if request.method != "POST":
            mailbox.send(session_id=session_id, actor=actor, now=now)
            return render(request, "signin/mailbox.html", _code_page(request))
        form = read_either(request, ResendForm, SentCodeForm)
        if isinstance(form, ResendForm):
            mailbox.send(session_id=session_id, actor=actor, now=now, again=True)
            say_sent(request)
            return see_other(request.path)
        started = mailbox.verify_code(
            session_id=session_id,
            old_hash=auth.browser.token_hash,
            code=form.code,
            known_browser=auth.browser.known,
            actor=actor,
            now=now,
        )
    except StaleRequest:
        return see_other(onward(request))
    except Refusal as refusal:
        page = _code_page(request, refusal)
        return render(request, "signin/mailbox.html", page, wrong=page.wrong)
    return go_on(started.token, onward(request))


@serves(Step.SET_UP_FACTOR)
@both
def set_up_factor(request: Request) -> HttpResponse:
    """Lead somebody who must use two factors through setting one up; *Not now* within the grace."""
    auth = session_of(request)
    if request.method != "POST":
        return render(request, "signin/set_up.html", set_up_page(request))
    if auth.facts.policy.in_grace(request.now) and not is_bare(request, NotNowForm):
        queries.put_off(auth.browser.session_id, actor=acting(request))
        return see_other(onward(request))
    form = read_either(request, MadePasskeyForm, NewAppForm)
    try:
        started = confirm_set_up(request, form)
    except (AlreadyEnabled, StaleRequest) as refusal:  # another window was faster
        messages.info(request, sentence(refusal))
        return see_other(onward(request))
    except Refusal as refusal:
        page = set_up_page(request, refusal=refusal, name=form.name)
        return render(request, "signin/set_up.html", page, wrong=page.wrong)
    return go_on(started.token, onward(request))


@serves(Step.SAVE_RECOVERY_CODES)
@both
def save_codes(request: Request) -> HttpResponse:
    """Show the recovery codes until the person says that they are saved, then never again."""
    auth, actor, now = session_of(request), acting(request), request.now
    try:
        shown = codes.shown(auth=auth, actor=actor, now=now)
    except StaleRequest:
        return see_other(onward(request))
    asked = request.method == "POST"
    if asked and (form := read(request, SavedForm)).saved:
        seen = _seen_set(form) or shown.set_id
        codes.confirm_saved(administrator_id=auth.person.id, actor=actor, now=now, set_id=seen)
        return see_other(onward(request))
    page = CodesPage(
        set_id=str(shown.set_id),
        codes=shown.codes,
        error=_("Save the codes first, then tick the box.") if asked else "",
    )
    return render(request, "signin/codes.html", page, status=422 if asked else 200)


def _seen_set(form: SavedForm) -> UUID | None:
    """Return which codes were on the page of this form: others may have been made since."""
    try:
        return UUID(form.set)
    except ValueError:
        return None


@serves(Step.SAVE_RECOVERY_CODES)
@require_safe
def codes_as_text(request: Request) -> HttpResponse:
    """Return the same codes as a text file, for browsers without scripts."""
    auth = session_of(request)
    try:
        shown = codes.shown(auth=auth, actor=acting(request), now=request.now)
    except StaleRequest:
        return see_other(onward(request))
    heading = _("Recovery codes for %(brand)s") % {"brand": request.brand.name}
    lines = [heading, auth.person.email, "", *shown.codes, ""]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    response["Cache-Control"] = "no-store"
    return response


@serves(Step.SET_PASSWORD)
@both
def set_password(request: Request) -> HttpResponse:
    """Ask for the new password that is due."""
    auth = session_of(request)
    if request.method != "POST":
        return render(request, "signin/set_password.html", _password_page(request))
    form = read(request, NewPasswordForm)
    try:
        change.set_due(
            administrator_id=auth.person.id,
            password=form.password,
            actor=acting(request),
            now=request.now,
        )
    except StaleRequest:
        # It was set meanwhile, in another browser: nothing here is to be looked at again.
        return see_other(onward(request))
    except Refusal as refusal:
        page = _password_page(request, refusal)
        return render(request, "signin/set_password.html", page, wrong=page.wrong)
    messages.success(
        request, _("Your new password is set. You have been signed out everywhere else.")
    )
    return see_other(onward(request))


@needs(Need.NOTHING, old_forms=True)
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """End the session of this browser, at whatever step it is."""
    # Without its device, too: who cannot show that any more, can end the session all the same.
    auth = request.auth or request.unbound
    if auth is not None:
        actor = auth.actor(request.client)
        ending.sign_out(auth.browser.session_id, actor=actor, now=request.now)
    flash.forget_all(request)
    response = unsent.leave_mark(request, cookies.drop_session(see_other("/sign-in/")))
    # Not "cookies": that would also take the browser's mark, and cookies of sibling hosts.
    response["Clear-Site-Data"] = '"storage"'
    return response


def _sign_in_page(
    request: Request,
    heading: str,
    form: PasskeyAloneForm | PasswordForm | None = None,
    refusal: Refusal | None = None,
) -> SignInPage:
    alone = form if isinstance(refusal, PasskeyUnknown) else None
    return SignInPage(
        email=form.email if isinstance(form, PasswordForm) else _expected(request),
        next=heading,
        wrong=wrong(refusal, PasswordForm),
        passkeys=passkeys.work_here(request),
        signal=passkeys.unknown(request, alone.credential)
        if isinstance(alone, PasskeyAloneForm)
        else "",
        elsewhere=refusal.address if isinstance(refusal, PortalElsewhere) else "",
    )


def _expected(request: Request) -> str:
    """Return the e-mail that an application expects somebody to sign in with; whether anybody has it, nobody looks."""
    try:
        return clean_email(request.GET.get("email", ""))
    except Refusal:
        return ""


def _code_page(
    request: Request, refusal: Refusal | None = None, *, trust: bool = False
) -> CodePage:
    auth = session_of(request)
    # Where only a passkey satisfies the policy, a code would be asked for and lead nowhere.
    serves = auth.that_serve().factors
    apps = [row for row in serves if row.kind is FactorKind.APP and row.usable]
    usable = bool(apps) and not isinstance(refusal, FactorDisabled)
    has, here = passkeys.serve(auth), passkeys.work_here(request)
    return CodePage(
        wrong=wrong(refusal, SentCodeForm),
        usable=usable,
        passkeys=has and here,
        elsewhere=passkeys.party_of(request.brand).origin if has and not here else "",
        helpless=not usable and not has and not codes.left(auth.person.id),
        suspended=any(row.suspended_at for row in auth.factors),
        found=bool(can_be_taken_back(auth, now=request.now).factors),
        many=wrong_proofs.failures(auth) >= wrong_proofs.MANY if refusal else False,
        email=auth.person.email,
        trust_days=auth.facts.policy.trust_days if trusting.is_offered(auth) else 0,
        trust=trust,
    )


def _password_page(request: Request, refusal: Refusal | None = None) -> PasswordPage:
    auth = session_of(request)
    return PasswordPage(
        action=request.path,
        minimum=minimum(two_factors=auth.two_factors),
        wrong=wrong(refusal, NewPasswordForm),
        email=auth.person.email,
    )
