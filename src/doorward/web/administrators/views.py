"""The list of a customer's people, what is done to several of them, and adding one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.accounts import second_press
from doorward.accounts.errors import UnknownAction
from doorward.accounts.required_of import policy_of_newcomer
from doorward.customers import services as customers
from doorward.customers.cached import not_for
from doorward.customers.tabs import ADMINISTRATORS, DEFAULT
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.permissions.actions import Action, Managed
from doorward.permissions.staff_scope import Reach
from doorward.rollout import tick_runs
from doorward.web.administrators.forms import NewForm, SeveralForm
from doorward.web.administrators.listing import PATH, list_page
from doorward.web.administrators.pages import AddPage
from doorward.web.administrators.person_fields import new_fields
from doorward.web.administrators.person_words import about_newcomer
from doorward.web.administrators.read_only_parts import lock, locked_parts
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.after_requiring import after_ticks
from doorward.web.kit.forms import NOTHING, Wrong, blank, read, wrong
from doorward.web.kit.likeness import say_domain, say_namesakes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpResponse

    from doorward.web.http.requests import Request

RIGHT = Need.right(ADMINISTRATORS)
# Also for the provider's staff, while it manages the portal.
LOOK = Need.right(ADMINISTRATORS, managed=Managed.LOOK)
CHANGE = Need.right(ADMINISTRATORS, managed=Managed.CHANGE)


@needs(LOOK, post=Need.of(Action.REQUIRE_TWO_FACTORS))
@both
def list_people(request: Request) -> HttpResponse:
    """Show the list; a POST does something to those who are marked in it."""
    if request.method != "POST":
        return render(request, "administrators/list.html", list_page(request))
    form = read(request, SeveralForm)
    try:
        if form.action != "require_2fa":
            raise UnknownAction
        run = tick_runs.require(
            chosen(form.selected),
            customer_id=signed_in(request).customer_id,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        page = list_page(request, error=sentence(refusal), chosen=form.selected)
        return render(request, "administrators/list.html", page, status=422)
    return after_ticks(request, run, request.get_full_path())


@needs(CHANGE, post=Need.of(Action.ADD_PERSON))
@both
def add(request: Request) -> HttpResponse:
    """Add somebody, who gets an invitation by mail."""
    if request.method != "POST":
        return _add_page(request, blank(NewForm, tabs=DEFAULT, scope=Reach.ALL))
    form, me = read(request, NewForm), signed_in(request)
    try:
        person = second_press.add_once(
            form.somebody(me=me),
            customer=customers.get(me.customer_id),
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _add_page(request, form, wrong(refusal, NewForm))
    text = _("%(name)s is invited. The mail is on its way to %(email)s.")
    messages.success(request, text % {"name": person.full_name, "email": person.email})
    say_domain(request, person.email, customer_id=person.customer_id, besides=person.id)
    say_namesakes(request, person)
    return see_other(PATH)


def _add_page(request: Request, form: NewForm, found: Wrong = NOTHING) -> HttpResponse:
    me, now, locked = signed_in(request), request.now, locked_parts(request)
    policy = policy_of_newcomer(customers.get(me.customer_id), form.tabs, now=now)
    without = not_for(me.brand_id, me.customer_id)
    about = about_newcomer(policy, without, of_provider=me.is_staff, now=now)
    made = new_fields(form, found, me=me, held=policy.held, about=about)
    fields = lock(made, locked - {"email"})
    kept = tuple(sorted(form.tabs & DEFAULT)) if "tabs" in locked else ()
    page = AddPage(fields, wrong=found, kept_tabs=kept)
    return render(request, "administrators/add.html", page, wrong=found)


def chosen(selected: Iterable[str]) -> frozenset[UUID]:
    """Return the ids of those who are marked. Raises `NotFound`."""
    try:
        return frozenset(map(UUID, selected))
    except ValueError as error:
        raise NotFound from error
