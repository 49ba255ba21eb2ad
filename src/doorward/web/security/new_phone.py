"""The assistant for a new phone: add it, try it, retire the old one; nothing is ever off in between.

Which step is next is told from the devices there are (`recovery.new_phone`), at each request.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from doorward.audit.reason import Reason, Why
from doorward.credentials.passkeys import verify
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.credentials.totp import verify as totp_verify
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.recovery.new_phone import Device, Progress, Stage, progress
from doorward.sessions.errors import StaleRequest
from doorward.sessions.reauthentication import RECOVERY_PROOF_SECONDS
from doorward.web.http.gate import go_on
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import read, wrong
from doorward.web.kit.passkeys import CodeForm
from doorward.web.security import queries, views
from doorward.web.security.forms import DeviceForm
from doorward.web.security.pages import FactorLine, NewPhonePage

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started
    from doorward.web.http.requests import Request

HERE = "/security/new-phone/"


@needs(Need.THROUGH)
@both
def assistant(request: Request) -> HttpResponse:
    """Show the step that is next; a code or a passkey of the new device tries it."""
    auth = session_of(request)
    if not auth.factors:
        return see_other(views.HERE)
    lines = queries.factor_lines(auth, now=request.now)
    found = _progress(auth, lines, request)
    if request.method != "POST":
        return render(request, "security/new_phone.html", _page(request, found, lines))
    given = passkeys.proof_in(request, Purpose.REAUTHENTICATE)
    device = read(request, DeviceForm).device
    if found.new is None or found.stage is not Stage.TRY or device != str(found.new):
        return see_other(HERE)  # done meanwhile, or another one was added: look again
    request.why = Why(Reason.NEW_DEVICE)
    try:
        started = _try(request, found.new, given)
    except StaleRequest:
        return see_other(HERE)
    except Refusal as refusal:
        page = _page(request, found, lines, refusal)
        return render(request, "security/new_phone.html", page, wrong=page.wrong)
    messages.success(request, _("The new device works."))
    return go_on(started.token, HERE)


@needs(Need.of(Action.SET_UP_FACTOR))
@both
def add(request: Request) -> HttpResponse:
    """Add the new device; the old one stays."""
    if not session_of(request).factors:
        return see_other("/security/2fa/enable/")
    done = _("The new device is added.")
    return views.set_up_window(request, "security/new_phone_add.html", done=done, to=HERE)


@needs(Need.THROUGH)
@require_POST
def try_options(request: Request) -> HttpResponse:
    """Ask for the new passkey, and for no other."""
    auth = session_of(request)
    found = _progress(auth, queries.factor_lines(auth, now=request.now), request)
    return passkeys.ask(
        request, Purpose.REAUTHENTICATE, auth.only(found.new) if found.new else auth
    )


def _progress(auth: AuthContext, lines: list[FactorLine], request: Request) -> Progress:
    accepts = auth.facts.policy.accepts
    devices = [
        Device(
            id=line.id,
            added_at=line.added_at,
            used_at=line.used_at,
            serves=line.usable and accepts(FactorKind(line.kind)),
        )
        for line in lines
    ]
    return progress(devices, now=request.now)


def _try(request: Request, device: UUID, given: str | Given) -> Started:
    own, actor, now = session_of(request).only(device), acting(request), request.now
    if isinstance(given, Given):
        return verify.reauthenticate(auth=own, given=given, actor=actor, now=now)
    return totp_verify.reauthenticate(auth=own, code=given, actor=actor, now=now)


def _page(
    request: Request, found: Progress, lines: list[FactorLine], refusal: Refusal | None = None
) -> NewPhonePage:
    auth = session_of(request)
    named = {line.id: line for line in lines}
    recovered_at = auth.facts.session.recovery_at if auth.facts.session else None
    until = recovered_at + timedelta(seconds=RECOVERY_PROOF_SECONDS) if recovered_at else None
    return NewPhonePage(
        stage=found.stage,
        new=named[found.new] if found.new else None,
        old=[named[one] for one in found.old],
        there=lines,
        passkeys=passkeys.work_here(request),
        apps=auth.facts.policy.accepts(FactorKind.APP),
        recovered_until=until,
        recovery_over=until is not None and request.now >= until,
        wrong=wrong(refusal, CodeForm),
    )
