"""Support: open to everybody, since who cannot get in needs it most; a tab for those who have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_safe

from doorward.customers.tabs import SUPPORT
from doorward.gate.requirement import Need
from doorward.web.http.needs import needs
from doorward.web.http.pages import render

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.NOTHING)
@require_safe
def support(request: Request) -> HttpResponse:
    """Show how the brand's support is reached, and the guides."""
    me = request.administrator
    if me is not None and SUPPORT in me.tab_keys:
        request.tab = SUPPORT
    return render(request, "support/support.html")
