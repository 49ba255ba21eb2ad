"""A form of an older page: the browser signed in or out since it was opened, in another tab or by an earlier press.

Its secret was renewed by that, so that the form is refused; but it is this browser's own. Where its step was passed by
now it goes on, as a second press does; else what was typed is kept, and sent again by whoever wants that.

Where a step is due first, any form leads there, whatever its token: nothing of it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from django.utils.translation import gettext as _

from doorward.kernel.text.cleaning import safe_next
from doorward.permissions.actions import Action
from doorward.sessions.saved_requests import SECRET
from doorward.web.http.csrf_secret import is_of_before
from doorward.web.http.errors import csrf_refused
from doorward.web.http.gate import decide, is_recent, onward, way_to_step
from doorward.web.http.needs import declared
from doorward.web.http.pages import render_outside, see_other
from doorward.web.http.posted import optional
from doorward.web.kit.fields import Field

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from doorward.web.http.requests import Request

# Django's words where the token is at fault, and not where the form came from; and where there is none.
_TOKEN_AT_FAULT: Final = "CSRF token from POST"  # noqa: S105 - no secret
_NO_TOKEN: Final = ("CSRF token missing", "CSRF cookie not set")
# What is never shown again and can be typed again; a passkey's answer, codes of a while ago, or a file, cannot.
_BOXES: Final = frozenset({"password", "current", "code", "pass"})
_TOKEN: Final = frozenset({"csrfmiddlewaretoken"})


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without the right token: one of an older page of this browser, or none of ours."""
    match = request.resolver_match
    at_fault = _TOKEN_AT_FAULT in reason
    if match is None or not (at_fault or reason.startswith(_NO_TOKEN)):
        return csrf_refused(request, reason)
    ours, declaration = cast("Request", request), declared(match.func)
    if declaration is None or not (at_fault and is_of_before(request)):
        return way_to_step(ours, match.func, own=False) or csrf_refused(request, reason)
    if declaration.old_forms:
        answer: HttpResponse = decide(ours, match.func) or match.func(
            ours, *match.args, **match.kwargs
        )
        return answer
    if declaration.step is not None:
        return decide(ours, match.func) or _verified_by_now(ours) or _keep(ours)
    return way_to_step(ours, match.func, own=True) or _keep(ours)


def _verified_by_now(request: Request) -> HttpResponse | None:
    """Return the way on where reauthentication was given meanwhile; None: none was."""
    if request.administrator is None:
        return None
    if not is_recent(request, Action.SET_UP_FACTOR):
        return None
    return see_other(safe_next(optional(request, "next")) or onward(request))


def _keep(request: Request) -> HttpResponse:
    """Show what was typed, to be sent again; what is secret has to be typed once more."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    lost = bool(request.FILES) or any(name in SECRET - _BOXES - _TOKEN for name, _value in sent)
    labels = {
        "password": _("Password"),
        "current": _("Current password"),
        "code": _("Code"),
        "pass": _("Set-up pass"),
    }
    return render_outside(
        request,
        "errors/403_old.html",
        403,
        fields=() if lost else [one for one in sent if one[0] not in SECRET],
        boxes=() if lost else [_box(name, labels[name]) for name in labels if name in request.POST],
        lost=lost,
        fresh=request.path,
    )


def _box(name: str, label: str) -> Field:
    kind = "text" if name in {"code", "pass"} else "password"
    return Field(name=name, id=name, label=label, kind=kind, required=True)
