"""A lost device: signed out everywhere by the password alone, and suspended by a mailed link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doorward.accounts import mailed_links
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.recovery import lost_device
from doorward.recovery.errors import NoDeviceChosen
from doorward.web.http import cookies
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.kit.forms import NOTHING, read, wrong
from doorward.web.security.forms import LostDeviceForm, LostForm
from doorward.web.security.pages import LostDevicePage, LostPage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

DEVICE = "/security/lost/device/"


@needs(Need.NOTHING)
@both
def report(request: Request) -> HttpResponse:
    """Ask for e-mail and password, and sign out everywhere."""
    me = request.administrator
    if request.method != "POST":
        return render(request, "security/lost.html", LostPage(email=me.email if me else ""))
    form = read(request, LostForm)
    try:
        lost_device.report(
            email=form.email,
            password=form.password,
            browser_token=cookies.browser_token(request),
            client=request.client,
            now=request.now,
        )
    except Refusal as refusal:
        page = LostPage(email=form.email, wrong=wrong(refusal, LostForm))
        return render(request, "security/lost.html", page, wrong=page.wrong)
    return see_other("/security/lost/done/")


@needs(Need.NOTHING)
@require_safe
def done(request: Request) -> HttpResponse:
    """Say that everybody is signed out, and what was mailed."""
    return render(request, "security/lost_done.html")


@needs(Need.NOTHING)
@require_safe
def open_link(request: Request, token: str) -> HttpResponse:
    """Take the token out of the address, and go on to the page that asks which device it is."""
    del request
    return cookies.take_link_out(token, to=DEVICE)


@needs(Need.NOTHING)
@both
def device(request: Request) -> HttpResponse:
    """Ask which device is lost, and suspend it."""
    token, found = cookies.link_token(request), NOTHING
    try:
        link = mailed_links.find(
            token, purposes=lost_device.PURPOSES, now=request.now, host=request.client.host
        )
        if request.method == "POST":
            try:
                return _suspended(request, token)
            except NoDeviceChosen as refusal:
                found = wrong(refusal, LostDeviceForm)
    except Refusal as refusal:
        page = LostDevicePage(error=sentence(refusal))
        status = 422 if request.method == "POST" else 404
        return render(request, "security/lost_device.html", page, status=status)
    page = LostDevicePage(devices=tuple(lost_device.devices(link)), wrong=found)
    return render(request, "security/lost_device.html", page, wrong=found)


def _suspended(request: Request, token: str) -> HttpResponse:
    chosen = read(request, LostDeviceForm).device
    names = lost_device.suspend(token=token, chosen=chosen, client=request.client, now=request.now)
    text = _("Suspended: %(names)s. Sign in with another device or a recovery code.")
    messages.success(request, text % {"names": ", ".join(names)})
    return cookies.drop_link(see_other("/sign-in/"))
