"""What went well, told on the page after the redirect: a signed cookie, as safe as the session's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# What says that a session is over, which its own browser may know better by the time it could be read.
ENDED: Final = "ended"


class Storage(CookieStorage):
    """Django's cookie storage, under a name that a sibling host cannot set (`__Host-`).

    Most pages have nothing to tell: for them no cookie is taken back that is not there.
    """

    cookie_name = settings.DOORWARD.cookie_name("messages")

    def _update_cookie(self, encoded_data: str, response: HttpResponse) -> None:
        if encoded_data or self.cookie_name in self.request.COOKIES:
            super()._update_cookie(encoded_data, response)  # type: ignore[misc]  # not in the stubs


def forget_all(request: HttpRequest) -> None:
    """Say nothing of what waits to be told: whoever signs out may leave the browser to somebody else."""
    if Storage.cookie_name in request.COOKIES:
        list(messages.get_messages(request))


def forget_ended(request: HttpRequest) -> None:
    """Say nothing of a session that is over where its browser has gone on under another identifier.

    Of two presses the second still comes with the identifier from before the first.
    """
    if Storage.cookie_name not in request.COOKIES:
        return
    waiting = list(messages.get_messages(request))
    for one in waiting:
        if one.extra_tags != ENDED:
            messages.add_message(request, one.level, one.message, extra_tags=one.extra_tags or "")
