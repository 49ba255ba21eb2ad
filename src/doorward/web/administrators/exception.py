"""An exception from the policy for one person: made, made again with a later end, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from doorward.accounts import exceptions
from doorward.accounts.errors import NoException
from doorward.accounts.required_of import policy_of
from doorward.accounts.services import find
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.permissions.actions import Action
from doorward.web.administrators.forms import ExceptionForm
from doorward.web.administrators.listing import PATH
from doorward.web.administrators.pages import ExceptionPage
from doorward.web.administrators.views import RIGHT
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import optional
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.fields import Field, line
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, say_refused, wrong
from doorward.web.kit.removed_before import back_if_removed
from doorward.web.kit.times import day

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.accounts.models import Administrator
    from doorward.web.http.requests import Request


@needs(RIGHT, post=Need.of(Action.MAKE_EXCEPTION))
@both
@back_if_removed(PATH)
def make(request: Request, person_id: UUID) -> HttpResponse:
    """Ask why and until when, and make the exception; where one runs, another one in its place."""
    customer_id = signed_in(request).customer_id
    person = find(person_id, customer_id=customer_id)
    if request.method != "POST":
        return _show(request, person, blank(ExceptionForm))
    form = read(request, ExceptionForm)
    try:
        made = exceptions.make(
            person_id,
            reason=form.reason,
            until=form.until,
            customer_id=customer_id,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _show(request, person, form, wrong(refusal, ExceptionForm))
    text = _("The policy does not ask %(name)s for two factors until %(day)s.")
    names = {"name": person.full_name, "day": day(made.ends_at).striptags()}
    messages.success(request, text % names)
    return see_other(f"{PATH}{person.id}/")


@needs(RIGHT, post=Need.of(Action.END_EXCEPTION))
@require_POST
@back_if_removed(PATH)
def end(request: Request, person_id: UUID) -> HttpResponse:
    """End an exception now, and go back to where it was listed."""
    back = "/account/" if optional(request, "back") == "account" else f"{PATH}{person_id}/"
    try:
        person = exceptions.end(
            person_id,
            customer_id=signed_in(request).customer_id,
            actor=acting(request),
            now=request.now,
        )
    except NoException as refusal:
        say_refused(request, refusal)
    else:
        text = _("The exception for %(name)s is over.")
        messages.success(request, text % {"name": person.full_name})
    return see_other(back)


def _show(
    request: Request, person: Administrator, form: ExceptionForm, found: Wrong = NOTHING
) -> HttpResponse:
    times = exceptions.made_before(person.id)
    policy = policy_of(person, now=request.now)
    refused = exceptions.why_not(person, actor=acting(request), now=request.now)
    page = ExceptionPage(
        name=person.full_name,
        address=f"{PATH}{person.id}/",
        fields=_fields(request, form, found),
        runs_until=policy.excepted_until,
        repeated=_repeated(person, times) if times else "",
        impossible="" if refused is None else sentence(refused),
        wrong=found,
    )
    return render(request, "administrators/exception.html", page, wrong=found)


def _repeated(person: Administrator, times: int) -> str:
    text = ngettext(
        "%(name)s has had %(times)s exception before.",
        "%(name)s has had %(times)s exceptions before.",
        times,
    )
    return text % {"name": person.full_name, "times": times}


def _fields(request: Request, form: ExceptionForm, found: Wrong) -> dict[str, Field]:
    today = request.now.date()
    reason = {
        "maxlength": exceptions.LONGEST_REASON,
        "required": True,
        "help": _("Everybody with the Administrators tab reads it."),
    }
    until = {
        "kind": "date",
        "min": (today + timedelta(days=1)).isoformat(),
        "max": (today + exceptions.LONGEST).isoformat(),
        "required": True,
        "help": _("At most 30 days from now. It ends by itself at the beginning of that day, UTC."),
    }
    return {
        "reason": line(form, found, "reason", _("Reason"), **reason),
        "until": line(form, found, "until", _("Ends on"), **until),
    }
