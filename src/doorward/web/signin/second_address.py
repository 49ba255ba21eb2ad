"""The page on which a mailbox confirms that it is somebody's second address. Opening it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.accounts import second_address
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.web.http import cookies
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.signin.pages import LinkPage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.NOTHING)
@both
def confirm(request: Request) -> HttpResponse:
    """Confirm a second address: whoever has its mailbox, signed in or not."""
    token = cookies.link_token(request)
    try:
        if request.method == "POST":
            return _confirmed(request, token)
        link = second_address.asked_by(token, host=request.client.host, now=request.now)
    except Refusal as refusal:
        page = LinkPage(
            error=sentence(refusal) or _("This link does not work."),
            why=refusal.code,
            second=True,
        )
        return render(
            request,
            "signin/no_link.html",
            page,
            status=422 if request.method == "POST" else 404,
        )
    page = LinkPage(new_email=link.email, name=link.administrator.full_name, second=True)
    return render(request, "signin/second_address.html", page)


def _confirmed(request: Request, token: str) -> HttpResponse:
    link = second_address.asked_by(token, host=request.client.host, now=request.now)
    mine = request.administrator is not None and request.administrator.id == link.administrator_id
    address = second_address.confirm(
        token=token,
        client=request.client,
        session_id=request.auth.browser.session_id if mine and request.auth else None,
        now=request.now,
    )
    text = _("Confirmed. Notifications now go to %(email)s, too.")
    messages.success(request, text % {"email": address})
    return cookies.drop_link(see_other("/profile/" if mine else "/sign-in/"))
