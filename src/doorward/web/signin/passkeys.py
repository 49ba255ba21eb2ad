"""What the script of the sign-in pages asks before it asks the browser: challenges and whose passkeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from doorward.credentials.passkeys.challenges import Purpose
from doorward.gate.requirement import Need, Step
from doorward.signin import passkey
from doorward.web.http import cookies
from doorward.web.http.needs import needs, serves
from doorward.web.kit import passkeys
from doorward.web.signin.reauthentication import serving

if TYPE_CHECKING:
    from doorward.web.http.requests import Request


@serves(Step.SIGN_IN)
@require_POST
def sign_in_options(request: Request) -> HttpResponse:
    """Return a challenge to this browser, the same for everybody who asks: nobody is named yet."""
    mark = cookies.browser_token(request)
    party = passkeys.party_of(request.brand)
    options = passkey.begin(browser_token=mark, party=party, now=request.now)
    return cookies.mark_browser(JsonResponse(options), mark)


@serves(Step.VERIFY_FACTOR)
@require_POST
def code_options(request: Request) -> HttpResponse:
    """Ask for one of the passkeys of whose password was right."""
    return passkeys.ask(request, Purpose.SECOND_STEP)


@serves(Step.SET_UP_FACTOR)
@require_POST
def set_up_options(request: Request) -> HttpResponse:
    """Ask for a new passkey of somebody who must use two factors."""
    return passkeys.ask_to_make(request)


@needs(Need.OWN)
@require_POST
def reauthentication_options(request: Request) -> HttpResponse:
    """Ask for one of the person's passkeys, as reauthentication."""
    return passkeys.ask(request, Purpose.REAUTHENTICATE, serving(request))
