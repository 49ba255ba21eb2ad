"""One's second address for notifications: asked for and removed here; its own mailbox confirms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.accounts import own_profile, second_address
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong
from doorward.web.kit.likeness import say_domain
from doorward.web.profile.pages import RemoveForm, SecondAddressForm, second_address_page

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

HERE = "/profile/"


@needs(Need.THROUGH, post=Need.of(Action.CHANGE_SECOND_ADDRESS))
@both
def edit(request: Request) -> HttpResponse:
    """Ask for a second address, or remove it (`remove=on`)."""
    if request.method != "POST":
        return _page(request)
    me, actor = signed_in(request), acting(request)
    if read(request, RemoveForm).remove:
        if second_address.remove(me.id, actor=actor, now=request.now):
            messages.success(request, _("Removed. Notifications go to your e-mail alone."))
        return see_other(HERE)
    typed = read(request, SecondAddressForm).second_email
    try:
        asked = second_address.ask(me.id, typed, actor=actor, now=request.now)
    except Refusal as refusal:
        return _page(request, typed, wrong(refusal, SecondAddressForm))
    text = _("We have sent a link to %(email)s. Open it to confirm the second address.")
    messages.success(request, text % {"email": asked} if asked else _("Saved."))
    if asked:
        say_domain(request, asked, customer_id=me.customer_id, besides=me.id)
    return see_other(HERE)


def _page(request: Request, typed: str | None = None, found: Wrong = NOTHING) -> HttpResponse:
    me = signed_in(request)
    person = own_profile.find(me.id, customer_id=me.customer_id)
    page = second_address_page(person, now=request.now, typed=typed, found=found)
    return render(request, "profile/second_address.html", page, wrong=found)
