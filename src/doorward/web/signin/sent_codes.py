"""That a code was mailed: otherwise the page looks the same after the press as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.web.http.requests import session_of

if TYPE_CHECKING:
    from doorward.web.http.requests import Request


def say_sent(request: Request) -> None:
    """Say on the next page that a code is on its way, and to which mailbox."""
    text = _("A code is on its way to %(email)s.")
    messages.success(request, text % {"email": session_of(request).person.email})
