"""Helping a colleague who has lost their devices, and deciding on help that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.accounts import services
from doorward.accounts.errors import UnknownAction
from doorward.accounts.phones import readable_phone
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.permissions.actions import Action
from doorward.recovery import help as helping
from doorward.recovery import queries, refusing, requests, set_up_words
from doorward.web.administrators.forms import DecideForm, HelpForm
from doorward.web.administrators.listing import PATH
from doorward.web.administrators.pages import HelpPage, PassPage, RequestPage, RequestsPage
from doorward.web.administrators.views import RIGHT
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong
from doorward.web.kit.removed_before import back_if_removed
from doorward.web.kit.support_visits import visits

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.accounts.models import Administrator
    from doorward.recovery.queries import Listed
    from doorward.web.http.requests import Request

REQUESTS = "/requests/"


@needs(RIGHT, post=Need.of(Action.HELP_PERSON))
@both
@back_if_removed(PATH)
def help_colleague(request: Request, person_id: UUID) -> HttpResponse:
    """Say what to check, ask how it was made sure, and show the pass once."""
    me = signed_in(request)
    person = services.find(person_id, customer_id=me.customer_id)
    if request.method != "POST":
        return render(request, "administrators/help.html", _help_page(request, person))
    form = read(request, HelpForm)
    try:
        helped = helping.help_person(
            person_id,
            how=form.how,
            customer_id=me.customer_id,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        page = _help_page(request, person, how=form.how, found=wrong(refusal, HelpForm))
        return render(request, "administrators/help.html", page, wrong=page.wrong)
    if helped.words:
        return see_other(f"{REQUESTS}{helped.request.id}/pass/")
    messages.success(request, _("Your request is open. A second colleague has to agree."))
    return see_other(f"{REQUESTS}{helped.request.id}/")


@needs(RIGHT)
@require_safe
def list_requests(request: Request) -> HttpResponse:
    """List the requests of this customer's people."""
    me = signed_in(request)
    found = queries.listed(me.customer_id, me=me.id, now=request.now)
    page = RequestsPage(found, visits(me.customer_id, provider=request.brand.name, now=request.now))
    return render(request, "administrators/requests.html", page)


@needs(RIGHT, post=Need.of(Action.REFUSE_HELP))
@both
@back_if_removed(REQUESTS)
def refuse(request: Request, request_id: UUID) -> HttpResponse:
    """Show a request; refuse it, or take it back."""
    if request.method != "POST":
        return _show(request, request_id)
    return _decide(request, request_id, refusing.refuse, done=_("The request is refused."))


@needs(RIGHT, post=Need.of(Action.AGREE_TO_HELP))
@require_POST
@back_if_removed(REQUESTS)
def agree(request: Request, request_id: UUID) -> HttpResponse:
    """Give the second yes."""
    done = _("You have agreed. The person who asked can now fetch the set-up pass.")
    if _find(request, request_id).by_support:
        done = _("You have agreed. Now show the set-up pass, and read it out.")
    return _decide(request, request_id, requests.agree, done=done)


@needs(RIGHT, post=Need.of(Action.HELP_PERSON))
@both
@back_if_removed(REQUESTS)
def fetch(request: Request, request_id: UUID) -> HttpResponse:
    """Make the pass of an approved request, for whoever asked for it; show, once, what this session has just made."""
    if request.method != "POST":
        return _show_pass(request, request_id)
    me = signed_in(request)
    try:
        requests.fetch(
            request_id, customer_id=me.customer_id, actor=acting(request), now=request.now
        )
    except Refusal as refusal:
        return _show(request, request_id, wrong(refusal))
    return see_other(f"{REQUESTS}{request_id}/pass/")


@needs(RIGHT, post=Need.of(Action.SAY_WHO_CAME_BACK))
@require_POST
@back_if_removed(REQUESTS)
def say_who(request: Request, request_id: UUID) -> HttpResponse:
    """*It was them*, or *It was not*."""
    me = signed_in(request)
    _find(request, request_id)
    answer = read(request, DecideForm).was_them
    try:
        if answer not in {"yes", "no"}:
            raise UnknownAction
        requests.say_who(
            request_id,
            was_them=answer == "yes",
            customer_id=me.customer_id,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _show(request, request_id, wrong(refusal))
    if answer == "yes":
        messages.success(request, _("Noted: it was them."))
    else:
        messages.success(request, _("Everything was ended: sessions, devices and the password."))
    return see_other(f"{REQUESTS}{request_id}/")


def _decide(
    request: Request, request_id: UUID, service: Callable[..., None], *, done: str
) -> HttpResponse:
    me = signed_in(request)
    try:
        service(request_id, customer_id=me.customer_id, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _show(request, request_id, wrong(refusal))
    messages.success(request, done)
    return see_other(f"{REQUESTS}{request_id}/")


def _show(request: Request, request_id: UUID, found: Wrong = NOTHING) -> HttpResponse:
    page = RequestPage(_find(request, request_id), wrong=found)
    return render(request, "administrators/request.html", page, wrong=found)


def _find(request: Request, request_id: UUID) -> Listed:
    me = signed_in(request)
    listed = queries.find(request_id, customer_id=me.customer_id, me=me.id, now=request.now)
    if listed is None:
        raise NotFound
    return listed


def _show_pass(request: Request, request_id: UUID) -> HttpResponse:
    listed = _find(request, request_id)
    customer_id = signed_in(request).customer_id
    chosen = requests.show(
        request_id, customer_id=customer_id, actor=acting(request), now=request.now
    )
    if not chosen:
        messages.warning(request, _("A set-up pass is shown once, right after it was made."))
        return see_other(f"{REQUESTS}{request_id}/")
    page = PassPage(
        name=listed.request.administrator.full_name,
        words=chosen,
        digits=set_up_words.as_digits(chosen),
        until=listed.request.issued.expires_at,
    )
    return render(request, "administrators/pass.html", page)


def _help_page(
    request: Request, person: Administrator, *, how: str = "", found: Wrong = NOTHING
) -> HelpPage:
    refused = helping.why_not(person, actor=acting(request), now=request.now)
    return HelpPage(
        id=person.id,
        name=person.full_name,
        phone=readable_phone(person.phone),
        second=helping.second_is_due(person, now=request.now),
        impossible="" if refused is None else sentence(refused),
        how=how,
        wrong=found,
    )
