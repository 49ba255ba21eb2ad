"""The gate of pages: one middleware asks the one decision, for every request, and obeys.

A view runs if its need is met, or if it is the page of the very step that is due. Nothing runs
without a declaration. `request.administrator` exists when somebody is signed in and nothing of their own is due;
what else is missing (the right, reauthentication) keeps the view from running all the same.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import DatabaseError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.accounts.models import Administrator
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.credentials.trusted_browsers import trust
from doorward.customers.cached import brand_for_host, brand_of, is_known_host
from doorward.customers.events import ACCESS_REFUSED
from doorward.customers.tabs import HOME
from doorward.gate.evaluate import evaluate
from doorward.gate.managed import load
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import MustWait, NotFound
from doorward.kernel.refusals import sentence
from doorward.kernel.text.cleaning import safe_next
from doorward.kernel.why_not_saved import fault_in
from doorward.managing import end, watching
from doorward.permissions.actions import Managed
from doorward.permissions.errors import NotAuthorised, ReauthenticationDue
from doorward.sessions import binding, issuing, queries, saved_requests
from doorward.sessions.errors import SessionEnded, StaleRequest
from doorward.sessions.rules import is_managing
from doorward.web.http import cookies, device_binding, tracing
from doorward.web.http.csrf_secret import renew
from doorward.web.http.errors import (
    error_page,
    must_wait,
    refusal_page,
    with_page,
)
from doorward.web.http.flash import ENDED, forget_ended
from doorward.web.http.needs import Declaration, declared
from doorward.web.http.origins import settle
from doorward.web.http.outage import not_saved, not_signed_out
from doorward.web.http.pages import see_other
from doorward.web.http.posted import FieldMissing
from doorward.web.http.requests import Gated
from doorward.web.http.session_use import note_use
from doorward.web.http.unsent import CONTINUE, keep_unsent
from doorward.web.kit.tab_bar import ADDRESSES, keys_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpResponse, HttpResponseRedirect

    from doorward.gate.evaluate import Verdict
    from doorward.permissions.actions import Action
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started
    from doorward.web.http.requests import Request

PAGES = {
    Step.SIGN_IN: "/sign-in/",
    Step.VERIFY_FACTOR: "/sign-in/code/",
    Step.VERIFY_MAILBOX: "/sign-in/mailbox/",
    Step.SET_UP_FACTOR: "/sign-in/set-up/",
    Step.SAVE_RECOVERY_CODES: "/sign-in/recovery-codes/",
    Step.SET_PASSWORD: "/sign-in/password/",
    Step.VERIFY_PASSWORD: "/prove/",
    Step.REAUTHENTICATE: "/prove/",
    Step.MANAGING_OVER: "/managing/over/",
    Step.ANOTHER_FACTOR: "/security/2fa/add/",
}
INCOMPLETE = gettext_lazy(
    "Something is missing from this form. Open the page again and try once more."
)
READING = frozenset({"GET", "HEAD"})
# What history says of a sign-in in which the second step was left out.
TRUSTED = "trusted_browser"


class ReauthenticationWanted(Exception):
    """What a view was asked for wants reauthentication that its address alone did not want.

    `without`: a factor that does not serve for it.
    """

    def __init__(self, *, without: UUID | None = None) -> None:
        super().__init__()
        self.without = without


class Gate:
    """Loads the facts, asks `evaluate`, and lets a view run or sends the browser to the step."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        """Put on the request what everything after may look at; nobody is through yet."""
        request.now = timezone.now()
        settle(request)
        request.client = replace(request.client, host=request.host)
        request.auth = None
        request.unbound = None
        request.administrator = None
        request.tab = None
        request.why = None
        request.managing = None
        request.other_portal = False
        request.outside = False
        request.verdict = None
        timezone.deactivate()
        response = self.get_response(request)
        if cookies.SESSION in response.cookies:
            renew(request, response, keep=not request.other_portal)
        if response.status_code >= 500 and _is_signing_out(request):  # noqa: PLR2004 - whatever failed
            return cookies.drop_session(not_signed_out(request))
        if response.status_code == 405:  # noqa: PLR2004 - Django's answer says nothing
            response = with_page(request, response)
        device_binding.offer(request, response)
        return _let_watch(request, response)

    def process_view(
        self,
        request: Request,
        view: Callable[..., Any],
        _args: list[Any],
        _kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Decide before a view runs; None lets it."""
        began = time.time_ns()
        try:
            answer = decide(request, view)
        except DatabaseError as error:
            if (answer := not_saved(request, error)) is None:
                raise
        if tracing.is_on():
            request.gated = Gated(began, time.time_ns(), let=answer is None)
        return answer

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        """Answer what a view found while it ran: a proof is wanted, the form is not one of ours, or they wait."""
        match exception:
            case ReauthenticationWanted() | ReauthenticationDue():
                answer = _reauthenticate(request, without=getattr(exception, "without", None))
            case FieldMissing() | StaleRequest():
                answer = _out_of_date(request, exception)
            case MustWait():
                answer = must_wait(request, exception.seconds)
            case NotFound():
                answer = error_page(request, 404)
            case NotAuthorised() if request.managing is not None:
                answer = _keep_out(request)
            case NotAuthorised():
                answer = _refuse_right(request, exception.action.needs.tab)
            case SessionEnded():
                answer = _send_to(request, Step.SIGN_IN)
            case _:
                return not_saved(request, exception)
        return answer


def _out_of_date(request: Request, exception: FieldMissing | StaleRequest) -> HttpResponse:
    """Say that the form is none of ours any more, or what it is about none of theirs."""
    if isinstance(exception, StaleRequest):
        return refusal_page(request, sentence(exception), back=_first_page(request))
    return refusal_page(request, str(INCOMPLETE), back=request.path)


def decide(request: Request, view: Callable[..., Any]) -> HttpResponse | None:
    """Return what is answered in place of a view; None: it may run."""
    declaration = declared(view)
    if declaration is not None and declaration.any_host:
        return None
    if not request.host:
        return error_page(request, 400)
    request.brand = brand_for_host(request.host)
    if declaration is None or not is_known_host(request.host):
        return error_page(request, 403 if declaration is None else 421)
    token = request.COOKIES.get(cookies.SESSION)
    if token:
        _load(request, token)
    if declaration.step is not None:
        return _serve_step(request, declaration.step, through=declaration.through)
    need = declaration.need_for(request.method)
    if need.open:
        _let_in_if_through(request)
        return None
    return _meet(request, need, declaration)


def way_to_step(request: Request, view: Callable[..., Any], *, own: bool) -> HttpResponse | None:
    """Return the way to the step that is due before a view, of a form that does not run anyway; None: it is not that.

    `own`: it is a form of this browser's, so that what was typed is kept for its person.
    """
    declaration = declared(view)
    if declaration is None or declaration.any_host or not is_known_host(request.host):
        return None
    if declaration.step is None and declaration.need_for(request.method).open:
        return None
    request.brand = brand_for_host(request.host)
    if token := request.COOKIES.get(cookies.SESSION):
        _load(request, token)
    due = evaluate(request.auth, Need.OWN, now=request.now).step
    if due in {Step.THROUGH, declaration.step} or due not in PAGES:
        return None
    return _send_to(request, due) if own else see_other(PAGES[due])


def _is_signing_out(request: Request) -> bool:
    """Return whether somebody asked to be signed out, from a page of ours: nobody can be kept from it."""
    match = request.resolver_match
    return match is not None and match.url_name == "sign_out" and request.method == "POST"


def _load(request: Request, token: str) -> None:
    """Read who sends it; where several brands have one host, the page is their own brand's."""
    trusted = cookies.trusted_tokens(request)
    auth = request.auth = load(
        token,
        trusted,
        device=cookies.device_token(request),
        host=request.client.host,
        now=request.now,
    )
    if auth is not None and auth.facts.unbound:
        # No view may take it for somebody who is here.
        request.auth, request.unbound = None, auth
    if auth is not None and not auth.facts.elsewhere:
        request.brand = brand_of(auth.person.brand_id)
    if request.auth is not None and not request.auth.facts.elsewhere:
        if request.auth.portal is not None:
            request.managing = request.auth.portal
        _write_down_end(request.auth, now=request.now)


def is_recent(request: Request, action: Action) -> bool:
    """Return whether who is here confirmed that as recently as an action wants it."""
    need = replace(Need.OWN, fresh=Need.of(action).fresh)
    return evaluate(request.auth, need, now=request.now).through


def _serve_step(request: Request, step: Step, *, through: bool) -> HttpResponse | None:
    request.verdict = verdict = evaluate(request.auth, Need.OWN, now=request.now)
    due = verdict.step
    if due is step:
        if due is not Step.SIGN_IN:  # a session that has ended stays ended, whatever it looks at
            note_use(request)
        request.why = verdict.why
        return None
    if step is Step.SIGN_IN:
        forget_ended(request)
    if due is Step.THROUGH and through:
        _admit(request)
        return None
    if due is Step.THROUGH:
        return see_other(onward(request))
    return _send_to(request, due)


def _let_in_if_through(request: Request) -> None:
    request.verdict = evaluate(request.auth, Need.OWN, now=request.now)
    if request.verdict.through:
        _admit(request)


def _meet(request: Request, need: Need, declaration: Declaration) -> HttpResponse | None:
    request.verdict = verdict = evaluate(request.auth, need, now=request.now)
    step = verdict.step
    if verdict.admitted:
        if need.managed is not Managed.OWN:
            _go_into_portal(request)
        _admit(request)
    if step is Step.NOT_WHILE_MANAGING:
        return _keep_out(request)
    if verdict.through:
        request.tab = (declaration.need or need).tab
        _forget_saved_request(request)
        return None
    if step is Step.NO_RIGHT:
        return _refuse_right(request, need.tab or "")
    if step is Step.REAUTHENTICATE:
        return _reauthenticate(request)
    return _send_to(request, step)


def _go_into_portal(request: Request) -> None:
    """Let a page be the customer's whose portal this session manages: what it shows and does is for that one."""
    if request.auth is not None and request.auth.portal is not None:
        request.auth = request.auth.portal


def _write_down_end(auth: AuthContext, *, now: datetime) -> None:
    """Let managing that was found to be over stay so, whatever comes back of what it takes."""
    managing_id, found = auth.browser.managing_id, auth.facts.managing
    if managing_id is None or found is None or is_managing(found, now=now):
        return
    if found.running or auth.portal is None:
        end.found_over(managing_id, now=now)


def _let_watch(request: Request, response: HttpResponse) -> HttpResponse:
    """Write down what an answer shows of a customer's portal: its people see it live. What they cannot, is not shown.

    It is asked of the answer and not of the method: a form that is refused is answered with a page as well. Pages of
    errors show nothing of a portal.
    """
    auth, match = request.auth, request.resolver_match
    if auth is None or auth.staff is None or auth.browser.managing_id is None or match is None:
        return response
    if request.outside or 300 <= response.status_code < 400:  # noqa: PLR2004 - leads to a page
        return response
    listed = watching.looked(
        auth.browser.managing_id,
        page=match.url_name or "",
        person_id=match.kwargs.get("person_id"),
        actor=auth.actor(request.client),
        now=request.now,
    )
    return response if listed else see_other(PAGES[Step.MANAGING_OVER])


def _keep_out(request: Request) -> HttpResponse:
    """Answer what is never possible while managing, or not by looking alone."""
    match = request.resolver_match
    if request.auth is not None:
        watching.kept_out(
            page=(match.url_name if match else "") or "",
            actor=request.auth.actor(request.client),
            now=request.now,
        )
    return error_page(request, 403)


def _admit(request: Request) -> None:
    """Take somebody for signed in: from here on the request has its administrator."""
    auth = request.auth
    if auth is None:
        return
    request.administrator = auth.person
    request.user = _LazyUser(auth.person.id)  # type: ignore[assignment]
    if auth.person.language not in {"", request.LANGUAGE_CODE}:
        translation.activate(auth.person.language)
        request.LANGUAGE_CODE = translation.get_language()
    timezone.activate(auth.person.time_zone)
    if auth.browser.signed_in_at is None:
        _mark_signed_in(request)
    if auth.browser.newly_bound:
        _mark_bound(request, auth)
    note_use(request)


class _LazyUser:
    """The account as Django's ecosystem knows it, read only when something asks for it."""

    def __init__(self, administrator_id: UUID) -> None:
        self._id = administrator_id
        self._found: Administrator | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the account has
        if self._found is None:
            self._found = Administrator.objects.everywhere().get(id=self._id)
        return getattr(self._found, name)


def _mark_signed_in(request: Request) -> None:
    auth = request.auth
    if auth is None or auth.facts.session is None:
        return
    issuing.mark_signed_in(
        auth.browser.session_id,
        actor=auth.actor(request.client),
        now=request.now,
        with_what=_let_in_by(auth),
        known_browser=auth.browser.known_browser,
    )
    if _let_in_by(auth) == TRUSTED and auth.browser.trusted_id is not None:
        trust.mark_used(auth.browser.trusted_id, now=request.now)


def _mark_bound(request: Request, auth: AuthContext) -> None:
    try:
        actor = auth.own.actor(request.client)
        binding.mark_bound(auth.browser.session_id, actor=actor, now=request.now)
    except DatabaseError as error:
        # It is bound by a later page, then.
        if fault_in(error) is None:
            raise


def _let_in_by(auth: AuthContext) -> str:
    """Say what a session that is through was let in by."""
    if auth.facts.session is not None and auth.facts.session.recovery_at:
        return "recovery_code"
    return auth.browser.factor_kind or (TRUSTED if auth.factors else "password")


def _send_to(request: Request, step: Step) -> HttpResponse:
    """Send the browser to a step's page, whatever the method; where it was heading is kept."""
    page = PAGES[step]
    heading = safe_next(request.get_full_path()) if request.method in READING else None
    if heading in {None, "/"} or heading in PAGES.values():
        heading = None
    if step is Step.SIGN_IN:
        if request.unbound is not None:
            _tell_unbound(request, request.unbound)
        elif request.method in READING and request.COOKIES.get(cookies.SESSION):
            # Ended, or gone on under another identifier: in a window that was faster than this one.
            said = _("Your session has ended. Please sign in again.")
            messages.info(request, said, extra_tags=ENDED)
        if request.method not in READING:
            return keep_unsent(request, see_other(page))
        return see_other(f"{page}?{urlencode({'next': heading})}" if heading else page)
    if heading:
        declaration = declared(request.resolver_match.func) if request.resolver_match else None
        if declaration and declaration.step is None:
            _keep_heading(request, heading)
    return see_other(page)


def _tell_unbound(request: Request, auth: AuthContext) -> None:
    binding.note_elsewhere(actor=auth.actor(request.client), now=request.now)
    messages.info(
        request,
        _(
            "Your session is bound to the device it was begun on, and this browser could not show that it still is that"
            " device. Please sign in again."
        ),
    )


def _keep_heading(request: Request, heading: str) -> None:
    if request.auth and heading != request.auth.browser.next_path:
        queries.keep_next(request.auth.browser.session_id, heading)


def lead(
    request: Request, verdict: Verdict, heading: str, *, without: UUID | None = None
) -> HttpResponse:
    """Send the browser to the step of a verdict, and from there on to an address of ours.

    For a view that asks the gate itself, since what it needs stands in the request. `without`: a factor that does not
    serve for it.
    """
    page = PAGES[verdict.step]
    if verdict.step is Step.SIGN_IN:
        return see_other(f"{page}?{urlencode({'next': heading})}")
    if verdict.step is Step.REAUTHENTICATE:
        query = {"next": heading} | ({"without": str(without)} if without else {})
        return see_other(f"{page}?{urlencode(query)}")
    _keep_heading(request, heading)
    return see_other(page)


def _reauthenticate(request: Request, *, without: UUID | None = None) -> HttpResponse:
    auth = request.auth
    path = request.get_full_path()
    if auth is not None and request.FILES:
        # No page can send a file on that somebody chose in another; so they go back to choose it.
        messages.info(request, _("Then please choose the file again: it was not kept."))
    elif auth is not None and request.method not in READING:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
        saved_requests.save(auth.browser.session_id, path=path, fields=fields, now=request.now)
        path = CONTINUE
    query = {"next": path} | ({"without": str(without)} if without else {})
    return see_other(f"/prove/?{urlencode(query)}")


def _forget_saved_request(request: Request) -> None:
    auth = request.auth
    if auth is None or auth.browser.saved_request is None or request.method in READING:
        return
    if not request.path.startswith("/prove/"):
        saved_requests.clear(auth.browser.session_id)


def note_refused(request: Request, tab: str) -> None:
    """Write down that somebody asked for what they have no right to."""
    if request.auth is not None:
        repeats.record_once(
            ACCESS_REFUSED,
            actor=request.auth.actor(request.client),
            outcome=Outcome.REFUSED,
            details={"tab": tab},
            now=request.now,
        )


def _refuse_right(request: Request, tab: str) -> HttpResponse:
    note_refused(request, tab)
    return error_page(request, 403, home=_first_page(request))


def onward(request: Request) -> str:
    """Return where a session that is through goes on to: where it was heading, or Home."""
    asked = safe_next(request.GET.get("next"))
    kept = request.auth.browser.next_path if request.auth else ""
    return asked or safe_next(kept) or _first_page(request)


def _first_page(request: Request) -> str:
    """Return Home, or the first tab of somebody who has no right to it, or what everybody has."""
    if request.auth is None or HOME in request.auth.person.tab_keys:
        return "/"
    keys = list(keys_for(request.auth.person))
    return ADDRESSES[keys[0]] if keys else "/security/"


def landing(started: Started) -> str:
    """Return where a session that was just begun goes: Home, or to the gate, which knows the rest."""
    return "/" if started.has_home else PAGES[Step.SIGN_IN]


def go_on(token: str, to: str = "/") -> HttpResponseRedirect:
    """Redirect to where the next step will be decided, with the session's new identifier."""
    return cookies.set_session(see_other(to), token)
