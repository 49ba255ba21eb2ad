"""One person: seen, changed, invited again, helped with a password, signed out, and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doorward.accounts import invitations, services, staff_history
from doorward.accounts.models import Status
from doorward.accounts.required_of import policy_of
from doorward.credentials.password import change
from doorward.gate.requirement import Need
from doorward.kernel.errors import ConfirmationMissing, Refusal
from doorward.permissions.actions import Action
from doorward.sessions import ending
from doorward.web.administrators.forms import ChangeForm
from doorward.web.administrators.listing import PATH
from doorward.web.administrators.pages import PersonHistory, Question
from doorward.web.administrators.person_page import person_page, question_for
from doorward.web.administrators.views import LOOK, RIGHT
from doorward.web.http.gate import is_recent
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import FieldMissing
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong
from doorward.web.kit.history import history_page
from doorward.web.kit.likeness import say_namesakes
from doorward.web.kit.removed_before import back_if_removed

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.accounts.models import Administrator
    from doorward.web.http.requests import Request


@needs(LOOK, post=Need.of(Action.CHANGE_PERSON))
@both
@back_if_removed(PATH)
def edit(request: Request, person_id: UUID) -> HttpResponse:
    """Show a person and change them: all that was sent, or nothing."""
    if request.method != "POST":
        return _show(request, _find(request, person_id))
    try:
        form = read(request, ChangeForm)
    except FieldMissing:
        # Of whom the form is comes first: nobody learns more of somebody elsewhere than that they are not here.
        _find(request, person_id)
        raise
    try:
        changed = services.change(
            person_id,
            form.change(reauthenticated=is_recent(request, Action.CHANGE_EMAIL)),
            customer_id=signed_in(request).customer_id,
            actor=acting(request),
            now=request.now,
        )
    except ConfirmationMissing:
        person = _find(request, person_id)
        question = question_for(person, removing=form.status == Status.REMOVED)
        return _show(request, person, form, question=question)
    except Refusal as refusal:
        return _show(request, _find(request, person_id), form, wrong(refusal, ChangeForm))
    return _changed(request, changed)


@needs(RIGHT, post=Need.of(Action.SEND_PASSWORD_LINK))
@require_POST
@back_if_removed(PATH)
def send_password_link(request: Request, person_id: UUID) -> HttpResponse:
    """Mail somebody a link to set a new password."""
    person = _find(request, person_id)
    try:
        change.send_link(person=person, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _show(request, person, found=wrong(refusal))
    text = _("A link to set a new password is on its way to %(email)s. It works for one hour.")
    messages.success(request, text % {"email": person.email})
    return see_other(_address(person))


@needs(RIGHT, post=Need.of(Action.RESEND_INVITATION))
@require_POST
@back_if_removed(PATH)
def resend_invitation(request: Request, person_id: UUID) -> HttpResponse:
    """Mail a new invitation; the older links stop working."""
    person = _find(request, person_id)
    again = invitations.was_sent(person)
    try:
        invitations.resend(person, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _show(request, person, found=wrong(refusal))
    text = (
        _("A new invitation is on its way to %(email)s. Earlier ones no longer work.")
        if again
        else _("The invitation is on its way to %(email)s.")
    )
    messages.success(request, text % {"email": person.email})
    return see_other(_address(person))


@needs(RIGHT, post=Need.of(Action.REVOKE_INVITATION))
@require_POST
@back_if_removed(PATH)
def revoke_invitation(request: Request, person_id: UUID) -> HttpResponse:
    """Take an invitation back, and with it the person."""
    person = _find(request, person_id)
    try:
        invitations.revoke(person, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _show(request, person, found=wrong(refusal))
    text = _("The invitation of %(name)s is revoked, and its link no longer works.")
    messages.success(request, text % {"name": person.full_name})
    return see_other(PATH)


@needs(RIGHT, post=Need.of(Action.END_SESSIONS))
@require_POST
@back_if_removed(PATH)
def end_sessions(request: Request, person_id: UUID) -> HttpResponse:
    """Sign somebody out everywhere."""
    person = _find(request, person_id)
    ended = ending.end_all_of(
        subject=person.who(),
        policy=policy_of(person, now=request.now),
        actor=acting(request),
        now=request.now,
    )
    text = ngettext(
        "%(name)s is signed out of %(browsers)s browser.",
        "%(name)s is signed out of %(browsers)s browsers.",
        ended,
    )
    messages.success(request, text % {"name": person.full_name, "browsers": ended})
    return see_other(_address(person))


@needs(LOOK)
@require_safe
def history(request: Request, person_id: UUID) -> HttpResponse:
    """Show what somebody did and what was done to them."""
    person = _find(request, person_id)
    me = signed_in(request)
    events = staff_history.of_person(
        person.id, customer_id=person.customer_id, scope=me.history_scope, me=me.id
    )
    page = PersonHistory(
        name=person.full_name,
        address=_address(person),
        history=history_page(events, request=request),
    )
    return render(request, "administrators/history.html", page)


def _find(request: Request, person_id: UUID) -> Administrator:
    """Return a person of the same customer; anybody else's address leads nowhere."""
    return services.find(person_id, customer_id=signed_in(request).customer_id)


def _changed(request: Request, changed: services.Changed) -> HttpResponse:
    person = changed.person
    name = {"name": person.full_name}
    if person.status == Status.REMOVED:
        messages.success(request, _("%(name)s is removed and has lost access.") % name)
        return see_other(PATH)
    messages.success(request, _("Saved."))
    if changed.email_waits:
        text = _("The new e-mail takes effect once it is confirmed by the link we have sent to it.")
        messages.info(request, text)
    if changed.renamed:
        say_namesakes(request, person)
    return see_other(_address(person))


def _show(
    request: Request,
    person: Administrator,
    form: ChangeForm | None = None,
    found: Wrong = NOTHING,
    *,
    question: Question | None = None,
) -> HttpResponse:
    """Show a person, with the form as it came where that was not accepted."""
    page = person_page(request, person, form or ChangeForm.of(person), found, question=question)
    status = 422 if question else 200
    return render(request, "administrators/person.html", page, status=status, wrong=found)


def _address(person: Administrator) -> str:
    return f"{PATH}{person.id}/"
